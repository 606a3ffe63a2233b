"""What chains, trees and operators show of themselves: sizes, bonds, memory and origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from qtn._display import Display, Row
from qtn.states.origin import Origin

# Of a state with more bonds the largest are named alone.
_BONDS = 12


def network_display(title: str, state: Any, rows: Sequence[Row], arrays: Iterable[Any]) -> Display:
    """Return what a tensor network shows.

    Args:
        title: what it is.
        state: with `n`, `phys`, `bonds`, `max_bond` and, if it remembers one, `origin`.
        rows: what is particular to it.
        arrays: its tensors.
    """
    held = [np.asarray(array) for array in arrays]
    count, memory = sum(a.size for a in held), sum(a.nbytes for a in held)
    origin: Origin | None = getattr(state, "origin", None)
    shown = [
        ("sites", state.n),
        ("levels per site", levels_of(getattr(state, "phys", (2,)))),
        ("bonds", bonds_text(state.bonds)),
        ("largest bond", state.max_bond if len(state.bonds) > _BONDS else None),
        *rows,
        ("numbers", f"{count:,} of {state.dtype}, {bytes_text(memory)}"),
        ("origin", None if origin is None else f"{type(origin).__name__}: {origin}"),
    ]
    return Display(title, shown)


def truncation_display(
    state: Any, discarded: np.ndarray, floor: float, distance: float | None = None
) -> Display:
    """Return what a truncated state shows: the state, and what its cuts lost."""
    rows: list[Row] = [
        ("state", repr(state)),
        ("weight lost", f"{discarded.sum():.3g}"),
        ("at the worst cut", f"{discarded.max(initial=0.0):.3g}"),
        ("fidelity, product of the cuts", f"{floor:.6g}"),
        ("distance at most", None if distance is None else f"{distance:.3g}"),
    ]
    return Display("Truncation", rows)


def levels_of(phys: Sequence[int]) -> int | Sequence[int]:
    """Return the dimension of all sites, or those of each where they differ."""
    return phys[0] if len(set(phys)) == 1 else phys


def bonds_text(found: Sequence[int]) -> str:
    """Return bond dimensions as text, those in the middle left out where there are many.

    Example:
        >>> bonds_text((2, 4, 2)), bonds_text([2, *[8] * 20, 4])
        ('2, 4, 2', '2, 8, 8, … (22 bonds)')
    """
    if len(found) <= _BONDS:
        return ", ".join(map(str, found))
    return ", ".join(map(str, found[:3])) + f", … ({len(found)} bonds)"


def bytes_text(count: float) -> str:
    """Return a number of bytes with a unit.

    Example:
        >>> bytes_text(80), bytes_text(12345), bytes_text(3.2e9)
        ('80 B', '12.3 kB', '3.2 GB')
    """
    power = min(3, int(np.log10(max(count, 1)) // 3))
    return f"{count / 1000**power:.3g} {('B', 'kB', 'MB', 'GB')[power]}"
