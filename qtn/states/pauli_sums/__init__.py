"""Sums of Pauli strings, and how circuits carry them in the Heisenberg picture."""

from qtn.states.pauli_sums.first_gates import product_inputs
from qtn.states.pauli_sums.generators import Damping, Generators, Turn, generators_of
from qtn.states.pauli_sums.pauli_sum import Dropped, PauliSum
from qtn.states.pauli_sums.propagation import Propagated, propagate

__all__ = [
    "Damping",
    "Dropped",
    "Generators",
    "PauliSum",
    "Propagated",
    "Turn",
    "generators_of",
    "product_inputs",
    "propagate",
]
