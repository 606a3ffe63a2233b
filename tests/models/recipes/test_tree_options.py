"""Trees that models learn from the columns of their rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, TTNClassifier, TTNRegressor
from qtn.models.recipes.tree_options import structures_of
from qtn.models.structure.linkages import information_tree

QUICK: dict[str, Any] = {"bond": 4, "epochs": 2, "progress": False}


def distant_pairs(rows: int = 300, columns: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Columns that nearly repeat the one half a table away, and the parity of the first two."""
    rng = np.random.default_rng(0)
    half = rng.integers(0, 2, (rows, columns // 2))
    other = np.where(rng.random(half.shape) < 0.1, 1 - half, half)
    return np.hstack([half, other]).astype(float), half[:, 0] ^ half[:, 1]


@pytest.mark.parametrize("name", ["linkage", "chow-liu"])
@pytest.mark.parametrize("kind", [TTNClassifier, TTNRegressor])
def test_a_learned_tree_is_that_of_the_rows_and_travels(
    kind: Any, name: str, tmp_path: Path
) -> None:
    x, y = distant_pairs()
    model = kind(tree=name, **QUICK).fit(x, y)
    assert model.tree_ == information_tree(name, x, np.ones(len(x)))
    if name == "linkage":
        assert {(0, 4), (1, 5)} <= {tuple(sorted(pair)) for pair in model.tree_}
    state = model.state(label=1) if kind is TTNClassifier else model.state()
    assert state.pairs == model.tree_
    qtn.save(model, tmp_path / "tree.qtn")
    back = qtn.load(tmp_path / "tree.qtn")
    assert back.tree_ == model.tree_
    assert (back.predict(x) == model.predict(x)).all()


def test_what_is_best_on_rows_held_out_is_taken() -> None:
    x, y = distant_pairs(600)
    model = TTNClassifier(bond=2, tree="auto", epochs=8, learning_rate=2e-2, progress=False)
    model.fit(x, y)
    assert model.recipe_.settings["tree"] in ("balanced", "linkage", "chow-liu")
    assert model.recipe_.name == "by hand"
    again = TTNClassifier(tree=model.recipe_.settings["tree"], progress=False, bond=2, epochs=8,
                          learning_rate=2e-2).fit(x, y)  # fmt: skip
    assert again.tree_ == model.tree_


def test_which_structures_there_are() -> None:
    assert structures_of(MPSClassifier()) == ("order", ("given", "walk", "fiedler"))
    assert structures_of(TTNClassifier()) == ("tree", ("balanced", "linkage", "chow-liu"))
    assert structures_of(TTNClassifier(shape=(2, 2)))[1][0] == "patches"
    assert structures_of(TTNClassifier(features="amplitude"))[1] == ("balanced",)


def test_images_and_trees_given_are_left_alone() -> None:
    x, y = distant_pairs(100)
    assert TTNClassifier(shape=(2, 4), **QUICK).fit(x, y).tree_[0] == (0, 1)
    assert TTNClassifier(**QUICK).fit(x, y).tree_[:2] == ((0, 1), (2, 3))  # by hand: balanced


def test_columns_that_share_a_site_have_no_tree_to_learn() -> None:
    x, y = distant_pairs(40)
    with pytest.raises(ArgumentError, match='must be given or "balanced" where sites hold several'):
        TTNClassifier(tree="linkage", features="amplitude", **QUICK).fit(x, y)


def test_a_file_without_pairs_holds_the_tree_of_its_parameter(tmp_path: Path) -> None:
    x, y = distant_pairs(40)
    model = TTNClassifier(**QUICK).fit(x, y)
    arrays, header = model.pack()
    del header["pairs"]
    assert TTNClassifier.unpack(arrays, header).tree_ == model.tree_
    with pytest.raises(ArgumentError, match="`tree` must join 8 sites"):
        TTNClassifier.unpack(arrays, header | {"pairs": [[0, 1]]})


def test_a_learned_tree_is_deployed_and_compiled_as_it_is() -> None:
    x, y = distant_pairs(200, columns=4)
    model = TTNClassifier(tree="linkage", **QUICK).fit(x, y)
    assert model.tree_ != ((0, 1), (2, 3), (4, 5))
    assert {(0, 2), (1, 3)} <= {tuple(sorted(pair)) for pair in model.tree_}
    quantum = qtn.deploy(model, qtn.Tree(0.5), device="tensor", progress=False)
    gap = np.abs(quantum.ideal_scores(x[:5]) - model.scores(x[:5])).max()
    assert gap <= 2 * np.sqrt(max(c.infidelity for c in quantum.compiled)) + 1e-5
