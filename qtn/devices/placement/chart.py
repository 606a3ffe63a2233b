"""The coupling map of a device by its error rates, with the qubits that a circuit uses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qiskit.transpiler import Target

from qtn._figures.coupling import draw_coupling
from qtn.devices.placement.transpile import Transpiled
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["coupling_errors", "draw_target", "readout_errors"]

Pair = tuple[int, int]


def readout_errors(target: Target) -> list[float]:
    """Return the error of measuring every qubit; NaN where it is not told."""
    told = target["measure"] if "measure" in target.operation_names else {}
    return [_error((told or {}).get((q,))) for q in range(target.num_qubits or 0)]


def coupling_errors(target: Target) -> dict[Pair, float]:
    """Return the error of the best two-qubit gate on every pair, the smaller qubit first.

    NaN where it is not told.
    """
    found: dict[Pair, float] = {}
    for name in target.operation_names:
        for qubits, entry in (target[name] or {}).items():
            if qubits is not None and len(qubits) == 2:
                pair = min(qubits), max(qubits)
                error = _error(entry)
                known = found.get(pair, math.nan)
                found[pair] = error if math.isnan(known) or error < known else known
    return dict(sorted(found.items()))


def draw_target(
    ax: Axes, target: Target | None, name: str, placed: Transpiled | None = None
) -> Axes:
    """Draw a device, and what a circuit uses of it.

    Args:
        ax: where to draw.
        target: what the device tells; None for one that tells nothing.
        name: of the device.
        placed: a circuit in its gates.

    Raises:
        ArgumentError: a device whose qubits have no couplings.
    """
    couplings = {} if target is None else coupling_errors(target)
    if target is None or (not couplings and target.num_qubits != 1):
        raise ArgumentError(
            f"The device {name!r} has no couplings to draw: every qubit reaches every other. Take "
            'a device that has some, such as "FakeTorino".'
        )
    used = {} if placed is None else {q: str(i) for i, q in enumerate(placed.initial)}
    paths = [] if placed is None else sorted(_paths(placed))
    draw_coupling(ax, readout_errors(target), couplings, used, paths)
    ax.set_title(name if placed is None else f"{len(used)} qubits on {name}", fontsize=10)
    return ax


def _paths(placed: Transpiled) -> set[Pair]:
    pairs = set()
    for item in placed.circuit.data:
        if len(item.qubits) == 2 and item.operation.name != "barrier":
            first, second = (placed.circuit.find_bit(q).index for q in item.qubits)
            pairs.add((min(first, second), max(first, second)))
    return pairs


def _error(entry: Any) -> float:
    error = getattr(entry, "error", None)
    return math.nan if error is None else float(error)
