from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from mitigation.examples import energy, trotter
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation import (
    PEC,
    TEM,
    ZNE,
    PauliNoise,
    Readout,
    TwinZNE,
    Twirl,
    calibrate_readout,
    measure,
    plan,
)
from qtn.mitigation.measuring import term_values
from qtn.mitigation.values.pauli_noise import gates_of


def test_a_kept_calibration_is_used_instead_of_a_new_one():
    prepared = plan(trotter(), "ZZZ", Readout(), device="FakeManila", shots=100)
    calibration = calibrate_readout("FakeManila", prepared.native.qubits, shots=2000, seed=5)
    kept = plan(trotter(), "ZZZ", Readout(calibration), device="FakeManila", shots=100)
    assert len(prepared.calibration) == 2
    assert kept.calibration == ()
    assert kept.shots == 100
    assert measure(kept).calibration is calibration


def test_parts_come_from_the_same_outcomes():
    techniques = [Readout(), ZNE((1, 3), fit="linear")]
    data = measure(plan(trotter(), energy(), techniques, device="FakeManila", shots=800, seed=4))
    assert str(data.estimate(techniques)) == str(data.estimate())
    assert str(data.raw()) == str(data.estimate([]))
    assert str(data.estimate(Readout())) == str(data.estimate([Readout()]))
    assert data.raw().shots == 2 * 800
    assert data.estimate([Readout()]).shots == 2 * 800 + 2 * 800
    assert data.estimate([ZNE((1, 3), fit="exponential")]).method == "zne(1, 3): exponential"
    with pytest.raises(ArgumentError, match="TwinZNE, which this measurement was not planned"):
        data.estimate([TwinZNE()])


def test_values_of_terms_are_those_of_the_estimate():
    options = {"device": "FakeManila", "shots": 500, "seed": 7}
    techniques = [Readout(), ZNE((1, 3))]
    found = term_values(trotter(), energy(), techniques, **options)
    data = measure(plan(trotter(), energy(), techniques, **options))
    plain = data.estimate([Readout()])
    terms = data.plan.observable
    assert found.mean.shape == found.variances.shape == (2, len(terms.terms))
    assert terms.constant + terms.coefficients @ found.mean[0] == pytest.approx(plain.value)
    # variances of the terms alone; terms of one basis have covariances as well
    assert np.sqrt((terms.coefficients**2 * found.variances[0]).sum()) == pytest.approx(
        plain.stderr, rel=0.3
    )
    assert found.shots == data.plan.shots


def test_what_cannot_be_taken_out_of_the_outcomes_is_refused():
    native = plan(trotter(), energy(), device="FakeManila").native
    noise = PauliNoise({key: np.full(15, 1e-3) for key in gates_of(native.circuit)})
    for technique in (PEC(noise, copies=8), TEM(noise, strings=9)):
        data = measure(plan(trotter(), energy(), technique, device="FakeManila", shots=400))
        assert data.estimate([technique]).method.split(",")[0] == technique.label
        with pytest.raises(ArgumentError, match=f"leaves out {technique.label}, without which"):
            data.raw()
    assert repr(data) == f"Measured({data.plan!r})"


def test_circuits_that_were_changed_stay_so_and_the_method_says_it():
    techniques = [Readout(), Twirl(2), ZNE((1, 3))]
    data = measure(plan(trotter(), energy(), techniques, device="FakeManila", shots=400))
    assert data.raw().method == "twirl"
    assert data.estimate([Readout()]).method == "readout + twirl"
    assert data.estimate(techniques[1:]).method == "twirl + zne(1, 3): exponential"


def test_estimates_keep_their_extrapolations() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    observable = {"ZZ": 1.0, "XX": 0.5, "II": 0.25}
    prepared = plan(
        circuit, observable, ZNE(factors=(1, 3)), device="FakeManilaV2", shots=2000, seed=1
    )
    found = measure(prepared, progress=False)
    estimate = found.estimate()
    (fit,) = estimate.fits
    assert fit.value == pytest.approx(estimate.value)
    assert fit.stderr == pytest.approx(estimate.stderr)
    readings = found.readings().target.mean[:, 0] @ prepared.observable.coefficients
    assert fit.values == pytest.approx(readings + 0.25)
    assert fit.curve[0] == pytest.approx(fit.value)
    assert fit.factors.tolist() == [1.0, 3.0]
    ax = Figure().subplots()
    assert found.plot(ax) is ax
    assert ax.containers[0].lines[0].get_ydata() == pytest.approx(fit.values)
    assert found.raw().fits == ()
    by_basis = found.estimate(ZNE(factors=(1, 3), by="basis")).fits
    assert sum(f.value for f in by_basis) + 0.25 == pytest.approx(estimate.value, abs=0.1)
    assert [f.label for f in by_basis] == [f"basis {b.label}" for b in prepared.observable.bases]
    with pytest.raises(ArgumentError, match='`kind` must be "values" for an estimate without'):
        found.raw().plot(kind="fits")
