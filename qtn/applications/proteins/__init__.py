"""Proteins: where in the cell they are, from their residues; data, baselines, quantum trees."""

from qtn.applications.proteins.deeploc import Proteins, load_deeploc
from qtn.applications.proteins.door import (
    FoldScores,
    fold_scores,
    protein_baselines,
    protein_classifier,
)
from qtn.applications.proteins.hydropathy import Composition, Hydropathy
from qtn.applications.proteins.residues import Residues

__all__ = [
    "Composition",
    "FoldScores",
    "Hydropathy",
    "Proteins",
    "Residues",
    "fold_scores",
    "load_deeploc",
    "protein_baselines",
    "protein_classifier",
]
