r"""Code for tiles of numbers in vectors of the machine.

Loops over short rows are slow where a compiler is left to find the vectors: on four wires its
checks and remainders took three quarters of the time. Here the vectors are written out, of a fixed
number of lanes, and LLVM turns them into what the machine has. Rows are cut into tiles of one
vector each; what is left of a row behind its last whole tile is taken in halves, quarters, … of a
vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

NUMBER, INDEX = ir.DoubleType(), ir.IntType(64)
_intrinsic: Any = intrinsic


@dataclass(frozen=True, slots=True)
class Machine:
    """What the registers of a processor hold.

    Args:
        lanes: numbers in a vector, a power of two.
        sums: rows of a gate's environment that are summed at a time, four columns each: whole
            vectors.
        rows: rows of a matrix that are multiplied at a time.
    """

    lanes: int
    sums: int
    rows: int


def machine(features: dict[str, bool]) -> Machine:
    """Return the best cut into tiles for a processor, from LLVM's names of what it can do."""
    if features.get("avx512f"):
        return Machine(8, 2, 4)
    return Machine(4, 1, 2) if features.get("avx") else Machine(2, 2, 2)


HERE = machine(dict(binding.get_host_cpu_features()))


class Writer:
    """Writes code for tiles of `lanes` numbers, of which the last ones of a row may be absent.

    Addresses and places are integers: bytes in memory, and numbers from there on.

    Args:
        builder: llvmlite's.
        lanes: numbers in a tile, a power of two.
    """

    def __init__(self, builder: Any, lanes: int) -> None:
        self.builder, self.lanes = builder, lanes
        self.vector = ir.VectorType(NUMBER, lanes)
        self.zero = ir.Constant(self.vector, None)
        self._present = lanes

    def tiles(self, pre: Any, side: int, post: Any, body: Callable[[list[Any]], None]) -> None:
        """Run `body` for every tile, with the places of its rows in an array (pre, side, post)."""
        builder, lanes = self.builder, INDEX(self.lanes)

        def rows(first: Any) -> list[Any]:
            places = [first]
            for _ in range(1, side):
                places.append(builder.add(places[-1], post))
            return places

        count = builder.udiv(post, lanes)
        with cgutils.for_range(builder, pre) as outer:
            first = builder.mul(outer.index, builder.mul(post, INDEX(side)))
            with cgutils.for_range(builder, count) as inner:
                body(rows(builder.add(first, builder.mul(inner.index, lanes))))
            at = builder.add(first, builder.mul(count, lanes))
            while self._present > 1:
                self._present //= 2
                some = builder.and_(post, INDEX(self._present))
                with builder.if_then(builder.icmp_unsigned("!=", some, INDEX(0))):
                    body(rows(at))
                at = builder.add(at, some)
            self._present = self.lanes

    def load(self, start: Any, place: Any) -> Any:
        """Return a tile; absent numbers are zero."""
        kind = ir.VectorType(NUMBER, self._present)
        found = self.builder.load(self._at(start, place, kind), align=8)
        if self._present == self.lanes:
            return found
        order = [min(lane, self._present) for lane in range(self.lanes)]
        return self._chosen(found, ir.Constant(kind, None), order)

    def store(self, tile: Any, start: Any, place: Any) -> None:
        """Write the numbers of a tile that are present."""
        if self._present < self.lanes:
            tile = self._chosen(tile, tile, list(range(self._present)))
        self.builder.store(tile, self._at(start, place, tile.type), align=8)

    def everywhere(self, start: Any, place: Any) -> Any:
        """Return a number of an array in all lanes."""
        number = self.builder.load(self._at(start, place, NUMBER))
        first = self.builder.insert_element(self.zero, number, ir.IntType(32)(0))
        return self._chosen(first, self.zero, [0] * self.lanes)

    def add(self, x: Any, y: Any, total: Any = None) -> Any:
        """Return total + x y, in one operation where the machine has it; no total is zero."""
        if total is None:
            return self.builder.fmul(x, y)
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.lanes}f64"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [x, y, total])

    def less(self, x: Any, y: Any, total: Any) -> Any:
        """Return total - x y."""
        return self.add(self.builder.fneg(x), y, total)

    def totals(self, count: int) -> list[Any]:
        """Return the places of so many sums, zero at first."""
        places = [cgutils.alloca_once(self.builder, self.vector) for _ in range(count)]
        for place in places:
            self.builder.store(self.zero, place)
        return places

    def across(self, tiles: list[Any]) -> list[Any]:
        """Return the sums over the lanes of tiles, one after another in vectors."""
        even, odd = (list(range(k, 2 * self.lanes, 2)) for k in (0, 1))
        for _ in range(self.lanes.bit_length() - 1):
            tiles = [
                self.builder.fadd(self._chosen(a, b, even), self._chosen(a, b, odd))
                for a, b in zip(tiles[::2], tiles[1::2])
            ]
        return tiles

    def _at(self, start: Any, place: Any, kind: Any) -> Any:
        byte = self.builder.add(start, self.builder.mul(place, INDEX(8)))
        return self.builder.inttoptr(byte, kind.as_pointer())

    def _chosen(self, a: Any, b: Any, order: list[int]) -> Any:
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)
        return self.builder.shuffle_vector(a, b, lanes)


def function(write: Callable[[Any, Any], None]) -> Any:
    """Return a function of seven integers in a tuple, for compiled code, from what writes it."""

    @_intrinsic
    def written(_typing, values):  # type: ignore[no-untyped-def]
        def whole(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            write(builder, cgutils.unpack_tuple(builder, arguments[0], 7))
            return context.get_dummy_value()

        return types.void(types.UniTuple(types.int64, 7)), whole

    return written
