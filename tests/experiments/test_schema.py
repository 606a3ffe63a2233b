"""Recipes: what sections need, and what their digest is made of."""

from __future__ import annotations

import pytest

from qtn.experiments import read_recipe
from qtn.experiments.schema import NEEDS, STEPS, Recipe

GHZ = {"state": "ghz", "qubits": 4}


def test_steps_stand_in_the_order_in_which_they_are_made() -> None:
    recipe = read_recipe({"run": {}, "compile": {}, "target": GHZ})
    assert recipe.steps == ("target", "compile", "run")
    assert set(NEEDS) <= set(STEPS)
    assert read_recipe({}).steps == ()


def test_words_and_the_order_of_keys_do_not_change_the_digest() -> None:
    plain = read_recipe({"target": GHZ, "seed": 1})
    told = read_recipe({"title": "A state", "seed": 1, "target": dict(reversed(GHZ.items()))})
    assert plain.digest == told.digest
    assert plain.digest != read_recipe({"target": GHZ, "seed": 2}).digest


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_recipe({"target": GHZ}).seed = 3  # type: ignore[misc]


def test_techniques_are_names_or_tables() -> None:
    content = {
        "target": GHZ,
        "compile": {},
        "run": {},
        "mitigate": {"techniques": ["Readout", {"name": "ZNE", "factors": [1, 3]}]},
    }
    found = read_recipe(content).mitigate
    assert found is not None
    assert [t.name for t in found.techniques] == ["Readout", "ZNE"]
    assert found.techniques[1].options == {"factors": [1, 3]}


def test_every_section_is_described() -> None:
    text = Recipe.__doc__ or ""
    assert all(f"{name}:" in text for name in Recipe.model_fields)
