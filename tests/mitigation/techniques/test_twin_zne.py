from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, TwinZNE, measure, mitigate, plan
from qtn.mitigation.techniques.twin_zne import fit_terms
from qtn.mitigation.values.decay import LOG_SCALES, Decays


def trotter(n: int = 4, steps: int = 4) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for i in range(n - 1):
            circuit.rzz(-0.5, i, i + 1)
        for i in range(n):
            circuit.rx(-0.4, i)
    return circuit


def energy(n: int = 4) -> SparsePauliOp:
    terms = [("ZZ", [i, i + 1], -1 / n) for i in range(n - 1)] + [("X", [0], -0.8 / n)]
    return SparsePauliOp.from_sparse_list(terms, n)


def exponentials(rates: np.ndarray, factors: tuple[float, ...] = (1, 5)) -> Decays:
    damping = -np.exp(LOG_SCALES)[:, None, None] * np.array(factors)[:, None] * rates
    slope = np.exp(damping)
    return Decays(np.zeros_like(slope), slope, np.full_like(slope, 1e-8), 10)


def covariance(settings: int, terms: int, variance: float) -> np.ndarray:
    size = settings * terms
    return variance * np.eye(size).reshape(settings, terms, settings, terms)


def test_the_fit_returns_what_the_data_hold_and_the_power_of_the_noise():
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.05, 0.15, 6)
    decays = exponentials(rates)
    for power in (0.75, 1.0, 1.4):
        ideal = rng.uniform(-0.9, 0.9, 6)  # any value, not that of the circuit behind the decays
        y = ideal * np.exp(-power * np.outer([1, 5], rates))
        found = fit_terms(y, covariance(2, 6, 1e-8), decays, 0.2, 0.0)
        assert found.trusted
        assert found.values == pytest.approx(ideal, abs=6e-3)
        assert np.exp(found.log_power) == pytest.approx(power, rel=0.03)


def test_the_jacobian_is_the_derivative_of_the_values():
    rng = np.random.default_rng(1)
    decays = exponentials(rng.uniform(0.05, 0.15, 3))
    y = rng.uniform(0.3, 0.9, (2, 3)) * np.array([[1.0], [0.6]])
    noise = covariance(2, 3, 1e-4)
    found = fit_terms(y, noise, decays, 0.2, 0.0)
    step = 1e-5
    for s in range(2):
        for t in range(3):
            moved = y.copy()
            moved[s, t] += step
            slope = (fit_terms(moved, noise, decays, 0.2, 0.0).values - found.values) / step
            # Gauss-Newton drops the curvature of the model
            assert slope == pytest.approx(found.jacobian[:, s, t], abs=0.12)


def test_values_improve_on_a_fake_device_and_the_parts_can_be_taken_alone():
    exact = Statevector(trotter()).expectation_value(energy()).real
    data = measure(
        plan(trotter(), energy(), [Readout(), TwinZNE()], device="FakeManila", shots=20_000)
    )
    found, raw = data.estimate(), data.raw()
    assert abs(found.value - exact) < 4 * found.stderr
    assert abs(found.value - exact) < 0.3 * abs(raw.value - exact)
    assert "readout + twin zne(1, 5): errors 1." in found.method or "errors 0.9" in found.method
    again = data.estimate([Readout(), TwinZNE()])
    assert again.value == found.value  # with the decays of the plan


def test_a_wrong_card_is_noticed_and_corrected_by_the_data():
    exact = Statevector(trotter()).expectation_value(energy()).real
    card = plan(trotter(), energy(), TwinZNE(), device=chain(4, gate=0.01)).find(TwinZNE)
    found = mitigate(
        trotter(), energy(), card, device=chain(4, gate=0.015), shots=60_000, progress=False
    )
    assert abs(found.value - exact) < 4 * found.stderr + 0.01
    power = float(found.method.split("errors ")[1].split()[0])
    assert 1.35 < power < 1.6
    # three times the card's errors: the prediction is given up for a plain fit, and said so
    found = mitigate(
        trotter(), energy(), card, device=chain(4, gate=0.04), shots=60_000, progress=False
    )
    assert "mixture" in found.method
    assert "because the device's card does not describe the data" in found.method


