"""Which spins the gates of a layer act on, and how a circuit of gates is brought to neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qtn._checks import choice
from qtn._display import Settings
from qtn.applications.spins.couplings import Couplings, Sites, checked_sets
from qtn.applications.spins.vertices import KINDS, Kind
from qtn.errors import ArgumentError


@dataclass(frozen=True, slots=True, repr=False)
class SpinGates(Settings):
    """Which gates a circuit of total spin 0 is made of, and where they stand.

    Args:
        kind: "pairs" (partial swaps, one angle, 3 CX), "triples" (all gates on three spins, four
            angles, 12 or 15 CX, turns shared with the next gate not counted) or "chiral" (the real
            ones of these, one angle).
        where: spins of the gates of a layer in time order, such as [(0, 1, 2), …]; None for those
            that suit the magnet.
        singlets: pairs of all spins for the start; None for the strongest couplings.

    Raises:
        ArgumentError: another kind.

    Example:
        >>> SpinGates("pairs", where=[(0, 1), (1, 2)]).kind
        'pairs'
    """

    kind: str = "triples"
    where: Any = None
    singlets: Any = None

    def __post_init__(self) -> None:
        choice("kind", self.kind, KINDS)


def layer_of(kind: Kind, couplings: Couplings, where: object = None) -> tuple[Sites, ...]:
    """Return the spins of the gates of one layer, in time order.

    Args:
        kind: of the gates.
        couplings: of the magnet.
        where: sets of spins; None for the ones that suit: along a chain or ring one after the
            other, so that a layer carries correlations all the way; else all coupled pairs or
            triangles, disjoint ones together.

    Raises:
        ArgumentError: sets of another size, or a magnet without triangles that is no chain.
    """
    n = couplings.n
    if where is not None:
        return tuple(checked_sets("where", where, kind.spins, n))
    if n < kind.spins:
        raise ArgumentError(
            f"Gates on {kind.spins} spins need more than {n}. Take gates=\"pairs\"."
        )  # fmt: skip
    closed = couplings.closed
    if closed is not None:
        first = range(n if closed and n > kind.spins else n - kind.spins + 1)
        return tuple(tuple((i + k) % n for k in range(kind.spins)) for i in first)
    sets = sorted(couplings.pairs) if kind.spins == 2 else couplings.triangles
    if not sets:
        raise ArgumentError(
            "The magnet is no chain and has no triangles: name the spins of the gates, "
            "where=[(0, 1, 2), …], or take gates=\"pairs\"."
        )  # fmt: skip
    return tuple(_together(sets))


def _together(sets: Sequence[Sites]) -> list[Sites]:
    """Return the sets in layers of disjoint ones."""
    layers: list[list[Sites]] = []
    for one in sets:
        for layer in layers:
            if not any(set(one) & set(other) for other in layer):
                layer.append(one)
                break
        else:
            layers.append([one])
    return [one for layer in layers for one in layer]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on neighbouring places.

    Args:
        place: the first one.
        width: how many.
        inside: for a gate where its spins stand among them, in its own order; empty for a swap.
        gate: its number; -1 for a swap.
    """

    place: int
    width: int
    inside: Sites = ()
    gate: int = -1


def program(gates: Sequence[Sites], position: dict[int, int]) -> list[Step]:
    """Return steps on at most three neighbouring places that do the same as gates anywhere.

    Spins that stand further apart are swapped together and back; two equal swaps in a row cancel.

    Args:
        gates: their spins, in time order.
        position: the place of every spin.
    """
    steps: list[Step] = []
    for number, sites in enumerate(gates):
        places = [position[k] for k in sites]
        moves = _gathering(places)
        low = min(places)
        width = max(places) - low + 1
        gate = Step(low, width, tuple(p - low for p in places), number)
        for step in (*moves, gate, *reversed(moves)):
            if steps and step.gate < 0 and step == steps[-1]:
                steps.pop()
            else:
                steps.append(step)
    return steps


def _gathering(places: list[int]) -> list[Step]:
    """Return swaps that bring places within three of each other, and move `places` with them."""
    moves: list[Step] = []
    while max(places) - min(places) > 2:
        ranked = sorted(range(len(places)), key=places.__getitem__)
        low, high = ranked[0], ranked[-1]
        middle = ranked[len(ranked) // 2]
        # The one that is further from the middle steps towards it.
        if len(places) == 3 and places[middle] - places[low] > places[high] - places[middle]:
            moves.append(Step(places[low], 2))
            places[low] += 1
        else:
            moves.append(Step(places[high] - 1, 2))
            places[high] -= 1
    return moves
