"""Quantum kernels of rows of numbers: feature maps, exact and measured matrices.

The classifier on them is `qtn.QuantumKernelClassifier`; torch is loaded with it, not before.
"""

from qtn.applications.quantum_kernels.base import FeatureMap
from qtn.applications.quantum_kernels.distillation import distil
from qtn.applications.quantum_kernels.door import kernel_matrix
from qtn.applications.quantum_kernels.feature_maps import EvolutionMap, RotationMap
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.applications.quantum_kernels.nystrom import Nystrom
from qtn.applications.quantum_kernels.phase_maps import IQPMap, ZZMap
from qtn.applications.quantum_kernels.rbf_report import KernelReport

__all__ = [
    "EvolutionMap",
    "FeatureMap",
    "Gate",
    "IQPMap",
    "KernelReport",
    "Nystrom",
    "RotationMap",
    "ZZMap",
    "distil",
    "kernel_matrix",
]
