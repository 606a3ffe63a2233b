"""Blocks of SO(4) as two CX, exactly; discarded qubits keep nothing waiting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator
from scipy.linalg import expm

from qtn.models.networks.circuit_writer import Writer


def rotation(seed: int, size: float) -> np.ndarray:
    plane = np.random.default_rng(seed).normal(size=(4, 4))
    return expm(size * (plane - plane.T))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([0.0, 1e-9, 1e-4, 0.1, 1.0]))
def test_a_block_is_two_cx(seed: int, size: float) -> None:
    gate, writer = rotation(seed, size), Writer(0, reset=False)
    slow, fast = writer.fresh(), writer.fresh()
    writer.block(gate, slow, fast)
    circuit = writer.finish([slow, fast])
    assert circuit.count_ops()["cx"] == 2
    circuit.remove_final_measurements()
    found = Operator(circuit).data.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    overlap = np.vdot(gate, found)
    assert found * np.exp(-1j * np.angle(overlap)) == pytest.approx(gate, abs=1e-12)


def test_discarded_qubits_are_used_again() -> None:
    writer = Writer(2, reset=True)
    a, b = writer.site(0), writer.site(1)
    writer.block(rotation(0, 1.0), a, b)
    writer.discard([b])
    again = writer.fresh()
    circuit = writer.finish([a])
    assert (again, circuit.num_qubits) == (b, 2)
    names = [item.operation.name for item in circuit.data]
    assert names.count("reset") == 1
    assert names[-1] == "measure"
    behind = names[len(names) - names[::-1].index("cx") :]
    assert behind.count("u") == 1  # that of the discarded qubit is not written
