"""Gates on registers and their environments, tile by tile.

A register holds real and imaginary parts, each an array (pre, side, post); a gate on one or two
wires acts on the middle axis, whose `side` is 2 or 4. All rows of a tile stay in the processor's
registers while they are turned, and so do the sums over all tiles while an environment is found.
"""

from __future__ import annotations

from typing import Any

from qtn._kernels import FAST, inner
from qtn.aqc.kernels.tiles.writer import HERE, INDEX, Machine, Writer, function

# Written into what calls it: compiled by itself as well, it would cost twice.
_inlined: Any = inner(inline="always", **FAST)
WIDTH = 4  # numbers from row to row of a gate's matrix


def turn_of(machine: Machine, side: int, parts: int) -> Any:
    """Return the code of (u, v) = gate (x, y): a function of (x, y, u, v, pre, post, gate).

    Args:
        machine: how to cut.
        side: 2 or 4, rows of a register and of the gate.
        parts: 1 leaves imaginary parts alone.
    """

    def write(builder: Any, values: Any) -> None:
        writer = Writer(builder, machine.lanes)
        x, y, u, v, pre, post, gate = values

        def tile(places: list[Any]) -> None:
            real = [writer.load(x, place) for place in places]
            other = [writer.load(y, place) for place in places] if parts == 2 else []
            for r, place in enumerate(places):
                p = q = None
                for c in range(side):
                    a = writer.everywhere(gate, INDEX(WIDTH * r + c))
                    p = writer.add(a, real[c], p)
                    if parts == 2:
                        b = writer.everywhere(gate, INDEX(WIDTH * (4 + r) + c))
                        p = writer.less(b, other[c], p)
                        q = writer.add(b, real[c], writer.add(a, other[c], q))
                writer.store(p, u, place)
                if parts == 2:
                    writer.store(q, v, place)

        writer.tiles(pre, side, post, tile)

    return function(write)


def environment_of(machine: Machine, side: int, parts: int) -> Any:
    """Return the code of out[r, c] = Σ (x, y)[p, r, j] (u, v)[p, c, j].

    A function of (x, y, u, v, pre, post, out); the arguments are those of `turn_of`.
    """

    def write(builder: Any, values: Any) -> None:
        writer = Writer(builder, machine.lanes)
        for first in range(0, side, machine.sums):
            rows = range(first, first + machine.sums)
            _rows_of_environment(writer, values, (side, parts), rows)

    return function(write)


def _rows_of_environment(writer: Writer, values: Any, shape: tuple[int, int], rows: range) -> None:
    x, y, u, v, pre, post, out = values
    builder, (side, parts) = writer.builder, shape
    sums = [[writer.totals(side) for _ in rows] for _ in range(parts)]

    def tile(places: list[Any]) -> None:
        real = [writer.load(u, place) for place in places]
        other = [writer.load(v, place) for place in places] if parts == 2 else []
        for k, row in enumerate(rows):
            p = writer.load(x, places[row])
            q = writer.load(y, places[row]) if parts == 2 else None
            for c in range(side):
                total = writer.add(p, real[c], builder.load(sums[0][k][c]))
                if parts == 2:
                    total = writer.less(q, other[c], total)
                    found = writer.add(p, other[c], builder.load(sums[1][k][c]))
                    builder.store(writer.add(q, real[c], found), sums[1][k][c])
                builder.store(total, sums[0][k][c])

    writer.tiles(pre, side, post, tile)
    for part in range(parts):
        found = []
        for row in sums[part]:
            found += [builder.load(total) for total in row] + [writer.zero] * (WIDTH - side)
        for k, vector in enumerate(writer.across(found)):
            place = WIDTH * (4 * part + rows[0]) + writer.lanes * k
            writer.store(vector, out, INDEX(place))


_turn_four, _turn_two = turn_of(HERE, 4, 2), turn_of(HERE, 2, 2)
_real_turn_four, _real_turn_two = turn_of(HERE, 4, 1), turn_of(HERE, 2, 1)
_found_four, _found_two = environment_of(HERE, 4, 2), environment_of(HERE, 2, 2)
_real_found_four, _real_found_two = environment_of(HERE, 4, 1), environment_of(HERE, 2, 1)


@_inlined
def turn(source, target, shape, gate):  # type: ignore[no-untyped-def]
    """Write gate × source to target.

    Args:
        source, target: addresses of real and imaginary part of two registers that do not overlap.
        shape: parts (1: real parts alone), pre, side (2 or 4), post.
        gate: address of an array (2, 4, 4), real part first.
    """
    (x, y), (u, v), (parts, pre, side, post) = source, target, shape
    if parts == 2 and side == 4:
        _turn_four((x, y, u, v, pre, post, gate))
    elif parts == 2:
        _turn_two((x, y, u, v, pre, post, gate))
    elif side == 4:
        _real_turn_four((x, y, u, v, pre, post, gate))
    else:
        _real_turn_two((x, y, u, v, pre, post, gate))


@_inlined
def environment(bra, ket, shape, out):  # type: ignore[no-untyped-def]
    """Write out[r, c] = Σ bra[p, r, j] ket[p, c, j], nothing conjugated; arguments as in `turn`.

    The first `side` rows of out (2, 4, 4) are written, with zeros behind `side` columns; those of
    the imaginary part only if there are two parts.
    """
    (x, y), (u, v), (parts, pre, side, post) = bra, ket, shape
    if parts == 2 and side == 4:
        _found_four((x, y, u, v, pre, post, out))
    elif parts == 2:
        _found_two((x, y, u, v, pre, post, out))
    elif side == 4:
        _real_found_four((x, y, u, v, pre, post, out))
    else:
        _real_found_two((x, y, u, v, pre, post, out))
