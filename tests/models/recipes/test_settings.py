"""Settings given, chosen and fixed; the recipe as an object."""

from __future__ import annotations

import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models.recipes.settings import Recipe, is_auto


def test_a_setting_is_what_is_given_else_chosen_else_fixed() -> None:
    model = qtn.MPSClassifier(bond=5)
    assert (model._setting("bond"), model._setting("epochs")) == (5, 60)
    model._chosen = {"epochs": 7, "bond": 6}
    assert (model._setting("bond"), model._setting("epochs")) == (5, 7)
    assert model._given() == {"bond": 5}
    assert not model._searches()
    assert qtn.MPSClassifier(seed=3, rescale=True, class_weight="balanced")._searches()
    assert qtn.MPSClassifier(bond=5, recipe="search")._searches()
    assert not qtn.MPSClassifier(isometric=True)._searches()
    assert [is_auto(v) for v in (None, "auto", 0, "walk")] == [True, True, False, False]
    with pytest.raises(ArgumentError, match="`recipe` must be one of 'auto', 'search', 'fixed'"):
        qtn.MPSClassifier(recipe="best").fit([[0.0], [1.0]], [0, 1])


def test_a_recipe_is_one_line_and_comes_back_from_a_file() -> None:
    recipe = Recipe("legendre", {"bond": 8, "order": (1, 0)}, "loss 0.1", (("legendre", 0.1),))
    assert repr(recipe) == "Recipe(legendre: loss 0.1)"
    assert Recipe.unpack(recipe.pack()).settings == {"bond": 8, "order": [1, 0]}
    for wrong in (None, {}, recipe.pack() | {"settings": {"device": "cuda"}}):
        with pytest.raises(ArgumentError, match="`recipe` must be the recipe of a fit"):
            Recipe.unpack(wrong)
    with pytest.raises(ArgumentError, match="the recipe of a fit"):
        Recipe.unpack(recipe.pack() | {"tried": [[1, 2, 3]]})


@pytest.mark.parametrize("name", ["bond", "epochs", "ridge"])
def test_none_is_no_setting(name: str) -> None:
    with pytest.raises(ArgumentError, match=f'`{name}` must be a value, or "auto", but is None'):
        qtn.MPSClassifier(**{name: None}).fit([[0.0], [1.0]], [0, 1])
    assert qtn.MPSClassifier(loss=None, generative=None)._check_none() is None
