"""The variational eigensolver with a tensor-network start."""

from qtn.applications.eigensolver.door import VQE, vqe
from qtn.applications.eigensolver.trial_circuits import NetworkAnsatz, RyRz

__all__ = ["VQE", "NetworkAnsatz", "RyRz", "vqe"]
