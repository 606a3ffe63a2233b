from __future__ import annotations

import numpy as np
import pytest
from mitigation.examples import energy, trotter
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.devices import run
from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, TwinZNE, measure, mitigate, plan
from qtn.mitigation.values.calibration import ReadoutCalibration


def test_noiseless_values_agree_with_the_state_vector():
    exact = Statevector(trotter()).expectation_value(energy()).real
    for techniques in ([], [Readout()], [ZNE()], [Readout(), ZNE(fit="linear")]):
        found = mitigate(trotter(), energy(), techniques, device="aer", shots=4000, seed=3)
        assert abs(found.value - exact) < 5 * found.stderr
        assert found.stderr < 0.3


def test_readout_then_extrapolation_is_the_largest_gain():
    # 60,000 shots per basis: the errors below are systematic, not statistical
    circuit, observable = trotter(4, 4), energy(4)
    exact = Statevector(circuit).expectation_value(observable).real
    prepared = plan(circuit, observable, [ZNE(), Readout()], device="FakeManila", shots=20_000)
    data = measure(prepared)
    error = {
        "raw": abs(data.raw().value - exact),
        "zne": abs(data.estimate([ZNE()]).value - exact),
        "readout": abs(data.estimate([Readout()]).value - exact),
        "both": abs(data.estimate().value - exact),
    }
    assert error["both"] < 0.35 * error["raw"]
    assert error["both"] < error["readout"] < error["raw"]
    assert error["both"] < 0.5 * error["zne"]
    assert data.estimate().method == "readout + zne(1, 3, 5): exponential"


def test_sweeps_give_one_value_per_binding_and_mitigation_helps():
    n, rng = 4, np.random.default_rng(0)
    circuit = QuantumCircuit(n)
    for i in range(n - 1):
        circuit.ry(0.4, i)
        circuit.cx(i, i + 1)
        circuit.ry(0.3, i + 1)
        circuit.cx(i, i + 1)
    angles = ParameterVector("x", n)
    for i in range(n):
        circuit.ry(angles[i], i)
    values = rng.uniform(-1.0, 0.5, (12, n))
    exact = [Statevector(circuit.assign_parameters(v)).probabilities()[0] for v in values]
    data = measure(
        plan((circuit, values), "0" * n, [Readout(), ZNE()], device="FakeManila", shots=4000)
    )
    noisy, better = data.raw(), data.estimate()
    assert noisy.value.shape == better.stderr.shape == (12,)
    assert np.abs(better.value - exact).mean() < 0.6 * np.abs(noisy.value - exact).mean()
    assert better.shots == 4000 * (3 * 12 + 2)


def test_calibration_noise_is_part_of_the_error():
    prepared = plan(trotter(), "ZZZ", Readout(), device="FakeManila", shots=4000)
    rates = np.full((3, 2), 0.03)
    few, many = (ReadoutCalibration(rates, s, prepared.native.qubits) for s in (20, 10**7))
    errors = [
        mitigate(trotter(), "ZZZ", Readout(c), device="FakeManila", shots=4000).stderr
        for c in (few, many)
    ]
    assert errors[0] > 1.5 * errors[1]


def test_same_seed_same_result_other_seed_other_result():
    one, again, other = (
        mitigate(trotter(), "IIZ", ZNE((1, 3)), device="FakeManila", shots=500, seed=s)
        for s in (1, 1, 2)
    )
    assert one.value == again.value
    assert one.value != other.value


def test_the_plan_states_its_cost_before_running():
    text = str(plan(trotter(), energy(), [Readout(), ZNE()], device="FakeManila", shots=1000))
    assert "8 circuits, 8,000 shots, 4.00 times the unmitigated shots" in text
    assert "noise factors  1, 3, 5" in text


def test_plans_refuse_what_they_cannot_take():
    with pytest.raises(ArgumentError, match="list of techniques such as"):
        mitigate(trotter(), "ZZZ", ["readout"], device="aer")
    with pytest.raises(ArgumentError, match="ZNE and ZNE, which take the same step"):
        mitigate(trotter(), "ZZZ", [ZNE(), ZNE((1, 2))], device="aer")
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer and at most"):
        mitigate(trotter(), "ZZZ", device="aer", shots=10**9)
    with pytest.raises(ArgumentError, match="`circuit` must be a QuantumCircuit"):
        mitigate("circuit", "ZZZ", device="aer")
    angles = ParameterVector("x", 2)
    free = QuantumCircuit(1)
    free.rx(angles[0], 0)
    free.rz(angles[1], 0)
    with pytest.raises(ArgumentError, match="2 free parameters, but 0 values"):
        mitigate(free, "Z", device="aer")
    with pytest.raises(ArgumentError, match="2 free parameters, but 3 values"):
        mitigate((free, np.zeros((4, 3))), "Z", device="aer")
    middle = QuantumCircuit(1, 1)
    middle.measure(0, 0)
    middle.x(0)
    with pytest.raises(ArgumentError, match="measures or branches before its end"):
        mitigate(middle, "Z", device="aer")
    data = measure(plan(trotter(), "ZZZ", device="aer", shots=10))
    with pytest.raises(ArgumentError, match="ZNE, which this measurement was not planned with"):
        data.estimate([ZNE()])
    with pytest.raises(ArgumentError, match="an observable or a list of them"):
        mitigate(trotter(), [], device="aer")


