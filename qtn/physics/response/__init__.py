"""What a chain answers to a local disturbance: the dynamical structure factor."""

from qtn.physics.response.door import structure_factor
from qtn.physics.response.spectrum import StructureFactor

__all__ = ["StructureFactor", "structure_factor"]
