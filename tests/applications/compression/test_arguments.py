"""What the doors refuse: networks, rows, targets, layouts, budgets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import qtn
from qtn.applications.compression import Layout
from qtn.applications.compression.arguments import rows_of, targets_of
from qtn.errors import ArgumentError


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))


def poisoned() -> nn.Module:
    found = network()
    with torch.no_grad():
        found[0].weight[1, 1] = float("nan")
    return found


def tied() -> nn.Module:
    found = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    found[1].weight = found[0].weight
    return found


X = np.ones((5, 8))
Y = np.array([0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: qtn.compress_layers("net", 50), "`network` must be a torch.nn.Module"),
        (lambda: qtn.compress_layers(poisoned(), 50), "finite numbers only, but 0.weight does not"),
        (lambda: qtn.compress_layers(nn.Linear(8, 8, device="meta"), 50), "no values for weight"),
        (lambda: qtn.compress_layers(nn.ReLU(), 50), "has no layer to compress"),
        (lambda: qtn.compress_layers(tied(), 50), "has no layer to compress"),
        (lambda: qtn.compress_layers(network(), 20), "`parameters` is .* below the smallest cores"),
        (lambda: qtn.compress_layers(network(), 0), "`parameters` must be a positive integer"),
        (lambda: qtn.compress_layers(network()), "`parameters` must be a positive integer where"),
        (lambda: qtn.compress_layers(network(), 70, leave=("9",)), "`leave` must be names of"),
        (lambda: qtn.compress_layers(network(), 70, leave=("0", "2")), "no layer to compress"),
        (lambda: qtn.compress_layers(network(), 70, layouts="tucker"), 'a number of cores, "low-'),
        (lambda: qtn.compress_layers(network(), 70, layouts=1), "`layouts` must be at least 2"),
        (lambda: qtn.compress_layers(network(), 70, layouts={}), "at least one layer"),
        (lambda: qtn.compress_layers(network(), 70, layouts={"1": 2}), "Layers: 0, 2"),
        (
            lambda: qtn.compress_layers(network(), 70, layouts={"0": 2}),
            "names to Layout",
        ),
        (
            lambda: qtn.compress_layers(network(), 70, layouts={"0": Layout((2, 2), (2, 4))}),
            "splits 0 into 4 outputs and 8 inputs, but it has 8 and 8",
        ),
        (
            lambda: qtn.compress_layers(network(), 70, layouts={"0": Layout((8,), (8,))}),
            "layouts of at least 2 cores",
        ),
        (lambda: qtn.compress_layers(network(), 70, calibration=X[:, :5]), "refuses one of shape"),
        (lambda: qtn.compress_layers(network(), 70, calibration=X[0]), "array of rows for the"),
        (lambda: qtn.compress_layers(network(), 70, calibration=X * np.nan), "finite numbers only"),
        (
            lambda: qtn.compress_layers(network(), 70, calibration=torch.full((2, 8), torch.nan)),
            "`calibration` must be an array of finite numbers",
        ),
        (lambda: qtn.compress_layers(network(), 70, sensitivity={"0": 1}), "layer_sensitivity ret"),
        (lambda: qtn.layer_sensitivity(network(), X, Y[:4]), "one target for each of 5 rows"),
        (lambda: qtn.layer_sensitivity(network(), X, Y - 1), "labels 0, 1"),
        (lambda: qtn.layer_sensitivity(network(), X, Y + 1), "must fit the outputs of the network"),
        (lambda: qtn.layer_sensitivity(network(), X, X), "must fit the outputs of the network"),
        (lambda: qtn.layer_sensitivity(network(), X, Y, parts=()), "at least one number"),
        (lambda: qtn.layer_sensitivity(network(), X, Y, parts=(1.5,)), r"number in \(0, 1\]"),
        (
            lambda: qtn.compress_layers(network(), 70).heal(X, Y > 0),
            "labels 0, 1, … of",
        ),
        (lambda: qtn.compress_layers(network(), 70).heal(X, Y, epochs=0), "`epochs` must be a pos"),
        (
            lambda: qtn.compress_layers(network(), 70).heal(X, Y, rate=0.0),
            "`rate` must be a",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call: object, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        call()


def test_rows_and_targets_take_the_types_of_the_network() -> None:
    double = network().double()
    assert rows_of("x", np.ones((2, 8), np.float32), double).dtype == torch.float64
    assert rows_of("x", np.ones((2, 8), int), double).dtype == torch.int64
    rows = rows_of("x", X, double)
    assert targets_of("y", Y.astype(np.uint8), rows).dtype == torch.int64
    assert targets_of("y", torch.ones(5, 3), rows).dtype == torch.float64
