r"""Feature maps: circuits that write a row of numbers into a state, one number per qubit.

Each map knows three things about itself: its circuit with the features as parameters, the same
gates as matrices for many rows at once, and, where all but a chain of phases is local, the two
numbers per site to which its kernel reduces (`qtn.applications.quantum_kernels.diagonal`).

All angles are multiples of `bandwidth` times the features. With many qubits a kernel of bandwidth 1
tells every row apart from every other and generalises to none; a smaller bandwidth widens it
(Shaydulin and Wild, Phys. Rev. A 106, 042407 (2022)).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import finite_array, positive_int, real
from qtn._display import Settings
from qtn.applications.quantum_kernels.batched import chains
from qtn.applications.quantum_kernels.diagonal import Diagonal
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.states import MPS

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
MAX_REPEATS = 1000

HADAMARD = np.array([[[1, 1], [1, -1]]], dtype=complex) / np.sqrt(2)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FeatureMap(Settings, ABC):
    """Base of feature maps: derive from it and write `circuit` and `gates`.

    Args:
        bandwidth: what every feature is multiplied with before it becomes an angle.

    Raises:
        ArgumentError: a bandwidth that is not positive.
    """

    bandwidth: float = 1.0

    def __post_init__(self) -> None:
        real("bandwidth", self.bandwidth, 0.0, open_low=True)

    def qubits(self, features: int) -> int:
        """Return the number of qubits for so many features."""
        return features

    @abstractmethod
    def circuit(self, features: int) -> QuantumCircuit:
        """Return the circuit; parameter i, in their order, is feature i."""

    @abstractmethod
    def gates(self, x: Floats) -> Iterator[Gate]:
        """Return the gates on |0…0⟩ in turn, with a matrix for every row of x."""

    @property
    def has_chain(self) -> bool:
        """Whether all gates act on neighbours, so that states are short chains."""
        return True

    def diagonal(self, x: Floats) -> Diagonal | None:
        """Return the rows for the recurrence of two numbers per site; None where there is none."""
        return None

    def state(self, row: ArrayLike) -> MPS:
        """Return the state of one row as a chain, without truncation; site i is qubit i.

        Args:
            row: the features.

        Raises:
            ArgumentError: not a row of numbers, or gates between qubits that are no neighbours.
        """
        x = finite_array("row", row, ndim=1, dtype=np.float64)
        tensors = chains(self.gates(x[None]), self.qubits(len(x)))
        return MPS(tuple(tensor[0] for tensor in tensors)).normalised()

    def _angles(self, x: Floats) -> Floats:
        return self.bandwidth * np.asarray(x, dtype=np.float64)


def empty_circuit(qubits: int, features: int, name: str) -> tuple[QuantumCircuit, Sequence[Any]]:
    """Return a circuit without gates, and its features as parameters."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector

    positive_int("features", features)
    return QuantumCircuit(qubits, name=name), ParameterVector("x", features)


def rz_matrices(angle: Floats) -> Complexes:
    """Return RZ of every angle, (angles, 2, 2)."""
    phases = np.exp(-0.5j * angle)
    return np.asarray(np.stack([phases, phases.conj()], -1)[:, :, None] * np.eye(2))


def ry_matrices(angle: Floats) -> Complexes:
    """Return RY of every angle, (angles, 2, 2)."""
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], 1).astype(np.complex128)
