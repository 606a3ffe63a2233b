"""Products of small matrices in real and imaginary parts, tile by tile.

BLAS packs its arguments before it multiplies them, four times for complex matrices in parts, which
costs more than the products of matrices of some ten rows; up to some hundred rows what is written
here is as fast as it. A few rows times two tiles of columns stay in the processor's registers while
the inner index runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numba.core import cgutils

from qtn._kernels import FAST, inner
from qtn.aqc.kernels.tiles.writer import HERE, INDEX, Machine, Writer, function
from qtn.states.kernels.blas import pointer

_compiled: Any = inner(**FAST)
_carray: Any = numba.carray  # type: ignore[attr-defined]
# Written into what calls it: compiled by itself as well, it would cost twice.
_inlined: Any = inner(inline="always", **FAST)


def product_of(machine: Machine, parts: int) -> Any:
    """Return the code of u = x (re + i im): a function of (x, u, re, im, rows, inner, columns).

    There must be at least `machine.rows` rows.

    x is (parts, rows, inner), u (parts, rows, columns), re and im (inner, columns).

    Args:
        machine: how to cut.
        parts: 1 leaves imaginary parts alone.
    """

    def write(builder: Any, values: Any) -> None:
        width = machine.lanes
        while width:
            _Product(Writer(builder, width), parts, machine.rows, *values).write(
                width == machine.lanes
            )
            width //= 2

    return function(write)


@dataclass(frozen=True, slots=True)
class _Product:
    """The code for tiles of one width: at least one tile of columns, fewer than two if not widest.

    Columns are taken two tiles at a time; the last tile overlaps the one before, and so do rows.
    """

    writer: Writer
    parts: int
    high: int
    x: Any
    u: Any
    re: Any
    im: Any
    rows: Any
    inner: Any
    columns: Any

    def write(self, widest: bool) -> None:
        """Write the product for matrices of as many columns."""
        builder, lanes = self.writer.builder, self.writer.lanes
        wide = builder.icmp_unsigned(">=", self.columns, INDEX(lanes))
        if not widest:
            few = builder.icmp_unsigned("<", self.columns, INDEX(2 * lanes))
            wide = builder.and_(wide, few)
        with builder.if_then(wide):
            last = builder.sub(self.columns, INDEX(lanes))
            pairs = builder.udiv(builder.add(self.columns, INDEX(lanes - 1)), INDEX(2 * lanes))
            with cgutils.for_range(builder, pairs) as loop:
                first = builder.mul(loop.index, INDEX(2 * lanes))
                second = builder.add(first, INDEX(lanes))
                late = builder.icmp_unsigned(">", second, last)
                self._columns([first, builder.select(late, last, second)])
            done = builder.mul(pairs, INDEX(2 * lanes))
            with builder.if_then(builder.icmp_unsigned("<", done, self.columns)):
                self._columns([last])

    def _columns(self, tiles: list[Any]) -> None:
        """Write all rows of some tiles of columns."""
        builder = self.writer.builder
        high, last = INDEX(self.high), builder.sub(self.rows, INDEX(self.high))
        blocks = builder.udiv(builder.add(self.rows, INDEX(self.high - 1)), high)
        with cgutils.for_range(builder, blocks) as loop:
            first = builder.mul(loop.index, high)
            late = builder.icmp_unsigned(">", first, last)
            self._block(builder.select(late, last, first), self.high, tiles)

    def _block(self, first: Any, count: int, tiles: list[Any]) -> None:
        """Write `count` rows from the first one on of some tiles of columns."""
        writer, builder = self.writer, self.writer.builder
        rows: list[Any] = [builder.add(first, INDEX(k)) for k in range(count)]
        starts = [builder.mul(row, self.inner) for row in rows]
        sums = [[writer.totals(len(tiles)) for _ in rows] for _ in range(self.parts)]
        with cgutils.for_range(builder, self.inner) as loop:
            at = builder.mul(loop.index, self.columns)
            self._added(sums, [builder.add(start, loop.index) for start in starts],
                        [builder.add(at, tile) for tile in tiles])  # fmt: skip
        behind = builder.mul(self.rows, self.columns)
        for k, row in enumerate(rows):
            start = builder.mul(row, self.columns)
            for part in range(self.parts):
                for total, tile in zip(sums[part][k], tiles):
                    writer.store(builder.load(total), self.u, builder.add(start, tile))
                start = builder.add(start, behind)

    def _added(self, sums: list[list[list[Any]]], rows: list[Any], tiles: list[Any]) -> None:
        """Add the products of an entry of every row with the tiles of its row of the matrix."""
        writer, builder = self.writer, self.writer.builder
        real = [writer.load(self.re, tile) for tile in tiles]
        other = [writer.load(self.im, tile) for tile in tiles] if self.parts == 2 else []
        behind = builder.mul(self.rows, self.inner)
        for k, row in enumerate(rows):
            a = writer.everywhere(self.x, row)
            b = writer.everywhere(self.x, builder.add(row, behind)) if self.parts == 2 else None
            for t, tile in enumerate(real):
                total = writer.add(a, tile, builder.load(sums[0][k][t]))
                if self.parts == 2:
                    total = writer.less(b, other[t], total)
                    found = writer.add(a, other[t], builder.load(sums[1][k][t]))
                    builder.store(writer.add(b, tile, found), sums[1][k][t])
                builder.store(total, sums[0][k][t])


@_compiled
def _few_rows(source, target, matrix, shape):  # type: ignore[no-untyped-def]
    """See `product`."""
    parts, rows, inner, columns = shape
    x = _carray(pointer(source), (parts, rows, inner), np.float64)
    out = _carray(pointer(target), (parts, rows, columns), np.float64)
    re = _carray(pointer(matrix[0]), (inner, columns), np.float64)
    im = _carray(pointer(matrix[1]), (inner, columns), np.float64)
    for r in range(rows):
        for part in range(parts):
            for j in range(columns):
                out[part, r, j] = 0.0
        for k in range(inner):
            for j in range(columns):
                out[0, r, j] += x[0, r, k] * re[k, j]
            if parts == 2:
                for j in range(columns):
                    out[0, r, j] -= x[1, r, k] * im[k, j]
                for j in range(columns):
                    out[1, r, j] += x[0, r, k] * im[k, j] + x[1, r, k] * re[k, j]


ROWS = HERE.rows
_product, _real_product = product_of(HERE, 2), product_of(HERE, 1)


@_inlined
def product(source, target, matrix, shape):  # type: ignore[no-untyped-def]
    """Write source × matrix to target.

    Args:
        source, target: addresses of arrays (parts, rows, inner) and (parts, rows, columns).
        matrix: addresses of the parts of a matrix (inner, columns).
        shape: parts (1: real parts alone), rows, inner, columns.
    """
    (re, im), (parts, rows, inner, columns) = matrix, shape
    if rows < ROWS:
        _few_rows(source, target, matrix, shape)
    elif parts == 2:
        _product((source, target, re, im, rows, inner, columns))
    else:
        _real_product((source, target, re, im, rows, inner, columns))
