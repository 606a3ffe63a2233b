"""What files keep of an estimator."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine, MPSClassifier, TTNClassifier
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)


def test_parameters_pass_through_json() -> None:
    model = TTNClassifier(np.int64(3), shape=(2, 2), class_weight={np.int64(0): 2.0, 1: 1.0})
    packed = json.loads(json.dumps(packed_parameters(model.get_params(), 0)))
    back = TTNClassifier(**unpacked_parameters(packed)).get_params()
    assert back == {**model.get_params(), "shape": [2, 2], "class_weight": {0: 2.0, 1: 1.0}}


def test_where_a_run_wrote_is_told_to_nobody() -> None:
    model = MPSClassifier(checkpoint="/home/me/run.qtn")
    assert packed_parameters(model.get_params(), 0)["checkpoint"] is None
    assert unpacked_parameters({"checkpoint": "/home/you/run.qtn"}) == {"checkpoint": None}
    assert "checkpoint" not in packed_parameters(MPSBornMachine().get_params(), 0)


def test_of_a_generator_the_seed_is_kept_that_it_gave() -> None:
    rows = np.array([[0, 1], [1, 0]])
    model = MPSBornMachine(2, sweeps=1, random_state=np.random.default_rng(0)).fit(rows)
    packed = packed_parameters(model.get_params(), model._seed)
    assert packed["random_state"] is None
    again = MPSBornMachine(**packed).fit(rows)
    assert np.array_equal(again.tensors_[0], model.tensors_[0])


def test_columns_come_back_with_their_names() -> None:
    model, empty = MPSClassifier(), MPSClassifier()
    restore_columns(model, 2, ["age", "height"])
    assert model.n_features_in_ == 2
    assert column_names(model) == ["age", "height"]
    restore_columns(empty, 3, None)
    assert column_names(empty) is None
    with pytest.raises(ArgumentError, match="`column_names` must be 3 names"):
        restore_columns(empty, 3, ["age"])
    with pytest.raises(ArgumentError, match="`columns` must be a positive integer"):
        restore_columns(empty, 0, None)


@pytest.mark.parametrize(
    "history", [None, {"loss": 1.0}, {"loss": ["low"]}, {"loss": [True]}, {"a": [1], "b": []}]
)
def test_a_history_of_anything_but_numbers_is_refused(history: Any) -> None:
    assert checked_history({"loss": [1.0, 0.5], "seconds": [2, 1]})["loss"] == [1.0, 0.5]
    with pytest.raises(ArgumentError, match="lists of numbers of one length"):
        checked_history(history)
