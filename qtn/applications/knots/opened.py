"""Planar matchings: how open ends are joined when crossings are opened into cups and caps."""

from __future__ import annotations

from typing import TypeAlias

from qtn.applications.knots.braid import Braid

Matching: TypeAlias = tuple[int, ...]  # end -> the end that it is joined to; n lower, n upper ends


def straight(n: int) -> Matching:
    return tuple(range(n, 2 * n)) + tuple(range(n))


def capped(matching: Matching, a: int, b: int) -> tuple[Matching, bool]:
    """Join two upper ends by a cap and put a cup above them; say whether a loop was closed."""
    if matching[a] == b:
        return matching, True
    out = list(matching)
    first, second = matching[a], matching[b]
    out[first], out[second], out[a], out[b] = second, first, b, a
    return tuple(out), False


def loops_of(matching: Matching, braid: Braid) -> int:
    """Count the closed curves after the ends of a matching are joined by the closure."""
    n, markov = braid.strands, braid.closure == "markov"
    closure = [e + n if e < n else e - n for e in range(2 * n)] if markov else [
        e ^ 1 if e < n else n + ((e - n) ^ 1) for e in range(2 * n)
    ]  # fmt: skip
    free, count = set(range(2 * n)), 0
    while free:
        count += 1
        end = start = min(free)
        while True:
            free -= {end, matching[end]}
            end = closure[matching[end]]
            if end == start:
                break
    return count


def opened_loops(braid: Braid, power: int) -> int:
    """Count the loops of the closed braid when every crossing is opened the way of A^power.

    A right-handed crossing is A times two strands and A^(-1) times cup and cap, a left-handed one
    the other way round.
    """
    matching, loops = straight(braid.strands), 0
    for letter in braid.word:
        if letter * power < 0:
            i = braid.strands + abs(letter) - 1
            matching, closed = capped(matching, i, i + 1)
            loops += closed
    return loops + loops_of(matching, braid)
