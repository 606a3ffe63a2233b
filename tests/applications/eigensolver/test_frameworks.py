"""The three frameworks compute the same energies and gradients."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit

import qtn
from qtn.applications.eigensolver.frameworks import energy_in
from qtn.applications.eigensolver.trial_circuits import NetworkAnsatz, trial
from qtn.errors import ArgumentError

H = qtn.chain("heisenberg", 4, field=0.3)


@pytest.mark.parametrize("framework", ["qiskit", "pennylane"])
def test_as_ours(framework: str) -> None:
    if framework == "pennylane":
        pytest.importorskip("pennylane")
    begun = trial(H, 4, NetworkAnsatz(2), "compiled", 0)
    angles = begun.angles + np.random.default_rng(0).normal(scale=0.3, size=len(begun.angles))
    value, slopes = energy_in("qtn", begun.circuit, H)(angles)
    other, others = energy_in(framework, begun.circuit, H)(angles)
    assert other == pytest.approx(value, abs=1e-10)
    assert np.abs(slopes - others).max() < 1e-9


def test_shared_parameters_have_no_shift_rule() -> None:
    t, circuit = Parameter("t"), QuantumCircuit(2)
    circuit.ry(t, 0)
    circuit.ry(t, 1)
    with pytest.raises(ArgumentError, match="shift rule"):
        energy_in("qiskit", circuit, "ZZ")
    pytest.importorskip("pennylane")
    value, slopes = energy_in("pennylane", circuit, "ZZ")(np.array([0.3]))
    assert value == pytest.approx(np.cos(0.3) ** 2)
    assert slopes[0] == pytest.approx(-np.sin(0.6))
