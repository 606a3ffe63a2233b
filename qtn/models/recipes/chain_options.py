"""The settings that all chains share, and what they are where training is set by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from qtn._checks import bounded_int, choice, positive_int, real
from qtn.models.networks.chain_starts import LINEAR_RIDGE, Start
from qtn.models.recipes.settings import Settings, is_auto

CHAIN_FIXED: dict[str, Any] = {
    "bond": 8,
    "epochs": 60,
    "batch_size": 64,
    "start": "auto",
    "noise": 1e-2,
    "ridge": LINEAR_RIDGE,
    "copies": None,
    "order": None,
    "jitter": 0.0,
}
# The most sites that hold one and the same column.
MOST_COPIES = 16


def check_chain_settings(model: Settings, starts: Collection[str]) -> None:
    """Raise `ArgumentError` unless bond, start, noise and ridge can be used."""
    positive_int("bond", model._setting("bond"), way_out="8 is a good first choice.")
    choice("start", model._setting("start"), starts)
    real("noise", model._setting("noise"), 0.0)
    if not is_auto(copies := model._setting("copies")):
        bounded_int("copies", copies, 1, MOST_COPIES)
    real("ridge", model._setting("ridge"), 0.0, open_low=True)


def chain_settings(model: Settings, seed: int) -> Start:
    """Return how the chain of a model starts."""
    kind, noise, ridge = (model._setting(name) for name in ("start", "noise", "ridge"))
    return Start(kind, noise, seed, ridge)
