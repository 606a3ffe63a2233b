from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.models import TTNBornMachine
from qtn.models.structure.linkages import information_tree
from qtn.models.sweeps.tree_starts import chow_liu_density


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


@pytest.mark.parametrize("shape", [None, (4, 4)])
def test_bars_and_stripes_reach_the_bound(shape: tuple[int, int] | None) -> None:
    rows = bars_and_stripes(4)
    model = TTNBornMachine(bond=16, shape=shape).fit(rows)
    assert -model.score(rows) == pytest.approx(np.log(30), abs=1e-6)
    assert model.status_ == "converged"


def test_own_trees_are_taken() -> None:
    tree = ((3, 1), (0, 4), (5, 2))
    rows = np.random.default_rng(0).integers(0, 2, (20, 4))
    model = TTNBornMachine(bond=4, tree=tree).fit(rows)
    assert model.state().pairs == tree


def test_one_column_is_no_tree() -> None:
    with pytest.raises(ArgumentError, match="at least two columns for a tree"):
        TTNBornMachine().fit([[0], [1]])


def test_bad_tree_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`tree` must be"):
        TTNBornMachine(tree="oak").fit([[0, 1], [1, 0]])


def distant_pairs(count: int = 1200, columns: int = 6) -> np.ndarray:
    """Bits of a chain that flips rarely, each followed half a table away by a noisy copy."""
    rng = np.random.default_rng(0)
    half = np.cumsum(rng.random((count, columns // 2)) < 0.3, axis=1) % 2
    return np.hstack([half, np.where(rng.random(half.shape) < 0.1, 1 - half, half)])


@pytest.fixture(scope="module")
def grown() -> TTNBornMachine:
    return TTNBornMachine(progress=False).fit(distant_pairs())


def test_a_default_learns_its_tree_and_says_so(grown: TTNBornMachine) -> None:
    settings = grown.recipe_.settings
    assert settings["tree"] in ("linkage", "chow-liu")
    assert settings["tree"] in grown.recipe_.name
    names = {name.split(", bond")[0] for name, _ in grown.recipe_.tried}
    assert names >= {"balanced", "linkage", "linkage, rewired", "chow-liu", "chow-liu, rewired"}
    assert grown.history_["bond"][0] == 2
    assert sorted(grown.history_["bond"]) == grown.history_["bond"]


def test_it_beats_the_best_tree_of_pairs() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.integers(0, 2, (1600, 1))
    table = (rng.random((1600, 8)) < np.where(hidden, 0.85, 0.15)).astype(int)
    rows, others = table[:1200], table[1200:]
    pairs = information_tree("chow-liu", rows.astype(float))
    tensors = chow_liu_density(pairs, rows, np.ones(1200), (2,) * 8, 1.0)
    chow_liu = 2 * qtn.TTN(tuple(tensors), pairs).log_amplitudes(others)[1].mean()
    assert TTNBornMachine(progress=False).fit(rows).score(others) > chow_liu + 0.1


def test_probabilities_of_a_learned_tree_sum_to_one(grown: TTNBornMachine) -> None:
    every = np.array(list(itertools.product((0, 1), repeat=6)))
    p = np.exp(grown.score_samples(every))
    assert p.sum() == pytest.approx(1, abs=1e-12)
    pure = grown.state(smoothed=False)
    assert pure.pairs == grown.tree_
    amplitudes, weight = pure.amplitudes(every), grown.background_.weight
    q = np.exp(grown.background_.log_p(every))
    assert p == pytest.approx((1 - weight) * amplitudes**2 + weight * q, abs=1e-12)
    assert grown.state().norm() == pytest.approx(1)


def test_samples_with_columns_given_follow_the_enumerated_conditionals(
    grown: TTNBornMachine,
) -> None:
    every = np.array(list(itertools.product((0, 1), repeat=6)))
    p = np.exp(grown.score_samples(every))
    given = {1: 1, 5: 0}
    fits = (every[:, 1] == 1) & (every[:, 5] == 0)
    wanted = p[fits] / p[fits].sum()
    drawn, shots = grown.sample(20_000, seed=3, given=given), 20_000
    assert (drawn[:, [1, 5]] == [1, 0]).all()
    codes, weights = drawn @ 2 ** np.arange(6), every[fits] @ 2 ** np.arange(6)
    found = np.array([(codes == w).mean() for w in weights])
    assert (np.abs(found - wanted) < 5 * np.sqrt(wanted / shots) + 5 / shots).all()


def test_a_learned_tree_travels_into_files_and_circuits(
    grown: TTNBornMachine, tmp_path: Path
) -> None:
    qtn.save(grown, tmp_path / "tree.qtn")
    back = qtn.load(tmp_path / "tree.qtn")
    rows = distant_pairs()[:50]
    assert back.tree_ == grown.tree_
    assert (back.score_samples(rows) == grown.score_samples(rows)).all()
    assert back.recipe_.settings["tree"] == grown.recipe_.settings["tree"]
    state = grown.state(smoothed=False)
    short = qtn.compile(state, qtn.Tree(0.5), seed=0, progress=False)
    vector = Statevector(short.circuit).data
    assert abs(vector.conj() @ state.to_dense()) ** 2 == pytest.approx(short.fidelity, abs=1e-9)
    assert short.fidelity > 0.9


def test_the_same_seed_gives_the_same_tree(grown: TTNBornMachine) -> None:
    again = TTNBornMachine(progress=False).fit(distant_pairs())
    assert again.tree_ == grown.tree_
    assert all((a == b).all() for a, b in zip(again.tensors_, grown.tensors_, strict=True))


def test_settings_are_obeyed() -> None:
    rows = distant_pairs(400)
    patches = TTNBornMachine(shape=(2, 3), progress=False).fit(rows)
    assert patches.tree_[0] == (0, 1)
    assert patches.recipe_.settings["tree"] == "patches"
    plain = TTNBornMachine(tree="linkage", rewired=False, progress=False).fit(rows)
    assert plain.tree_ == information_tree("linkage", rows.astype(float))
    assert {name.split(", bond")[0] for name, _ in plain.recipe_.tried} == {"linkage"}
    upto = TTNBornMachine(bond=3, recipe="search", rewired=True, progress=False).fit(rows)
    assert max(upto.history_["bond"]) <= 3
    by_hand = TTNBornMachine(bond=3, tree="auto", sweeps=2, progress=False).fit(rows)
    assert by_hand.recipe_.name == "by hand"
    assert by_hand.recipe_.settings["tree"] in ("balanced", "linkage", "chow-liu")


def test_a_tree_cannot_be_rewired_by_hand() -> None:
    with pytest.raises(ArgumentError, match=r"`rewired` must be .auto. or False where training"):
        TTNBornMachine(bond=4, rewired=True).fit(distant_pairs(30))
    with pytest.raises(ArgumentError, match="`rewired` must be"):
        TTNBornMachine(rewired="yes").fit(distant_pairs(30))


def test_columns_of_many_values_grow_too() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 1)) + 0.3 * rng.normal(size=(300, 5))
    model = TTNBornMachine(progress=False).fit(real)
    assert set(model.levels_) == {8}
    assert model.score(real) > 5 * -np.log(8) + 1
