"""The settings of isometric models: circuits of matrices, or of two-qubit blocks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from qtn._checks import bounded_int, choice, fail, positive_int, real
from qtn.errors import ArgumentError
from qtn.models.recipes.settings import is_auto

NODES = ("matrices", "blocks")
# What "auto" means for circuits of blocks. Chosen on splits of the digits by themselves.
_BLOCKS: Mapping[str, Any] = MappingProxyType({"batch_size": 128, "learning_rate": 0.1})
_TREE: Mapping[str, Any] = MappingProxyType(
    {**_BLOCKS, "bond": 4, "depth": 2, "epochs": 100, "shots": 2500}
)
_CHAIN: Mapping[str, Any] = MappingProxyType(
    {**_BLOCKS, "bond": 16, "depth": 1, "epochs": 60, "shots": None}
)


def check_circuit(model: Any) -> None:
    """Raise `ArgumentError` unless the settings of a circuit can be used.

    Args:
        model: a classifier.
    """
    choice("nodes", model.nodes, NODES)
    if model.depth is None:
        raise fail("depth", 'a number of rounds, or "auto"', None)
    if not is_auto(depth := model._setting("depth")):
        bounded_int("depth", depth, 0)
    if shots_of(model) is not None:
        positive_int("shots", shots_of(model))
    real("gate_noise", model.gate_noise, 0.0, 0.99)
    real("readout_noise", model.readout_noise, 0.0, 0.49)
    if model.isometric:
        return
    given = [name for name in ("gate_noise", "readout_noise") if getattr(model, name)]
    given += ["nodes"] * (model.nodes != NODES[0]) + ["shots"] * (not is_auto(model.shots))
    if given:
        raise ArgumentError(
            f"Argument `{given[0]}` is for isometric models, which are circuits, but is "
            f"{getattr(model, given[0])!r} with isometric=False. Leave it out, or set "
            "isometric=True."
        )


def in_blocks(model: Any) -> bool:
    """Return whether a model is a circuit of two-qubit blocks."""
    # Asked before the settings are checked: they may be anything.
    isometric, nodes = (getattr(model, name, None) for name in ("isometric", "nodes"))
    circuit = isinstance(isometric, bool | np.bool_) and bool(isometric)
    return circuit and isinstance(nodes, str) and nodes == NODES[1]


def shots_of(model: Any) -> int | None:
    """Return the shots whose scatter a training has; None: it is exact."""
    found = model.shots
    if is_auto(found) and found is not None:
        found = model._setting("shots")
    return None if is_auto(found) else found


def circuit_fixed(model: Any) -> Mapping[str, Any] | None:
    """Return what "auto" means for a circuit of blocks; None for other models."""
    if not in_blocks(model):
        return None
    return {**model.FIXED, **(_TREE if hasattr(model, "tree") else _CHAIN)}


def width_of(model: Any) -> int:
    """Return the number of qubits that hold an isometric model's bond."""
    return int(model._setting("bond")).bit_length() - 1
