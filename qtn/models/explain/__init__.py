"""What a trained network has learned: entropies, correlations, calibration."""

from __future__ import annotations

from qtn.models.explain.information import (
    Anomaly,
    anomaly,
    conditionals,
    cut_entropies,
    marginals,
    mutual_information,
    site_densities,
    site_entropies,
)

__all__ = [
    "Anomaly",
    "anomaly",
    "conditionals",
    "cut_entropies",
    "marginals",
    "mutual_information",
    "site_densities",
    "site_entropies",
]
