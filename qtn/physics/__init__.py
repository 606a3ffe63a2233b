"""Physics: Hamiltonians, time evolution and ground states as matrix product states."""

from qtn.physics.chains import chain, cylinder
from qtn.physics.evolution import TDVP, TEBD, Evolution
from qtn.physics.evolve import evolve, evolve_through
from qtn.physics.product import product_state

__all__ = [
    "TDVP",
    "TEBD",
    "Evolution",
    "chain",
    "cylinder",
    "evolve",
    "evolve_through",
    "product_state",
]
