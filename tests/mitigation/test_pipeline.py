from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, calibrate_readout, measure, mitigate, plan
from qtn.mitigation.calibration import ReadoutCalibration


def trotter(n: int = 3, steps: int = 2) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for i in range(n - 1):
            circuit.rzz(0.5, i, i + 1)
        for i in range(n):
            circuit.rx(0.6, i)
    return circuit


def energy(n: int = 3) -> SparsePauliOp:
    terms = [("ZZ", [i, i + 1], -1.0) for i in range(n - 1)] + [("X", [i], -0.7) for i in range(n)]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], 0.25)], n)


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


def test_a_kept_calibration_is_used_instead_of_a_new_one():
    prepared = plan(trotter(), "ZZZ", Readout(), device="FakeManila", shots=100)
    calibration = calibrate_readout("FakeManila", prepared.native.qubits, shots=2000, seed=5)
    kept = plan(trotter(), "ZZZ", Readout(calibration), device="FakeManila", shots=100)
    assert len(prepared.calibration) == 2
    assert kept.calibration == ()
    assert kept.shots == 100
    assert measure(kept).calibration is calibration


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
    assert "8 circuits, 8000 shots, 4.00 times the unmitigated shots" in text
    assert "noise factors 1, 3, 5" in text


def test_plans_refuse_what_they_cannot_take():
    with pytest.raises(ArgumentError, match="list of techniques such as"):
        mitigate(trotter(), "ZZZ", ["readout"], device="aer")
    with pytest.raises(ArgumentError, match="ZNE and ZNE, which take the same step"):
        mitigate(trotter(), "ZZZ", [ZNE(), ZNE((1, 2))], device="aer")
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer and at most"):
        mitigate(trotter(), "ZZZ", device="aer", shots=10**9)
    with pytest.raises(ArgumentError, match="multiple of the identity"):
        mitigate(trotter(), SparsePauliOp("III"), device="aer")
    with pytest.raises(ArgumentError, match="must be a QuantumCircuit or a pair"):
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
    with pytest.raises(ArgumentError, match="no two-qubit gate to fold"):
        mitigate(QuantumCircuit(1), "Z", ZNE(), device="aer")
