"""Candidates by the shape of the table."""

from __future__ import annotations

import pytest

import qtn
from qtn.models.recipes.candidates import Table, chain_classifiers, chain_regressors, tree_models


@pytest.mark.parametrize("table", [Table(150, 4, 3), Table(5000, 54, 7), Table(400, 500, 2)])
def test_candidates_are_settings_of_the_constructor(table: Table) -> None:
    for kind, found in (
        (qtn.MPSClassifier, chain_classifiers(table)),
        (qtn.MPSRegressor, chain_regressors(table)),
        (qtn.TTNClassifier, tree_models(table, {"loss": "softmax"})),
    ):
        assert len({name for name, _ in found}) == len(found) >= 2
        for _, settings in found:
            kind(**settings)._check_parameters()
            assert settings["epochs"] <= 40


def test_the_shape_decides() -> None:
    names = [name for name, _ in chain_classifiers(Table(3000, 40, 2))]
    assert names == ["polynomial", "legendre on quantiles, jitter"]
    for longer_or_binary in (Table(3000, 65, 2), Table(3000, 40, 2, binary=True)):
        names = [name for name, _ in chain_classifiers(longer_or_binary)]
        assert names == ["polynomial", "trigonometric"]
    wide = dict(chain_classifiers(Table(400, 500, 2)))["polynomial"]
    narrow = dict(chain_classifiers(Table(400, 20, 2)))["polynomial"]
    assert (wide["start"], narrow["start"]) == ("screened", "linear")
    assert wide["learning_rate"] < narrow["learning_rate"] / 10
    assert any("3 sites" in name for name, _ in chain_classifiers(Table(400, 2, 2)))
    assert not any("sites" in name for name, _ in chain_classifiers(Table(100, 2, 2)))
    assert [settings["epochs"] for name, settings in chain_regressors(Table(99, 9, 1))][-1] == 0
