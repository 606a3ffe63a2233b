from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from qtn import _io
from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


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


def test_validation_keeps_the_best_sweep() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (60, 8))
    model = MPSBornMachine(bond=16, sweeps=8, validation_fraction=0.3).fit(rows)
    losses = model.history_["validation_loss"]
    assert losses[-1] > min(losses)


def test_impossible_conditions_are_refused() -> None:
    only = MPSBornMachine(bond=2, sweeps=40).fit([[0, 0], [1, 1]])
    only.tensors_ = tuple(np.eye(2).reshape(s) for s in ((1, 2, 2), (2, 2, 1)))
    with pytest.raises(ArgumentError, match="has probability 0 under the model"):
        only.sample(1, given={0: 0, 1: 1})


def test_bad_parameters_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`fraction` must be a finite number in \(0, 1\]"):
        MPSBornMachine(fraction=0).fit([[0, 1], [1, 0]])


def pairs(count: int, seed: int = 0) -> np.ndarray:
    """Return rows whose columns 0 and 5, 1 and 4, 2 and 3 mostly agree; the last is 0."""
    rng = np.random.default_rng(seed)
    half = rng.integers(0, 2, (count, 3))
    other = half ^ (rng.random((count, 3)) < 0.1)
    return np.hstack([half, other[:, ::-1], np.zeros((count, 1), dtype=np.int64)])


@pytest.fixture(scope="module")
def grown() -> MPSBornMachine:
    return MPSBornMachine().fit(pairs(1500))


EVERY = np.array(list(itertools.product((0, 1), repeat=7)))


def test_a_default_machine_learns_order_bond_and_background(grown: MPSBornMachine) -> None:
    assert grown.recipe_.name.startswith("growth, ")
    settings = grown.recipe_.settings
    assert settings["order"] != "given"
    assert settings["bond"] <= 4
    assert 0 < settings["mixture"] < 0.1
    places = np.argsort(grown.order_)
    assert [abs(places[i] - places[5 - i]) for i in range(3)] == [1, 1, 1]
    truth = 3 * (-np.log(2) + 0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert grown.score(pairs(1500, seed=1)) == pytest.approx(truth, abs=0.03)
    lengths = {len(values) for values in grown.history_.values()}
    assert lengths == {len(grown.history_["validation_loss"])}


def test_no_value_is_impossible_with_a_background(grown: MPSBornMachine) -> None:
    assert grown.levels_ == (2,) * 7
    p = np.exp(grown.score_samples(EVERY))
    assert p.sum() == pytest.approx(1)
    assert p.min() > 0
    never = EVERY[:, 6] == 1
    assert p[never].sum() == pytest.approx(grown.background_.weight / 1502)
    weight = grown.background_.weight
    q = np.exp(grown.background_.log_p(EVERY))
    pure = np.abs(grown.state(smoothed=False).amplitudes(EVERY[:, grown.order_])) ** 2
    assert p == pytest.approx((1 - weight) * pure + weight * q)


def test_the_state_of_a_default_machine_gives_every_row_amplitude(grown: MPSBornMachine) -> None:
    state, plain = grown.state(), grown.state(smoothed=False)
    assert state.max_bond == plain.max_bond + 1
    assert state.origin.columns == tuple(grown.order_)
    p, pure = (np.abs(s.amplitudes(EVERY[:, grown.order_])) ** 2 for s in (state, plain))
    assert pure.min() == 0 < p.min()
    rows = pairs(1000, seed=3)
    losses = [-np.log(q[rows @ (1 << np.arange(6, -1, -1))]).mean() for q in (p, pure)]
    assert losses[0] <= losses[1] + 1e-3


def test_a_grown_machine_comes_back_from_a_file(grown: MPSBornMachine, tmp_path: Path) -> None:
    _io.save(grown, tmp_path / "born.qtn")
    back = _io.load(tmp_path / "born.qtn")
    assert (back.score_samples(EVERY) == grown.score_samples(EVERY)).all()
    assert (back.order_ == grown.order_).all()
    assert (back.sample(9, seed=1) == grown.sample(9, seed=1)).all()
    assert back.recipe_.why == grown.recipe_.why
    assert back.state().fidelity(grown.state()) == pytest.approx(1, abs=1e-12)
    assert back.background_.coherent == grown.background_.coherent


def test_rows_for_validation_are_not_trained_on() -> None:
    rows, others = pairs(300), pairs(200, seed=2)
    model = MPSBornMachine(4, recipe="search", order="given").fit(rows, validation=others)
    assert model.order_.tolist() == list(range(7))
    assert -model.score(others) == pytest.approx(min(model.history_["validation_loss"]), abs=1e-6)
    by_hand = MPSBornMachine(2, sweeps=4).fit(rows, validation=others)
    assert -by_hand.score(others) == pytest.approx(min(by_hand.history_["validation_loss"]))
    with pytest.raises(ArgumentError, match="`validation` cannot be used: X has 2 features"):
        MPSBornMachine().fit(rows, validation=others[:, :2])
    with pytest.raises(ArgumentError, match="`validation` must hold integers of 0 … 63"):
        MPSBornMachine(bins=None).fit(rows, validation=others + 0.5)


def test_a_larger_bond_never_ends_worse_on_rows_held_out() -> None:
    rows, others = pairs(80), pairs(200, seed=2)
    losses = [
        -MPSBornMachine(bond, recipe="search").fit(rows, validation=others).score(others)
        for bond in (2, 3, 8)
    ]
    assert losses[0] >= losses[1] - 1e-9 >= losses[2] - 2e-9


def test_a_row_that_weighs_twice_stands_twice_also_where_bonds_grow() -> None:
    rows = pairs(60)
    weights = np.arange(60) % 3
    one = MPSBornMachine().fit(rows, sample_weight=weights)
    two = MPSBornMachine().fit(np.repeat(rows, weights, axis=0)[::-1])
    assert one.score_samples(EVERY) == pytest.approx(two.score_samples(EVERY), abs=1e-9)


def test_an_order_is_obeyed_and_chosen_beside_settings_by_hand() -> None:
    rows = pairs(300)
    model = MPSBornMachine(2, sweeps=2, order=[6, 5, 4, 3, 2, 1, 0]).fit(rows)
    assert model.order_.tolist() == [6, 5, 4, 3, 2, 1, 0]
    p = np.exp(model.score_samples(EVERY))
    assert p.sum() == pytest.approx(1)
    assert (model.sample(50, given={0: 1})[:, 0] == 1).all()
    auto = MPSBornMachine(2, sweeps=2, order="auto").fit(rows)
    assert auto.recipe_.settings["order"] != "given"
    with pytest.raises(ArgumentError, match="`order` must be"):
        MPSBornMachine(order="best").fit(rows)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mixture": 1.0}, "`mixture` must be a finite number in"),
        ({"mixture": None}, "`mixture` must be a finite number in"),
        ({"recipe": "grow"}, "`recipe` must be"),
        ({"polish": -1}, "`polish` must be an integer of at least 0"),
        ({"bond": None}, "`bond` must be a value, or"),
    ],
)
def test_bad_settings_of_growth_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MPSBornMachine(**settings).fit(pairs(20))
