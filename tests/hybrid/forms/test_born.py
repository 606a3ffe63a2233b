"""The born form: bits and codes, and the probabilities of rows against dense vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.born import Born, marginal

ROWS = np.random.default_rng(1).integers(0, 5, (80, 3)) % [5, 2, 3]


@pytest.fixture(scope="module")
def quantum() -> qtn.hybrid.QuantumBornMachine:
    model = qtn.MPSBornMachine(4, sweeps=3, order=[1, 2, 0], mixture=0.1, progress=False).fit(ROWS)
    return qtn.deploy(model, form=Born("background"), device="tensor", progress=False)


def test_codes_undo_bits(quantum: qtn.hybrid.QuantumBornMachine) -> None:
    form = quantum.form
    assert isinstance(form, Born)
    bits = form.bits(quantum, ROWS)
    assert bits.shape == (80, 7)
    assert ((bits < 0).sum(axis=1) == 1).all()  # the register
    assert np.array_equal(form.codes(bits), ROWS)
    assert form.places == ((4, 5, 6), (0,), (2, 3))
    assert form.inputs(quantum) == 3


def test_products_measurements_and_dense_vectors_agree(
    quantum: qtn.hybrid.QuantumBornMachine,
) -> None:
    form, rows = quantum.form, ROWS[:5].astype(float)
    exact = form.ideal_scores(quantum, rows)
    assert exact.shape == (5, 1)
    (work,) = form.circuits(quantum, rows)
    dense = np.abs(Statevector(work.circuit).data) ** 2
    numbers = [[int(o.replace("I", bit), 2) for bit in "01"] for o in work.observables]
    assert exact[:, 0] == pytest.approx(dense[numbers].sum(axis=1), abs=1e-12)
    assert len(form.products(quantum, rows)) == 2
    shots = form.shots_needed(quantum, rows, 0.01)
    assert shots == pytest.approx((exact * (1 - exact)).max() / 1e-4, abs=1)


def test_marginals_are_sums() -> None:
    rng = np.random.default_rng(0)
    vector = rng.normal(size=32) + 1j * rng.normal(size=32)
    vector /= np.linalg.norm(vector)
    state = qtn.MPS.from_dense(vector)
    bits = np.arange(32)[:, None] >> np.arange(5) & 1
    weights = np.abs(vector) ** 2
    assert marginal(state, np.full(5, -1)) == pytest.approx(1)
    held = (bits[:, 1] == 1) & (bits[:, 4] == 0)
    assert marginal(state, np.array([-1, 1, -1, -1, 0])) == pytest.approx(weights[held].sum())


def test_parts_that_do_not_belong_together_are_refused(
    quantum: qtn.hybrid.QuantumBornMachine,
) -> None:
    for form in (Born(), Born(places=((0,), (1,), (2,))), replace(quantum.form, register=None)):
        with pytest.raises(ArgumentError, match="one circuit whose qubits are those of its"):
            replace(quantum, form=form)
    with pytest.raises(ArgumentError, match="`register` must be one of None, 'background'"):
        Born("label")
