from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn import _io
from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine
from qtn.models.born_sweeps import BornSweeper


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


BAS = bars_and_stripes(3)


@pytest.fixture(scope="module")
def model() -> MPSBornMachine:
    return MPSBornMachine(bond=8, sweeps=30).fit(BAS)


def every_row(levels: tuple[int, ...]) -> np.ndarray:
    return np.array(list(itertools.product(*(range(d) for d in levels))))


@pytest.mark.parametrize("seed", range(3))
def test_bars_and_stripes_reach_the_bound(seed: int) -> None:
    rows = bars_and_stripes(4)
    model = MPSBornMachine(bond=16, seed=seed).fit(rows)
    assert -model.score(rows) == pytest.approx(np.log(30), abs=1e-3)


def test_bonds_grow_with_the_data() -> None:
    history = MPSBornMachine(bond=16, sweeps=6).fit(bars_and_stripes(4)).history_
    assert history["bond"][0] < history["bond"][-1] <= 16
    independent = np.random.default_rng(0).integers(0, 2, (4000, 6))
    assert MPSBornMachine(bond=16, sweeps=3, cutoff=0.1).fit(independent).history_["bond"][-1] == 1


def test_probabilities_sum_to_one_and_equal_the_state(model: MPSBornMachine) -> None:
    rows = every_row(model.levels_)
    p = np.exp(model.score_samples(rows))
    assert p.sum() == pytest.approx(1)
    assert model.state().norm() == pytest.approx(1)
    assert p == pytest.approx(np.abs(model.state().amplitudes(rows)) ** 2)
    assert model.history_["loss"][-1] == pytest.approx(-model.score(BAS), rel=1e-9)


def test_weights_are_frequencies() -> None:
    rows = np.array([[0, 2, 1], [1, 0, 0], [1, 1, 1]])
    weights = np.array([1.0, 2.0, 5.0])
    model = MPSBornMachine(bond=4, sweeps=40).fit(rows, sample_weight=weights)
    assert np.exp(model.score_samples(rows)) == pytest.approx(weights / 8, abs=2e-3)
    assert model.levels_ == (2, 3, 2)


def test_samples_follow_the_model_also_when_conditioned(model: MPSBornMachine) -> None:
    shots = 4000
    rows = model.sample(shots, seed=1)
    patterns, counts = np.unique(rows, axis=0, return_counts=True)
    p = np.exp(model.score_samples(patterns))
    assert (np.abs(counts / shots - p) < 5 * np.sqrt(p / shots) + 5 / shots).all()
    painted = model.sample(500, seed=1, given={0: 1, 1: 0})
    assert (painted[:, :2] == [1, 0]).all()
    # The first row of the image is not constant, so the image consists of vertical bars.
    assert (painted.reshape(-1, 3, 3) == painted[:, None, :3]).mean() > 0.99
    assert (model.sample(9, seed=2) == model.sample(9, seed=2)).all()


def test_one_site_sweeps_never_lower_the_likelihood() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, (40, 6))
    tensors = [rng.random((1 if i == 0 else 3, 2, 1 if i == 5 else 3)) + 0.1 for i in range(6)]
    sweeper = BornSweeper(tensors, rows, np.full(40, 1 / 40))
    before = sweeper.log_likelihoods().mean()
    for _ in range(4):
        sweeper.one_site()
        after = sweeper.log_likelihoods().mean()
        assert after >= before - 1e-12
        before = after


def test_a_hard_start_does_not_abort() -> None:
    # Orthogonal to every row: all amplitudes are zero at first.
    one = np.array([[[0.0], [1.0]]])
    sweeper = BornSweeper([one] * 4, np.zeros((3, 4), dtype=np.int64), np.full(3, 1 / 3))
    for _ in range(20):
        sweeper.two_site(4, 1e-9, 1.0)
    assert sweeper.log_likelihoods() == pytest.approx(0.0, abs=1e-3)


def test_validation_keeps_the_best_sweep() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (60, 8))
    model = MPSBornMachine(bond=16, sweeps=8, validation_fraction=0.3).fit(rows)
    losses = model.history_["validation_loss"]
    assert losses[-1] > min(losses)


def test_values_never_seen_have_no_probability(model: MPSBornMachine) -> None:
    assert model.score_samples(np.full((1, 9), 5)) == -np.inf


def test_saved_machine_comes_back_equal(model: MPSBornMachine, tmp_path: object) -> None:
    _io.save(model, f"{tmp_path}/born.qtn")
    back = _io.load(f"{tmp_path}/born.qtn")
    assert (back.score_samples(BAS) == model.score_samples(BAS)).all()
    assert back.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("settings", "rows", "message"),
    [
        ({"bond": 0}, BAS, "`bond` must be a positive integer, but is 0"),
        ({"fraction": 0}, BAS, r"`fraction` must be a finite number in \(0, 1\]"),
        ({"sweeps": 0}, BAS, "`sweeps` must be a positive integer"),
        ({}, BAS + 0.5, "must hold integers of 0 … 63, but is 0.5 at index"),
        ({}, BAS - 1, "must hold integers of 0 … 63, but is -1"),
        ({}, [[np.nan, 1.0]], "`X` cannot be used: Input X contains NaN"),
        ({}, np.empty((0, 3)), "`X` cannot be used: Found array with 0 sample"),
    ],
)
def test_bad_input_is_refused(settings: dict, rows: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MPSBornMachine(**settings).fit(rows)


def test_bad_conditions_are_refused(model: MPSBornMachine) -> None:
    with pytest.raises(ArgumentError, match="`given` must be an integer of at least 0 and at most"):
        model.sample(1, given={9: 0})
    with pytest.raises(ArgumentError, match=r"`given\[0\]` must be an integer"):
        model.sample(1, given={0: 2})
    with pytest.raises(ArgumentError, match="one non-negative weight per row"):
        MPSBornMachine().fit(BAS, sample_weight=-np.ones(len(BAS)))
    only = MPSBornMachine(bond=2, sweeps=40).fit([[0, 0], [1, 1]])
    only.tensors_ = tuple(np.eye(2).reshape(s) for s in ((1, 2, 2), (2, 2, 1)))
    with pytest.raises(ArgumentError, match="has probability 0 under the model"):
        only.sample(1, given={0: 0, 1: 1})
