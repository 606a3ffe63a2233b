"""State vectors of many rows: gates anywhere, phases in place, limits."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qtn.applications.quantum_kernels import EvolutionMap, IQPMap
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.applications.quantum_kernels.statevectors import vector_kernel, vectors
from qtn.errors import ArgumentError


@pytest.mark.parametrize("known", [IQPMap(pairs="all"), EvolutionMap(steps=3)], ids=repr)
def test_amplitudes_are_qiskits(known: object) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (3, 4))
    n = known.qubits(4)
    found = vectors(known.gates(x), n, 3)
    circuit = known.circuit(4).reverse_bits()  # site 0 is the most significant digit here
    for row, amplitudes in zip(x, found, strict=True):
        exact = Statevector(circuit.assign_parameters(row)).data
        assert abs(np.vdot(exact, amplitudes)) == pytest.approx(1, abs=1e-13)
    np.testing.assert_allclose(np.diag(vector_kernel(found, found)), 1)


def test_limits() -> None:
    with pytest.raises(ArgumentError, match="up to 20 qubits, but the map has 21"):
        vectors([], 21, 1)
    with pytest.raises(ArgumentError, match="GiB of memory"):
        vectors([], 20, 10**9)
    same = vectors([Gate((0,), np.eye(2)[None])], 2, 2)
    assert same.tolist() == [[1, 0, 0, 0]] * 2
