"""Training: what is held out, what changes it, and which parameters are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sentences import made, sentences

from qtn.errors import ArgumentError


def test_a_validation_share_chooses_the_epoch() -> None:
    model = made(validation_fraction=0.3, epochs=6, patience=2).fit(*sentences())
    losses = model.history_["validation_loss"]
    assert model.best_epoch_ == 1 + int(np.argmin(losses))
    assert model.status_ in ("completed", "stopped early")


def test_the_scatter_of_shots_is_that_of_counts() -> None:
    x, y = sentences()
    model = made(shots=100).fit(x, y)
    codes, numbers = model._coded(x), np.searchsorted(model.classes_, y)
    target, ones = torch.from_numpy(numbers), torch.ones(len(x))
    seen: list[Any] = []
    model.network_.logits = lambda p: (seen.append(p), p)[1]  # type: ignore[method-assign]
    with torch.no_grad():
        for step in (None, *range(300)):
            model._loss(codes, target, ones, step)
    exact, drawn = seen[0].double(), torch.stack(seen[1:]).double()
    assert (drawn.sum(dim=2) - 1).abs().max() < 1e-5
    expected = (exact * (1 - exact) / 100).sqrt()
    assert (drawn.std(dim=0) / expected - 1).abs().max() < 0.25


def test_more_starts_than_one_keep_the_best() -> None:
    x, y = sentences()
    losses = [made(epochs=10, starts=n).fit(x, y).history_["loss"][0] for n in (1, 4)]
    assert losses[1] < losses[0]  # what goes on has been trained for an epoch


def test_shifts_weights_and_gate_noise_change_the_training() -> None:
    x, y = sentences()
    plain = made().fit(x, y).predict_proba(x)
    for changed in (made(shifts=2).fit(x, y), made(gate_noise=0.3).fit(x, y),
                    made().fit(x, y, sample_weight=np.arange(1, 41))):  # fmt: skip
        assert not np.allclose(changed.predict_proba(x), plain)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"arch": "ring"}, "`arch` must be one of 'tree', 'path'"),
        ({"sharing": "none"}, "`sharing` must be one of"),
        ({"boxes": 2}, '`boxes` must be None unless sharing="level"'),
        ({"boxes": 0, "sharing": "level"}, "`boxes` must be a positive integer"),
        ({"shots": 0}, "`shots` must be a positive integer"),
        ({"starts": 0}, "`starts` must be a positive integer"),
        ({"closure": "cups"}, "`closure` must be one of 'discard', 'post-select'"),
        ({"units": "bytes"}, "`units` must be one of 'words', 'characters'"),
        ({"wires": 3}, "`wires` must be a positive integer and at most 2"),
        ({"memory": 2}, "`memory` must be None for a tree"),
        ({"arch": "path", "wires": 2, "memory": 1}, "`memory` must be an integer of at least 2"),
        ({"arch": "path", "sharing": "level"}, '`sharing` must be "uniform" or "position" for a'),
        ({"calibrate": 1}, "`calibrate` must be True or False"),
        ({"hidden": 1.0}, "`hidden` must be a finite number"),
        ({"max_length": 0}, "`max_length` must be a positive integer"),
        ({"max_length": 2}, "has 4 tokens, but the model has boxes for 2 only"),
        ({"gate_noise": -1}, "`gate_noise`"),
        ({"epochs": 0}, "`epochs`"),
        ({"learning_rate": 0.0}, "`learning_rate`"),
        ({"shifts": -1}, "`shifts`"),
        ({"seed": -1}, "`seed`"),
        ({"progress": "yes"}, "`progress`"),
    ],
)
def test_parameters_are_checked_in_fit(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        made(**settings).fit(*sentences())
