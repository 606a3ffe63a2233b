from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn import _io
from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine, TTNBornMachine


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


BAS = bars_and_stripes(3)


MACHINES = {"chain": MPSBornMachine, "tree": TTNBornMachine}
Machine = MPSBornMachine | TTNBornMachine


@pytest.fixture(scope="module", params=sorted(MACHINES))
def model(request: pytest.FixtureRequest) -> Machine:
    return MACHINES[request.param](bond=16, sweeps=30).fit(BAS)


def every_row(levels: tuple[int, ...]) -> np.ndarray:
    return np.array(list(itertools.product(*(range(d) for d in levels))))


def test_probabilities_sum_to_one_and_equal_the_state(model: Machine) -> None:
    rows = every_row(model.levels_)
    p = np.exp(model.score_samples(rows))
    assert p.sum() == pytest.approx(1)
    assert model.state().norm() == pytest.approx(1)
    assert p == pytest.approx(np.abs(model.state().amplitudes(rows)) ** 2)
    assert model.history_["loss"][-1] == pytest.approx(-model.score(BAS), rel=1e-9)


@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_weights_are_frequencies(kind: str) -> None:
    rows = np.array([[0, 2, 1], [1, 0, 0], [1, 1, 1]])
    weights = np.array([1.0, 2.0, 5.0])
    model = MACHINES[kind](bond=4, sweeps=40).fit(rows, sample_weight=weights)
    assert np.exp(model.score_samples(rows)) == pytest.approx(weights / 8, abs=2e-3)
    assert model.levels_ == (2, 3, 2)


def test_samples_follow_the_model_also_when_conditioned(model: Machine) -> None:
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


def test_values_never_seen_have_no_probability(model: Machine) -> None:
    assert model.score_samples(np.full((1, 9), 5)) == -np.inf


def test_saved_machine_comes_back_equal(model: Machine, tmp_path: object) -> None:
    _io.save(model, f"{tmp_path}/born.qtn")
    back = _io.load(f"{tmp_path}/born.qtn")
    assert (back.score_samples(BAS) == model.score_samples(BAS)).all()
    assert back.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("settings", "rows", "message"),
    [
        ({"bond": 0}, BAS, "`bond` must be a positive integer, but is 0"),
        ({"sweeps": 0}, BAS, "`sweeps` must be a positive integer"),
        ({}, BAS + 0.5, "must hold integers of 0 … 63, but is 0.5 at index"),
        ({}, BAS - 1, "must hold integers of 0 … 63, but is -1"),
        ({}, [[np.nan, 1.0]], "`X` cannot be used: Input X contains NaN"),
        ({}, np.empty((0, 3)), "`X` cannot be used: Found array with 0 sample"),
    ],
)
@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_bad_input_is_refused(kind: str, settings: dict, rows: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MACHINES[kind](**settings).fit(rows)


def test_bad_conditions_are_refused(model: Machine) -> None:
    with pytest.raises(ArgumentError, match="`given` must be an integer of at least 0 and at most"):
        model.sample(1, given={9: 0})
    with pytest.raises(ArgumentError, match=r"`given\[0\]` must be an integer"):
        model.sample(1, given={0: 2})
    with pytest.raises(ArgumentError, match="one non-negative weight per row"):
        MPSBornMachine().fit(BAS, sample_weight=-np.ones(len(BAS)))


@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_real_columns_are_cut_into_bins(kind: str, tmp_path: object) -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=600)
    rows = np.stack([first, first + 0.01 * rng.normal(size=600), np.full(600, 7.0)], axis=1)
    model = MACHINES[kind](bond=4, bins=4).fit(rows)
    assert model.levels_ == (4, 4, 1)
    near, far = model.score_samples([[1.5, 1.5, 7.0], [1.5, -1.5, 7.0]])
    assert near > far + 2
    _io.save(model, f"{tmp_path}/born.qtn")
    assert (_io.load(f"{tmp_path}/born.qtn").score_samples(rows) == model.score_samples(rows)).all()
    with pytest.raises(ArgumentError, match="`bins` must be an integer of at least 2"):
        MACHINES[kind](bins=1).fit(rows)


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("after", [0, 2])
def test_ctrl_c_keeps_the_best_so_far_and_says_so(
    kind: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MACHINES[kind](bond=4, sweeps=30)
    whole = type(model)._training

    def interrupted(self: Machine, *args: object) -> object:
        sweeper, steps = whole(self, *args)

        def stop() -> None:
            raise KeyboardInterrupt

        return sweeper, [*steps[:after], stop]

    monkeypatch.setattr(type(model), "_training", interrupted)
    if after == 0:
        with pytest.raises(KeyboardInterrupt):
            model.fit(BAS)
    else:
        with pytest.warns(UserWarning, match="interrupted after sweep 2: the model is the best"):
            model.fit(BAS)
        assert model.status_ == "interrupted"
        assert np.isfinite(model.score(BAS))
