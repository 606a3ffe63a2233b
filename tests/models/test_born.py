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
    assert model.score_samples(np.full((2, 9), [[5], [70]])).tolist() == [-np.inf] * 2


@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_gaps_between_the_values_have_no_probability_either(kind: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.choice([0, 2, 3], size=(60, 40))
    model = MACHINES[kind](bond=4, sweeps=2).fit(rows)
    strange = rows[:3].copy()
    strange[1, 7] = 1
    found = model.score_samples(strange)
    assert np.isfinite(found).tolist() == [True, False, True]
    assert found[1] == -np.inf
    assert found.min() == found[1] < -100 < found[0]
    assert (model.sample(50, seed=1) != 1).all()
    # What the impossible values had is now the others'.
    assert model.score(rows) >= -model.history_["loss"][-1]


def test_rows_held_out_with_values_of_their_own_do_not_decide() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 6))
    rows[:, 0] = np.arange(40)
    model = MPSBornMachine(bond=4, sweeps=3, validation_fraction=0.2).fit(rows)
    assert len(model.history_["loss"]) == 3
    assert np.isfinite(model.score_samples(rows)).sum() >= 32


@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_a_larger_bond_never_ends_worse(kind: str) -> None:
    # Rows on which a single sweep over a tree ends worse at bond 8 (-4.31) than at bond 4 (-3.51).
    rng = np.random.default_rng(98)
    n, count = int(rng.integers(4, 9)), int(rng.integers(30, 120))
    rows = rng.integers(0, 2, (count, n))
    for seed in range(2 if kind == "chain" else 1):
        settings = {"sweeps": 1} | ({"fraction": 1.0, "seed": seed} if kind == "chain" else {})
        scores = [MACHINES[kind](bond=d, **settings).fit(rows).score(rows) for d in (2, 4, 8, 16)]
        assert (np.diff(scores) >= -1e-12).all()


def test_more_sweeps_never_end_worse() -> None:
    rows = np.random.default_rng(5).integers(0, 3, (50, 8))
    scores = [MPSBornMachine(8, sweeps=s, fraction=1.0).fit(rows).score(rows) for s in (1, 3, 6)]
    assert (np.diff(scores) >= 0).all()


def test_one_column_gets_its_frequencies() -> None:
    rows = np.array([[0], [0], [0], [2]])
    for table in (rows, np.hstack([rows, np.zeros_like(rows)])):
        p = np.exp(MPSBornMachine(2).fit(table).score_samples(table[[0, 3]]))
        assert p == pytest.approx([0.75, 0.25], abs=1e-3)


@pytest.mark.parametrize("kind", sorted(MACHINES))
def test_real_and_integer_columns_go_together_by_default(kind: str, tmp_path: object) -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 3, 300)
    rows = np.stack([code, code + 0.1 * rng.normal(size=300), -1e9 * code], axis=1)
    model = MACHINES[kind](bond=4, sweeps=5).fit(rows)
    assert model.levels_ == (3, 8, 3)
    assert model.score_samples([[0.0, 2.0, 0.0]]) < model.score_samples([[0.0, 0.0, 0.0]]) - 1
    back = _io.load(_io.save(model, f"{tmp_path}/born.qtn"))
    assert (back.score_samples(rows) == model.score_samples(rows)).all()
    with pytest.raises(ArgumentError, match=r"must hold integers .* but is 0.5 at index \(0, 0\)"):
        model.score_samples([[0.5, 0.0, 0.0]])


def test_a_generator_gives_another_seed_every_time() -> None:
    rng = np.random.RandomState(0)
    model = MPSBornMachine(2, sweeps=1, random_state=rng).fit(BAS)
    first = model.tensors_[0]
    assert (model.fit(BAS).tensors_[0] != first).any()
    by_number = MPSBornMachine(2, sweeps=1, random_state=4).fit(BAS)
    by_seed = MPSBornMachine(2, sweeps=1, seed=4).fit(BAS)
    assert (by_number.tensors_[0] == by_seed.tensors_[0]).all()
    assert (by_seed.sample(9, random_state=3) == by_seed.sample(9, seed=3)).all()
    with pytest.raises(ArgumentError, match="`random_state` must be the seed, 4, or None"):
        MPSBornMachine(seed=4, random_state=5).fit(BAS)


def test_saved_machine_comes_back_equal(model: Machine, tmp_path: object) -> None:
    _io.save(model, f"{tmp_path}/born.qtn")
    back = _io.load(f"{tmp_path}/born.qtn")
    assert (back.score_samples(BAS) == model.score_samples(BAS)).all()
    assert back.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("settings", "rows", "message"),
    [
        ({"bond": 0}, BAS, "`bond` must be a positive integer, but is 0"),
        ({"bins": "many"}, BAS, "`bins` must be .* and at most 64, but is .many"),
        ({"random_state": "x"}, BAS, "`random_state` must be None, an integer of 0"),
        ({"sweeps": 0}, BAS, "`sweeps` must be a positive integer"),
        ({"bins": None}, BAS + 0.5, "must hold integers of 0 … 63, but is 0.5 at index"),
        ({"bins": None}, BAS - 1, "must hold integers of 0 … 63, but is -1"),
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
