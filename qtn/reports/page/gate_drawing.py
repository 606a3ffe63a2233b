"""A circuit as a drawing: wires, gates in the columns where they fit, one path per kind of mark.

A path of many parts takes a tenth of the bytes of as many elements, so that a page holds dozens of
circuits; colours are those of the page, in light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COLUMN, LINE, LEFT, TOP = 30, 26, 44, 16  # pixels
_HALF = 11  # of a box
_CONTROLLED = {"cx": "plus", "ccx": "plus", "cz": "dot", "ccz": "dot", "swap": "cross"}
_SHORT = {"measure": "M", "reset": "|0⟩", "unitary": "U", "if_else": "if"}
_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a page draws of a circuit.

    Args:
        width, height: pixels.
        wires: ends of the wires: (y, number of the qubit).
        paths: by the kind of mark ("link", "dot", "plus", "cross", "box", "barrier") its path.
        labels: (x, y, text) in the boxes.
    """

    width: int
    height: int
    wires: tuple[tuple[int, int], ...]
    paths: dict[str, str]
    labels: tuple[tuple[int, int, str], ...]


def drawing(qubits: int, gates: Sequence[str]) -> Drawing:
    """Return the drawing of a circuit: every gate as early as its qubits allow.

    Args:
        qubits: of the circuit.
        gates: names and qubits in time order, as "cx 0 1". Those on several qubits without a sign
            of their own are boxes that a line joins.
    """
    free = [0] * qubits
    paths: dict[str, list[str]] = {}
    labels: list[tuple[int, int, str]] = []
    for gate in gates:
        name, *numbers = gate.split()
        acts = [int(q) for q in numbers]
        if not acts:
            continue
        low, high = min(acts), max(acts)
        barrier = name == "barrier"
        column = max(free[low : high + 1])
        free[low : high + 1] = [column + (not barrier)] * (high + 1 - low)
        x = LEFT + COLUMN * column + (0 if barrier else COLUMN // 2)
        if high > low or barrier:
            paths.setdefault("barrier" if barrier else "link", []).append(_line(x, low, high))
        for qubit, mark in () if barrier else _marks(name, acts):
            paths.setdefault(mark, []).append(_sign(mark, x, _height(qubit)))
            if mark == "box":
                labels.append((x, _height(qubit), _SHORT.get(name, name.upper()[:_LETTERS])))
    return Drawing(
        width=LEFT + COLUMN * max(free, default=0) + COLUMN // 2,
        height=2 * TOP + LINE * (qubits - 1),
        wires=tuple((_height(q), q) for q in range(qubits)),
        paths={mark: "".join(parts) for mark, parts in paths.items()},
        labels=tuple(labels),
    )


def _marks(name: str, qubits: list[int]) -> list[tuple[int, str]]:
    """Return per qubit of a gate the kind of its mark."""
    last = _CONTROLLED.get(name)
    if last is None:
        return [(q, "box") for q in qubits]
    first = "cross" if last == "cross" else "dot"
    return [(q, first) for q in qubits[:-1]] + [(qubits[-1], last)]


def _height(qubit: int) -> int:
    return TOP + LINE * qubit


def _line(x: int, low: int, high: int) -> str:
    return f"M{x} {_height(low)}V{_height(high)}"


def _sign(mark: str, x: int, y: int) -> str:
    if mark == "dot":
        return f"M{x} {y}h0"  # round ends make it a dot
    if mark == "plus":
        return f"M{x - 7} {y}a7 7 0 1 0 14 0a7 7 0 1 0-14 0h14M{x} {y - 7}v14"
    if mark == "cross":
        return f"M{x - 5} {y - 5}l10 10M{x - 5} {y + 5}l10-10"
    return f"M{x - _HALF} {y - 9}h{2 * _HALF}v18h-{2 * _HALF}z"
