"""Layouts: how the rows and columns of a weight matrix are split over the cores of a train."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from qtn._checks import fail, items, positive_int
from qtn._display import Settings

LOW_RANK = "low-rank"


@dataclass(frozen=True, slots=True, repr=False)
class Layout(Settings):
    """Output and input dimensions of the cores of a matrix product operator.

    Core k has the axes (left, outputs[k], inputs[k], right); index i of the layer's inputs is
    written in the digits of `inputs`, the first one most significant, as `numpy.reshape` has it.

    Args:
        outputs: output dimension of every core; their product is the layer's.
        inputs: input dimension of every core.
        bonds: dimensions between neighbouring cores; None leaves them to the budget.

    Example:
        >>> Layout((8, 16), (28, 28), (13,)).parameters
        8736
    """

    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    bonds: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("outputs", "inputs", "bonds"):
            given = getattr(self, name)
            if given is not None:
                values = items(name, given, "a sequence of positive integers")
                object.__setattr__(self, name, tuple(positive_int(name, v) for v in values))
        if not self.outputs or len(self.inputs) != len(self.outputs):
            raise fail("inputs", "as many dimensions as `outputs`, at least one", self.inputs)
        if self.bonds is not None and len(self.bonds) != len(self.outputs) - 1:
            raise fail("bonds", "one dimension between each pair of cores", self.bonds)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (outputs) and columns (inputs) of the matrix."""
        return math.prod(self.outputs), math.prod(self.inputs)

    @property
    def parameters(self) -> int:
        """Numbers in all cores."""
        return count(self, self.bonds if self.bonds is not None else self.full)

    @property
    def full(self) -> tuple[int, ...]:
        """The bonds at which every matrix is exact."""
        sizes = [o * i for o, i in zip(self.outputs, self.inputs)]
        cuts = range(1, len(sizes))
        return tuple(min(math.prod(sizes[:k]), math.prod(sizes[k:])) for k in cuts)


def count(layout: Layout, bonds: tuple[int, ...]) -> int:
    """Return the numbers in all cores at these bonds."""
    ends = (1, *bonds, 1)
    sizes = zip(ends, layout.outputs, layout.inputs, ends[1:])
    return sum(left * o * i * right for left, o, i, right in sizes)


def possible(layout: Layout, bonds: tuple[int, ...]) -> tuple[int, ...]:
    """Return bonds cut down to what the neighbouring cores can hold."""
    sizes = [o * i for o, i in zip(layout.outputs, layout.inputs)]
    found = list(bonds)
    for k in range(len(found)):
        found[k] = min(found[k], sizes[k] * (found[k - 1] if k else 1))
    for k in reversed(range(len(found))):
        right = found[k + 1] if k + 1 < len(found) else 1
        found[k] = min(found[k], sizes[k + 1] * right)
    return tuple(found)


def balanced(rows: int, columns: int, cores: int) -> Layout:
    """Split rows and columns into factors as equal as their divisors allow.

    Example:
        >>> balanced(128, 784, 2)
        Layout(outputs=(8, 16), inputs=(28, 28))
    """
    return Layout(_factors(rows, cores), _factors(columns, cores))


def low_rank(rows: int, columns: int) -> Layout:
    """Return the layout of a product of two matrices: a train is a truncated SVD there."""
    return Layout((1, rows), (columns, 1))


@cache
def _factors(number: int, parts: int) -> tuple[int, ...]:
    """Return `parts` rising factors of a number with the smallest sum."""
    if parts == 1:
        return (number,)
    divisors = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    tried = (tuple(sorted((d, *_factors(number // d, parts - 1)))) for d in divisors)
    return min(tried, key=sum)
