"""Feature maps of rotations and of evolution, and every map by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, positive_int, real
from qtn._random import generator
from qtn.applications.quantum_kernels.base import (
    HADAMARD,
    MAX_REPEATS,
    FeatureMap,
    empty_circuit,
    ry_matrices,
    rz_matrices,
)
from qtn.applications.quantum_kernels.diagonal import Diagonal
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.applications.quantum_kernels.phase_maps import IQPMap, ZZMap

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]

_CX = np.eye(4, dtype=complex)[None, [0, 1, 3, 2]]  # the first site controls


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RotationMap(FeatureMap):
    """The embedding-aware map: H, RZ(x), RY(x), a chain of CX, RZ(x).

    One chain of CX gives the state bond 2, and after it both copies of a kernel share their bits,
    so that a kernel takes two complex numbers per pair and site.

    Args:
        bandwidth: see `FeatureMap`.

    Example:
        >>> RotationMap(bandwidth=0.2).circuit(3).count_ops()["cx"]
        2

    Reference: arXiv:2508.00024, for the map; what differs: the bandwidth, 1 there.
    """

    def circuit(self, features: int) -> QuantumCircuit:
        """Return the circuit on as many qubits as features."""
        circuit, x = empty_circuit(features, features, "rotations")
        for qubit, feature in enumerate(x):
            circuit.h(qubit)
            circuit.rz(self.bandwidth * feature, qubit)
            circuit.ry(self.bandwidth * feature, qubit)
        for qubit in range(features - 1):
            circuit.cx(qubit, qubit + 1)
        for qubit, feature in enumerate(x):
            circuit.rz(self.bandwidth * feature, qubit)
        return circuit

    def gates(self, x: Floats) -> Iterator[Gate]:
        """Return the gates in turn."""
        angles = self._angles(x)
        for site, angle in enumerate(angles.T):
            yield Gate((site,), ry_matrices(angle) @ rz_matrices(angle) @ HADAMARD)
        for site in range(angles.shape[1] - 1):
            yield Gate((site, site + 1), _CX)
        for site, angle in enumerate(angles.T):
            yield Gate((site,), rz_matrices(angle))

    def diagonal(self, x: Floats) -> Diagonal:
        """Return the rows for the recurrence: bit k of the product before the CX is b_k ⊕ b_(k-1).

        a₀ and a₁ are the amplitudes of RY(x) RZ(x) |+⟩. |a₀|² = (1 - sin x cos x)/2 ≥ 1/4, so that
        their ratio is safe.
        """
        angles = self._angles(x)
        c, s, turn = np.cos(angles / 2), np.sin(angles / 2), np.exp(0.5j * angles)
        zero, one = c * turn.conj() - s * turn, s * turn.conj() + c * turn
        return Diagonal(one / zero, turn**2, np.abs(zero) / np.sqrt(2))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EvolutionMap(FeatureMap):
    r"""Evolution under a Heisenberg chain whose couplings are the features, on one qubit more.

    .. math:: |ψ(x)⟩ = \Bigl[\prod_j e^{-i (t/T) x_j (X_jX_{j+1} + Y_jY_{j+1} + Z_jZ_{j+1})}
        \Bigr]^T |ψ_0⟩

    from a product |ψ₀⟩ of random states of one qubit.

    Args:
        bandwidth: see `FeatureMap`.
        time: t; None for a third of the features.
        steps: T, the number of Trotter steps; a chain has up to 4 ** steps for its bond.
        seed: of the first states.

    Raises:
        ArgumentError: no positive number of steps, a time that is not positive.

    Example:
        >>> EvolutionMap(steps=1).circuit(3).num_qubits
        4

    Reference: Huang et al., Nat. Commun. 12, 2631 (2021), where T = 20; Shaydulin and Wild, Phys.
    Rev. A 106, 042407 (2022). What differs: the number of steps by default.
    """

    time: float | None = None
    steps: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        FeatureMap.__post_init__(self)
        if self.time is not None:
            real("time", self.time, 0.0, open_low=True)
        positive_int("steps", self.steps, maximum=MAX_REPEATS)
        bounded_int("seed", self.seed, 0)

    def qubits(self, features: int) -> int:
        """Return one more than features."""
        return features + 1

    def _turns(self, features: int) -> Floats:
        """Return polar and azimuthal angles of uniformly random states, (qubits, 2)."""
        drawn = generator(self.seed, "evolution-map").random((self.qubits(features), 2))
        return np.stack([np.arccos(1 - 2 * drawn[:, 0]), 2 * np.pi * drawn[:, 1]], axis=1)

    def _share(self, features: int) -> float:
        """Return what a feature is multiplied with in a step."""
        time = features / 3 if self.time is None else self.time
        return self.bandwidth * time / self.steps

    def circuit(self, features: int) -> QuantumCircuit:
        """Return the circuit on one more qubit than features."""
        circuit, x = empty_circuit(self.qubits(features), features, "evolution")
        for qubit, (polar, azimuth) in enumerate(self._turns(features)):
            circuit.ry(float(polar), qubit)
            circuit.rz(float(azimuth), qubit)
        share = 2 * self._share(features)
        for _ in range(self.steps):
            for j, feature in enumerate(x):
                for gate in (circuit.rxx, circuit.ryy, circuit.rzz):
                    gate(share * feature, j, j + 1)
        return circuit

    def gates(self, x: Floats) -> Iterator[Gate]:
        """Return the gates in turn; XX + YY + ZZ is 2 SWAP - 1."""
        for site, (polar, azimuth) in enumerate(self._turns(x.shape[1])):
            yield Gate((site,), rz_matrices(np.array([azimuth])) @ ry_matrices(np.array([polar])))
        angles = self._share(x.shape[1]) * np.asarray(x, dtype=np.float64)
        swap, one = np.eye(4)[[0, 2, 1, 3]], np.eye(4)
        for _ in range(self.steps):
            for site, angle in enumerate(angles.T[:, :, None, None]):
                turn = np.cos(2 * angle) * one - 1j * np.sin(2 * angle) * swap
                yield Gate((site, site + 1), np.exp(1j * angle) * turn)


MAPS: dict[str, type[FeatureMap]] = {
    "rotations": RotationMap,
    "zz": ZZMap,
    "iqp": IQPMap,
    "evolution": EvolutionMap,
}


def read_map(value: Any, bandwidth: float | None = None) -> FeatureMap:
    """Return a feature map from its name, a circuit or itself, with another bandwidth if given.

    Raises:
        ArgumentError: neither a name nor a circuit nor a map.

    Example:
        >>> read_map("iqp", 0.5)
        IQPMap(bandwidth=0.5)
    """
    if isinstance(value, str):
        if value not in MAPS:
            way_out = "Give " + ", ".join(f'"{name}"' for name in MAPS) + ", or a FeatureMap."
            raise fail("feature_map", "the name of a feature map", value, way_out)
        value = MAPS[value]()
    elif not isinstance(value, FeatureMap):
        from qtn.applications.quantum_kernels.circuit_map import CircuitMap

        value = CircuitMap(template=value)
    found: FeatureMap = value
    return found if bandwidth is None else replace(found, bandwidth=bandwidth)
