from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, ShotBudget, TwinZNE, mitigate, plan


def pair() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    for k in range(4):
        circuit.rx(0.3 + k, 0)
        circuit.cx(0, 1)
    return circuit


def test_the_choice_follows_device_observable_and_budget():
    ising = SparsePauliOp(["ZZ", "IX"])
    noisy = plan(pair(), ising, "auto", device="FakeManila", shots=10_000)
    assert [type(t) for t in noisy.techniques] == [Readout, TwinZNE]
    assert noisy.find(Readout).method == "twirled"
    assert "gate errors expected per shot" in str(noisy)
    assert plan(pair(), "00", "auto", device="FakeManila").find(Readout).method == "tensored"
    assert plan(pair(), "00", "auto", device="FakeManila").find(ZNE) is not None
    free = pair()
    free.rz(Parameter("a"), 1)
    sweep = plan((free, [[0.1], [0.2]]), ising, "auto", device="FakeManila", shots=10_000)
    assert [type(t) for t in sweep.techniques] == [Readout, ZNE]  # bindings share no twin
    few = plan(pair(), ising, "auto", device="FakeManila", shots=ShotBudget(1000))
    assert [type(t) for t in few.techniques] == [Readout]
    assert "only 1000 shots" in few.why
    assert plan(pair(), ising, "auto", device="aer").techniques == ()
    single = QuantumCircuit(1)
    single.x(0)
    bare = plan(single, "Z", "auto", device="FakeManila", shots=10_000)
    assert bare.find(ZNE) is None


def test_other_words_are_refused():
    with pytest.raises(ArgumentError, match='a list of techniques or "auto"'):
        mitigate(pair(), "ZZ", "best", device="aer")
