"""Physics: Hamiltonians, time evolution and ground states as matrix product states."""

from qtn.physics.chains import chain, cylinder
from qtn.physics.door import evolve, evolve_through, propagator
from qtn.physics.evolution import BUG, TDVP, TEBD, ParallelBUG
from qtn.physics.ground import DMRG, ground_state
from qtn.physics.product import product_state
from qtn.states.origin import Evolved as Evolution
from qtn.states.origin import Ground as GroundState

__all__ = [
    "BUG",
    "DMRG",
    "TDVP",
    "TEBD",
    "Evolution",
    "GroundState",
    "ParallelBUG",
    "chain",
    "cylinder",
    "evolve",
    "evolve_through",
    "ground_state",
    "product_state",
    "propagator",
]
