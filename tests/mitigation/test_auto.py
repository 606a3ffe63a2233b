from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
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


def test_the_calibration_gets_the_part_of_least_error():
    ghz = QuantumCircuit(3)
    ghz.h(0)
    ghz.cx(0, 1)
    ghz.cx(1, 2)
    options = {"device": "FakePerth", "shots": ShotBudget(20_000)}

    def part(circuit, observable, techniques="auto", **changed):
        prepared = plan(circuit, observable, techniques, **{**options, **changed})
        assert prepared.shots <= 20_000
        return len(prepared.calibration) * prepared.calibration_shots / prepared.shots

    assert 0.3 < part(ghz, "XXX") < 0.5  # value 1: its error is that of the calibration
    assert 0.04 < part(ghz, "IIZ") < 0.15  # value 0: what is divided by the damping is small
    assert part(ghz, "XXX", [Readout(method="twirled")]) == pytest.approx(0.08, abs=0.005)
    fixed = part(ghz, "XXX", shots=ShotBudget(20_000, calibration=0.2))
    assert fixed == pytest.approx(0.2, abs=0.005)
    chosen = part(ghz, "XXX", [Readout(method="twirled", shots=500)])  # eight circuits
    assert chosen == pytest.approx(0.2, abs=0.005)


def test_values_that_no_state_has_are_moved_to_the_edge():
    flipped = QuantumCircuit(2)
    flipped.x(0)
    flipped.cx(0, 1)
    moved = 0
    for seed in range(6):
        options = {"device": "FakePerth", "shots": ShotBudget(3000), "seed": seed}
        found = mitigate(flipped, {"ZZ": 0.5, "II": 1.0}, "auto", progress=False, **options)
        assert found.value <= 1.5
        assert found.stderr > 0
        if "moved to the edge of the possible values" in found.method:
            assert found.value == 1.5
            moved += 1
    assert 0 < moved < 6
    mixed = parse_observable(
        SparseObservable.from_list([("0I", 0.5), ("1+", -0.25), ("Z0", 1.0)]), 2
    )
    assert mixed.bounds == (-1.25, 1.5)


def test_other_words_are_refused():
    with pytest.raises(ArgumentError, match='a list of techniques or "auto"'):
        mitigate(pair(), "ZZ", "best", device="aer")
