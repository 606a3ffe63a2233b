from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from qtn.devices import transpile_for
from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, PostSelection, Readout, ShotBudget, Twins, TwinZNE, Twirl, plan
from qtn.mitigation.planning import checked_techniques


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(2)
    for angle in (0.4, 0.3):
        made.ry(angle, 0)
        made.cx(0, 1)
    return made


def test_techniques_are_ordered_by_their_stages():
    given = [Twins(), ZNE(), Readout(), Twirl(2), PostSelection(ones=1)]
    stages = [t.stage for t in checked_techniques(given)]
    assert stages == ["select", "readout", "insert", "noise", "learn"]
    assert checked_techniques(ZNE()) == (ZNE(),)
    with pytest.raises(ArgumentError, match="ZNE and TwinZNE, which take the same step"):
        checked_techniques([ZNE(), TwinZNE()])
    with pytest.raises(ArgumentError, match="Give objects, not names or classes"):
        checked_techniques([ZNE])


def test_every_axis_is_planned_and_the_owner_of_each_is_known():
    observable = SparsePauliOp(["ZZ", "XX"])
    techniques = [Readout(), Twirl(2), ZNE((1, 3)), Twins(circuits=2)]
    prepared = plan(circuit(), observable, techniques, device="FakeManila", shots=80)
    places = {(one.program, one.basis, one.setting) for one in prepared.planned}
    assert places == {(p, b, s) for p in range(3) for b in range(2) for s in range(2)}
    assert len(prepared.planned) == 2 * len(places)
    assert all(one.shots == 40 for one in prepared.planned)
    assert prepared.owners == {"calibration": "readout", "settings": "noise", "training": "learn"}
    assert len(repr(prepared).splitlines()) == 1
    assert str(len(prepared.planned) + 2) + " circuits" in repr(prepared)


def test_a_budget_is_shared_out_and_not_exceeded():
    techniques = [Readout(), ZNE((1, 3, 5)), Twins(circuits=3)]
    for calibration in (None, 0.3):
        shots = ShotBudget(9000, calibration=calibration, training=0.4)
        prepared = plan(circuit(), "ZZ", techniques, device="FakeManila", shots=shots)
        assert 0.98 * 9000 < prepared.shots <= 9000
        part = 2 * prepared.calibration_shots / 9000
        assert part == pytest.approx(calibration or 0.08, abs=0.01)


def test_bindings_follow_the_parameters_that_transpilation_keeps():
    angles = ParameterVector("x", 3)
    free = QuantumCircuit(2)
    free.rz(angles[0], 0)  # a phase of |0>, which the transpiler removes
    free.ry(angles[1], 0)
    free.cx(0, 1)
    free.ry(angles[2], 1)
    values = np.arange(6.0).reshape(2, 3)
    prepared = plan((free, values), "ZZ", device="FakeManila", shots=10)
    kept = [int(p.name[2]) for p in prepared.native.circuit.parameters]
    assert (prepared.values == values[:, kept]).all()
    assert prepared.bindings == 2
    measured = circuit()
    measured.measure_all()
    native = transpile_for(measured, "FakeManila")
    with pytest.raises(ArgumentError, match="transpiled together with its measurements"):
        plan(native, "ZZ", device="FakeManila")
