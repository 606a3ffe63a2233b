"""In which order the steps of a diagram are taken, and which qubits they use.

A diagram prepares all its words first, so that every wire is a qubit of its own. Its steps commute
where they share no wire. To use few qubits, a wire that ends inside (post-selected, measured or
discarded) is brought to its end as soon as possible: of all wires that end inside, the one is
served next that needs the fewest wires that have not begun yet, with all steps it depends on, and
its qubit is reset and taken again. This greedy order is not always the best one. Sentences of any
length need 2 qubits by stairs and 3 by cups and spiders, with one qubit per wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Step", "depth_first", "places"]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to wires.

    Args:
        kind: "gate", "select", "measure" or "discard"; the last one ends a wire, and so do the
            second and the third where `ends`.
        wires: numbers of the wires.
        what: the gate, or the classical bit.
        ends: whether the wires are not used again.
    """

    kind: str
    wires: tuple[int, ...]
    what: Any = field(default=None, compare=False)
    ends: bool = False


def depth_first(steps: Sequence[Step]) -> list[Step]:
    """Return the steps in an order that ends wires early.

    Args:
        steps: in an order in which they may be taken.

    Cost: (ending wires)² x (steps).
    """
    before = _dependencies(steps)
    begun: set[int] = set()
    done: set[int] = set()
    order: list[int] = []
    waiting = [k for k, step in enumerate(steps) if step.ends]
    while waiting:
        need = {k: before[k] - done | {k} for k in waiting}
        new = {k: len({w for j in need[k] for w in steps[j].wires} - begun) for k in waiting}
        chosen = min(waiting, key=lambda k: (new[k], len(need[k]), k))
        order += sorted(need[chosen])
        done |= need[chosen]
        begun |= {w for j in need[chosen] for w in steps[j].wires}
        waiting = [k for k in waiting if k not in done]
    order += [k for k in range(len(steps)) if k not in done]
    return [steps[k] for k in order]


def _dependencies(steps: Sequence[Step]) -> list[set[int]]:
    """All steps that each step needs before it."""
    last: dict[int, int] = {}
    before: list[set[int]] = []
    for k, step in enumerate(steps):
        direct = {last[w] for w in step.wires if w in last}
        before.append(direct.union(*(before[j] for j in direct)))
        last.update(dict.fromkeys(step.wires, k))
    return before


def places(steps: Sequence[Step], wires: int, reuse: bool) -> tuple[list[int], list[int], int]:
    """Return the qubit of each wire, the wires that begin on a used one, the number of qubits.

    Args:
        steps: in the order in which they are taken.
        wires: number of wires.
        reuse: give the qubit of an ended wire to one that begins later; else wire i is qubit i.

    Returns:
        The qubit of each wire; the wires whose qubit must be reset first; the number of qubits.
    """
    if not reuse:
        return list(range(wires)), [], wires
    qubit: dict[int, int] = {}
    free: list[int] = []
    used: list[int] = []
    count = 0

    def begin(wire: int) -> None:
        nonlocal count
        if wire in qubit:
            return
        if free:
            qubit[wire] = free.pop(0)
            used.append(wire)
        else:
            qubit[wire] = count
            count += 1

    for step in steps:
        for wire in step.wires:
            begin(wire)
        if step.ends:
            free += [qubit[wire] for wire in step.wires]
    for wire in range(wires):  # wires that nothing happens to
        begin(wire)
    return [qubit[wire] for wire in range(wires)], used, count
