"""Feature maps of phases: H on every qubit, then phases by one bit and by pairs, repeated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, positive_int
from qtn.applications.quantum_kernels.base import (
    HADAMARD,
    MAX_REPEATS,
    FeatureMap,
    empty_circuit,
    rz_matrices,
)
from qtn.applications.quantum_kernels.diagonal import Diagonal
from qtn.applications.quantum_kernels.fusion import Gate

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]
PAIRS = ("neighbours", "all")

_ZZ = np.array([1, -1, -1, 1])


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PhaseMap(FeatureMap):
    """`repeats` times: H on every qubit, then phases that are products of the bits' signs."""

    repeats: int = 2
    pairs: str = "neighbours"
    name: ClassVar[str]

    def __post_init__(self) -> None:
        FeatureMap.__post_init__(self)
        positive_int("repeats", self.repeats, maximum=MAX_REPEATS)
        choice("pairs", self.pairs, PAIRS)

    @abstractmethod
    def _single(self, x: Any) -> Any:
        """Return the phase that |1⟩ of a qubit has beyond |0⟩."""

    @abstractmethod
    def _double(self, x: Any, y: Any) -> Any:
        """Return the phase that unequal bits of a pair have beyond equal bits."""

    @property
    def has_chain(self) -> bool:
        """Whether phases are on neighbours only."""
        return self.pairs == "neighbours"

    def _coupled(self, n: int) -> list[tuple[int, int]]:
        return [(i, j) for i in range(n) for j in range(i + 1, n if self.pairs == "all" else i + 2)
                if j < n]  # fmt: skip

    def circuit(self, features: int) -> QuantumCircuit:
        """Return the circuit on as many qubits as features."""
        circuit, x = empty_circuit(features, features, self.name)
        scaled = [self.bandwidth * feature for feature in x]
        for _ in range(self.repeats):
            circuit.h(range(features))
            for qubit, feature in enumerate(scaled):
                self._write_single(circuit, self._single(feature), qubit)
            for i, j in self._coupled(features):
                self._write_double(circuit, self._double(scaled[i], scaled[j]), i, j)
        return circuit

    def _write_single(self, circuit: QuantumCircuit, angle: Any, qubit: int) -> None:
        circuit.p(angle, qubit)

    def _write_double(self, circuit: QuantumCircuit, angle: Any, i: int, j: int) -> None:
        circuit.cx(i, j)
        circuit.p(angle, j)
        circuit.cx(i, j)

    def gates(self, x: Floats) -> Iterator[Gate]:
        """Return the gates in turn."""
        columns = self._angles(x).T
        for _ in range(self.repeats):
            for site, column in enumerate(columns):
                yield Gate((site,), rz_matrices(self._single(column)) @ HADAMARD)
            for i, j in self._coupled(len(columns)):
                phases = np.exp(-0.5j * self._double(columns[i], columns[j])[:, None] * _ZZ)
                yield Gate((i, j), phases[:, :, None] * np.eye(4))

    def diagonal(self, x: Floats) -> Diagonal | None:
        """Return the rows for the recurrence, where there is one layer between neighbours."""
        if self.repeats > 1 or (self.pairs == "all" and x.shape[1] > 2):
            return None
        angles = self._angles(x)
        ratio = np.ones(angles.shape, dtype=complex)
        ratio[:, 1:] = np.exp(1j * self._double(angles[:, :-1], angles[:, 1:]))
        return Diagonal(ratio, np.exp(1j * self._single(angles)), np.full(x.shape, np.sqrt(0.5)))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ZZMap(PhaseMap):
    """Second-order Pauli map: H, P(2x), and CX P(2(π - x)(π - y)) CX on pairs, repeated.

    Args:
        bandwidth: see `FeatureMap`.
        repeats: number of layers.
        pairs: "neighbours" or "all".

    Raises:
        ArgumentError: no positive number of layers, or another word for pairs.

    Example:
        >>> ZZMap().state([0.1, 0.2, 0.3]).max_bond
        2

    Reference: Havlíček et al., Nature 567, 209 (2019); the circuit is Qiskit's `zz_feature_map`.
    """

    name: ClassVar[str] = "zz"

    def _single(self, x: Any) -> Any:
        return 2 * x

    def _double(self, x: Any, y: Any) -> Any:
        return 2 * (np.pi - x) * (np.pi - y)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IQPMap(PhaseMap):
    """Instantaneous quantum polynomial map: H, RZ(x), RZZ(x y) on pairs, repeated.

    Args:
        bandwidth: see `FeatureMap`.
        repeats: number of layers.
        pairs: "neighbours" or "all".

    Raises:
        ArgumentError: no positive number of layers, or another word for pairs.

    Example:
        >>> IQPMap(repeats=1).circuit(3).count_ops()["rzz"]
        2

    Reference: Havlíček et al., Nature 567, 209 (2019); with all pairs it is PennyLane's
    `IQPEmbedding`.
    """

    name: ClassVar[str] = "iqp"

    def _single(self, x: Any) -> Any:
        return x

    def _double(self, x: Any, y: Any) -> Any:
        return x * y

    def _write_single(self, circuit: QuantumCircuit, angle: Any, qubit: int) -> None:
        circuit.rz(angle, qubit)

    def _write_double(self, circuit: QuantumCircuit, angle: Any, i: int, j: int) -> None:
        circuit.rzz(angle, i, j)
