"""The settings of isometric models: circuits of matrices, or of two-qubit blocks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qtn._checks import bounded_int, choice, real
from qtn.errors import ArgumentError

NODES = ("matrices", "blocks")
# What "auto" means for circuits of blocks. Chosen on splits of the digits by themselves.
_BLOCKS: Mapping[str, Any] = MappingProxyType(
    {"epochs": 100, "batch_size": 128, "learning_rate": 0.1}
)
_BOND = {"tree": 4, "order": 16}


def check_circuit(model: Any) -> None:
    """Raise `ArgumentError` unless the settings of a circuit can be used.

    Args:
        model: a classifier.
    """
    choice("nodes", model.nodes, NODES)
    bounded_int("depth", model.depth, 0)
    real("gate_noise", model.gate_noise, 0.0, 0.99)
    real("readout_noise", model.readout_noise, 0.0, 0.49)
    if model.isometric:
        return
    for name, none in (("nodes", NODES[0]), ("gate_noise", 0.0), ("readout_noise", 0.0)):
        if getattr(model, name) != none:
            raise ArgumentError(
                f"Argument `{name}` is for isometric models, which are circuits, but is "
                f"{getattr(model, name)!r} with isometric=False. Leave it out, or set "
                "isometric=True."
            )


def in_blocks(model: Any) -> bool:
    """Return whether a model is a circuit of two-qubit blocks."""
    return getattr(model, "isometric", False) is True and model.nodes == "blocks"


def circuit_fixed(model: Any) -> Mapping[str, Any] | None:
    """Return what "auto" means for a circuit of blocks; None for other models."""
    if not in_blocks(model):
        return None
    structure = "tree" if hasattr(model, "tree") else "order"
    return dict(model.FIXED) | dict(_BLOCKS) | {"bond": _BOND[structure]}


def width_of(model: Any) -> int:
    """Return the number of qubits that hold an isometric model's bond."""
    return int(model._setting("bond")).bit_length() - 1