@pytest.mark.parametrize("observable", ["IZZ", "ZZZ", "XXX", "YXY", "IIZ", "000"])
def test_clifford_circuits_have_twins_too(observable):
    ghz = QuantumCircuit(3)
    ghz.h(0)
    ghz.cx(0, 1)
    ghz.cx(1, 2)
    dense = SparsePauliOp.from_sparse_observable(SparseObservable.from_label(observable))
    exact = Statevector(ghz).expectation_value(dense).real
    found = mitigate(
        ghz, observable, [Readout(), TwinZNE()], device="FakePerth", shots=8000, progress=False
    )
    assert "times those of the card" in found.method
    assert 0 < found.stderr < 0.05
    assert abs(found.value - exact) < 5 * found.stderr


def test_decays_that_the_twins_do_not_fix_are_given_up():
    decays = exponentials(np.full(3, 0.1))
    flat = replace(decays, centre=np.ones(3), spread=np.array([1.0, 0.0, 1.0]))
    assert decays.determined
    assert repr(decays) == "Decays(3 terms, 2 noise factors, 10 twins)"
    assert not flat.determined
    found = mitigate(
        trotter(3, 1), energy(3), TwinZNE(decays=flat), device="FakeManila", shots=2000,
        progress=False,
    )  # fmt: skip
    assert "because the twins' values do not vary" in found.method
    assert 0 < found.stderr < 1


def test_all_observables_share_the_twins_and_one_fit(monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return fit_terms(*arguments)

    monkeypatch.setattr("qtn.mitigation.techniques.twin_zne.fit_terms", counted)
    labels = ["IIIZ", "IIZI", "IZII", "ZIII", "ZZII"]
    pipeline = [Readout(), TwinZNE()]
    planned = plan(trotter(), labels, pipeline, device="FakeManila", shots=4000)
    assert planned.find(TwinZNE).seconds > 0
    assert "twin zne(1, 5)" in str(planned).split("forecast")[1]
    found = measure(planned, progress=False).estimate()
    assert found.value.shape == found.stderr.shape == (5,)
    assert len(calls) == 1
    exact = [Statevector(trotter()).expectation_value(SparsePauliOp(one)).real for one in labels]
    assert (np.abs(found.value - exact) < 4 * found.stderr).all()


def test_long_circuits_get_fewer_twins():
    short = plan(trotter(3, 1), "ZZZ", TwinZNE(), device="FakeManila", shots=100)
    assert short.find(TwinZNE).decays.twins == 10
    long = plan(trotter(8, 1), "Z" * 8, TwinZNE(), device=chain(8, gate=0.01), shots=100)
    assert long.find(TwinZNE).decays.twins == 6
    asked = plan(trotter(3, 1), "ZZZ", TwinZNE(twins=4), device="FakeManila", shots=100)
    assert asked.find(TwinZNE).decays.twins == 4


def test_a_term_without_signal_is_finite_and_says_that_it_knows_nothing():
    lost = Decays(*(np.zeros((3, 2, 2)) for _ in range(2)), np.full((3, 2, 2), 1e-8), 10)
    found = fit_terms(np.zeros((2, 2)), covariance(2, 2, 1e-4), lost, 0.2, 0.05)
    assert np.isfinite(found.values).all()
    assert found.values == pytest.approx([0.0, 0.0], abs=0.01)
    assert np.sqrt(np.diag(found.doubt)) == pytest.approx([1.0, 1.0], abs=0.01)  # all it can be


def test_the_plan_refuses_what_it_cannot_take():
    with pytest.raises(ArgumentError, match="reports no gate errors"):
        plan(trotter(), energy(), TwinZNE(), device="aer")
    free = QuantumCircuit(2)
    free.cx(0, 1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="takes a circuit without free parameters"):
        plan((free, np.zeros((2, 1))), "ZZ", TwinZNE(), device="FakeManila")
    data = measure(plan(trotter(2, 1), "ZZ", ZNE(), device="FakeManila", shots=100))
    with pytest.raises(ArgumentError, match="was not planned with"):
        data.estimate([TwinZNE()])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factors": (0.5, 1)}, "`factors` must be a finite number in"),
        ({"factors": (1,)}, "at least 2 factors"),
        ({"twins": 3}, "`twins` must be an integer"),
        ({"spread": 0.0}, "`spread` must be a finite number in"),
        ({"card_error": 0.0}, "`card_error` must be a finite number in"),
        ({"term_error": -1.0}, "`term_error` must be a finite number in"),
        ({"folding": "random"}, "`folding` must be one of"),
        ({"fit": "magic"}, "`fit` must be one of"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        TwinZNE(**options)
