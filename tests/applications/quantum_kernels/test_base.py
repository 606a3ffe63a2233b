"""What every feature map shares: bandwidth, states, maps of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import Statevector

import qtn
from qtn.applications.quantum_kernels import FeatureMap, Gate, IQPMap, RotationMap, ZZMap
from qtn.applications.quantum_kernels.base import ry_matrices, rz_matrices
from qtn.errors import ArgumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotations(FeatureMap):
    """RY of every feature: the kernel is Π cos²((x - z)/2)."""

    def circuit(self, features: int) -> QuantumCircuit:
        circuit = QuantumCircuit(features)
        for qubit, feature in enumerate(ParameterVector("x", features)):
            circuit.ry(self.bandwidth * feature, qubit)
        return circuit

    def gates(self, x: np.ndarray) -> Iterator[Gate]:
        for site, column in enumerate(self.bandwidth * x.T):
            yield Gate((site,), ry_matrices(column))


def test_a_map_of_ones_own() -> None:
    x = np.random.default_rng(0).normal(size=(4, 12))
    expected = np.prod(np.cos(0.3 * (x[:, None] - x[None]) / 2) ** 2, axis=2)
    for method in ("tensor", "vector"):
        found = qtn.kernel_matrix(x, feature_map=Rotations(bandwidth=0.3), method=method)
        np.testing.assert_allclose(found.value, expected, atol=1e-13)


def test_a_state_is_the_circuits() -> None:
    row = np.random.default_rng(1).uniform(-1, 1, 5)
    for known in (RotationMap(bandwidth=0.7), ZZMap(), IQPMap(repeats=1)):
        exact = Statevector(known.circuit(5).assign_parameters(row)).data
        state = known.state(row).to_dense()
        assert abs(np.vdot(exact, state)) == pytest.approx(1, abs=1e-13)
    assert RotationMap().state(row).max_bond == 2


def test_matrices_are_those_of_qiskit() -> None:
    from qiskit.circuit.library import RYGate, RZGate

    angles = np.array([0.3, -2.0])
    for ours, theirs in ((ry_matrices, RYGate), (rz_matrices, RZGate)):
        np.testing.assert_allclose(
            ours(angles), [theirs(a).to_matrix() for a in angles], atol=1e-15
        )


def test_bad_input() -> None:
    for bandwidth in (0.0, -1.0, np.nan, "wide"):
        with pytest.raises(ArgumentError, match="`bandwidth`"):
            RotationMap(bandwidth=bandwidth)
    with pytest.raises(ArgumentError, match="`row`"):
        RotationMap().state([[0.1]])
    with pytest.raises(ArgumentError, match="neighbours"):
        ZZMap(pairs="all").state([0.1, 0.2, 0.3])
    with pytest.raises(ArgumentError, match="`features`"):
        RotationMap().circuit(0)
