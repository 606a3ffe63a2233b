"""The door: below its chain, never below exact, samples that agree, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.applications.antn import ANTN, NeuralState, door
from qtn.errors import ArgumentError

MODEL = qtn.chain("j1j2", 8, next_coupling=0.4)
QUICK = ANTN(steps=150, hidden=8, rate=1e-2)


def lowest(model: SparsePauliOp) -> float:
    return float(np.linalg.eigvalsh(model.to_matrix())[0])


@pytest.fixture(scope="module")
def state() -> NeuralState:
    return qtn.neural_ground_state(MODEL, bond=2, method=QUICK)


def test_the_energy_is_between_exact_and_its_chain(state: NeuralState) -> None:
    exact = lowest(MODEL)
    assert exact - 1e-10 <= state.energy.value < exact + 0.3 * (state.start - exact)
    assert state.energy.stderr == 0.0
    # DMRG's chain of this bond mixes numbers of ones: what is left of it, or a chain of one number.
    assert exact < state.start <= qtn.ground_state(MODEL, max_bond=2).origin.energy


def test_amplitudes_are_normalised_and_have_the_energy(state: NeuralState) -> None:
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    found = state.amplitudes(bits)
    assert np.sum(found**2) == pytest.approx(1.0, abs=1e-10)
    assert not found[bits.sum(1) != 4].any()
    energy = (found @ MODEL.to_matrix() @ found).real  # site 0 is least significant in both
    assert energy == pytest.approx(state.energy.value, abs=1e-10)


def test_sampled_energies_agree_with_the_enumerated_one(state: NeuralState) -> None:
    sampled = state.sampled_energy(4000, seed=1)
    assert abs(sampled.value - state.energy.value) < 5 * sampled.stderr
    assert sampled.stderr < 0.02
    assert np.array_equal(state.sample(10, seed=3), state.sample(10, seed=3))
    assert state.sample(10).shape == (10, 8)


def test_training_by_samples_comes_below_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ENUMERATED", 1)
    method = ANTN(steps=120, hidden=8, rate=3e-3)
    found = qtn.neural_ground_state(MODEL, bond=2, method=method)
    assert found.energy.stderr > 0
    assert found.energy.value + 3 * found.energy.stderr < found.start
    assert found.energy.value > lowest(MODEL) - 5 * found.energy.stderr


def test_fields_that_break_the_symmetry_and_other_sectors() -> None:
    tfim = qtn.chain("tfim", 6)
    found = qtn.neural_ground_state(tfim, bond=2, method=ANTN(steps=60, hidden=6))
    assert found.ones is None
    assert lowest(tfim) - 1e-10 <= found.energy.value < found.start
    one = qtn.neural_ground_state(MODEL, bond=4, ones=1, method=ANTN(steps=150, hidden=8))
    magnon = np.linalg.eigvalsh(MODEL.to_matrix()[np.ix_(*[1 << np.arange(8)] * 2)])[0]
    assert magnon - 1e-10 <= one.energy.value < magnon + 0.05
    assert "8 sites" in repr(one)


def test_a_longer_search_never_reports_a_worse_state(state: NeuralState) -> None:
    none = qtn.neural_ground_state(MODEL, bond=2, method=ANTN(steps=1, hidden=8))
    assert state.energy.value <= none.energy.value <= none.start + 1e-9


def test_sampling_never_ends_above_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ENUMERATED", 1)
    wild = ANTN(steps=10, hidden=4, rate=1.0, clip=100.0, samples=64)
    found = qtn.neural_ground_state(MODEL, bond=2, method=wild)
    assert found.energy.value < found.start + 5 * found.energy.stderr


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: qtn.neural_ground_state(qtn.chain("tfim", 4), ones=2),
            "`ones` must be None",
        ),
        (lambda: qtn.neural_ground_state(MODEL, ones=9), "`ones` must be an integer"),
        (lambda: qtn.neural_ground_state(MODEL, bond=0), "`bond` must be a positive integer"),
        (lambda: qtn.neural_ground_state(MODEL, method="vmc"), "`method` must be ANTN"),
        (lambda: qtn.neural_ground_state({"XY": 1.0}), "must be real in the basis of Z"),
        (lambda: ANTN(steps=0), "`steps` must be a positive integer"),
        (lambda: ANTN(samples=1), "`samples` must be at least 2"),
        (lambda: ANTN(rate=2.0), "`rate` must be a finite number"),
        (lambda: ANTN(clip=0.0), "`clip` must be a finite number"),
    ],
)
def test_what_does_not_fit_is_refused(call: object, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        call()


def test_bits_that_are_none_are_refused(state: NeuralState) -> None:
    for bits in ([[0, 1]], [[2] * 8]):
        with pytest.raises(ArgumentError, match="rows of 8 zeros and ones"):
            state.amplitudes(bits)