@pytest.mark.parametrize("techniques", [(), [Readout(), ZNE()], "auto"])
def test_a_constant_is_exact_and_costs_nothing(techniques):
    options = {"device": "FakeManila", "shots": 1000, "progress": False}
    found = mitigate(trotter(), SparsePauliOp("III", 0.25), techniques, **options)
    assert (found.value, found.stderr, found.shots) == (0.25, 0.0, 0)
    assert found.method == "exact: a constant"
    text = str(plan(trotter(), "III", techniques, device="FakeManila", shots=100))
    assert "0 circuits, 0 shots" in text
    angle = ParameterVector("x", 1)
    free = QuantumCircuit(1)
    free.rx(angle[0], 0)
    swept = mitigate((free, np.zeros((3, 1))), "I", **options)
    assert swept.value.tolist() == [1.0] * 3
    assert swept.stderr.tolist() == [0.0] * 3


def test_lists_of_observables_share_the_shots_as_in_a_run():
    circuit = trotter()
    asked = [energy(), "ZZZ", SparsePauliOp("III"), {"IIZ": 0.5, "III": 1.0}, SparsePauliOp("XXI")]
    exact = [
        Statevector(circuit).expectation_value(SparsePauliOp(o) if isinstance(o, str) else o).real
        for o in (*asked[:3], SparsePauliOp(["IIZ", "III"], [0.5, 1.0]), asked[4])
    ]
    for techniques in ([], [Readout(), ZNE((1, 3), by="term")], [Readout(), TwinZNE(twins=4)]):
        found = mitigate(circuit, asked, techniques, device="FakeManila", shots=8000, seed=1)
        assert found.shape == (5,)
        assert (found.value[2], found.stderr[2]) == (1.0, 0.0)
        bias = 0.2 if not techniques else 0.03
        assert (np.abs(found.value - exact) < 5 * found.stderr + bias).all()
        alone = mitigate(circuit, energy(), techniques, device="FakeManila", shots=8000, seed=1)
        assert found.stderr[0] == pytest.approx(alone.stderr, rel=0.3)
    ran = run(circuit, [energy(), SparsePauliOp("ZZZ")], device="FakeManila", shots=8000).values[0]
    plain = mitigate(circuit, [energy(), "ZZZ"], device="FakeManila", shots=8000)
    assert plain.shape == ran.shape
    assert (np.abs(plain.value - ran.value) < 5 * np.hypot(plain.stderr, ran.stderr)).all()


def test_lists_of_observables_over_a_sweep_end_in_the_axis_of_observables():
    angle = ParameterVector("x", 1)
    free = QuantumCircuit(2)
    free.ry(angle[0], 0)
    free.cx(0, 1)
    values = np.linspace(0, 1, 4)[:, None]
    found = mitigate((free, values), ["ZZ", "IZ"], ZNE((1, 3)), device="FakeManila", shots=2000)
    assert found.shape == (4, 2)
    assert (np.abs(found.value[:, 1] - np.cos(values[:, 0])) < 5 * found.stderr[:, 1] + 0.1).all()


def test_a_circuit_without_two_qubit_gates_is_measured_and_says_so():
    emptied = QuantumCircuit(2)
    for gate in ("h", "cx", "cx", "h"):
        getattr(emptied, gate)(*((0,) if gate == "h" else (0, 1)))
    for techniques in ([ZNE()], [TwinZNE()], [Readout(), ZNE()]):
        prepared = plan(emptied, "ZZ", techniques, device="FakeManila", shots=4000)
        data = measure(prepared)
        found = data.estimate()
        assert "left out, because the circuit has no two-qubit gate" in found.method
        assert abs(found.value - 1) < 5 * found.stderr + (0.2 if len(techniques) == 1 else 0)
        assert data.estimate(techniques).value == found.value
