"""Classical models on the square lattice: partition functions as two-dimensional networks."""

from qtn.physics.lattice.door import IsingPartition, ising_partition
from qtn.physics.lattice.weights import CRITICAL, onsager

__all__ = ["CRITICAL", "IsingPartition", "ising_partition", "onsager"]
