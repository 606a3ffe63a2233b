"""Circuit shapes: layers of two-qubit gates on neighbouring sites of a chain.

A gate on the bond `k` is a 4x4 unitary on sites `k` and `k + 1`; its row and column index is
`2 * bit(k) + bit(k + 1)`. Gates are numbered layer by layer and, inside a layer, by bond.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from qtn._checks import positive_int
from qtn._display import Display, Displayed, Table


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: gates on ascending `bonds`.

    Gates on touching bonds act one after another: the one with the smallest bond first when
    `down` is true, the one with the largest bond first otherwise.
    """

    bonds: tuple[int, ...]
    down: bool = True

    @property
    def disjoint(self) -> bool:
        """Whether no two gates share a site, so that their order does not matter."""
        return all(b - a > 1 for a, b in itertools.pairwise(self.bonds))


@dataclass(frozen=True, slots=True, repr=False)
class Ansatz(Displayed):
    """A circuit shape on `n` sites; `layers[0]` acts first on |0...0>."""

    n: int
    layers: tuple[Layer, ...]

    def _brief(self) -> str:
        return f"{self.n} sites, {self.depth} layers, {self.size} gates"

    def _display(self) -> Display:
        layers = [
            (str(k), layer.bonds, "down" if layer.down else "up")
            for k, layer in enumerate(self.layers)
        ]
        table = Table(("layer", "bonds", "order"), layers)
        return Display("Circuit shape", [("sites", self.n), ("gates", self.size)], [table])

    @property
    def size(self) -> int:
        """Number of gates."""
        return sum(len(layer.bonds) for layer in self.layers)

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.layers)

    @property
    def slices(self) -> tuple[slice, ...]:
        """The range of gate numbers of each layer."""
        ends = np.cumsum([0] + [len(layer.bonds) for layer in self.layers]).tolist()
        return tuple(slice(a, b) for a, b in itertools.pairwise(ends))

    def sequence(self) -> Iterator[tuple[int, int]]:
        """Yield `(gate number, bond)` in the order in which the gates act."""
        for layer, part in zip(self.layers, self.slices):
            numbered = list(zip(range(part.start, part.stop), layer.bonds))
            yield from numbered if layer.down else reversed(numbered)

    def __add__(self, other: Ansatz) -> Ansatz:
        """Return the shape in which `self` acts first and `other` after it."""
        return Ansatz(self.n, self.layers + other.layers)


def brickwall_shape(n: int, layers: int) -> Ansatz:
    """Return `layers` brickwall layers on `n` sites: bonds 0, 2, ... first, then 1, 3, ....

    Example:
        >>> [layer.bonds for layer in brickwall_shape(5, 3).layers]
        [(0, 2), (1, 3), (0, 2)]
    """
    positive_int("layers", layers)
    starts = [0] if n == 2 else [i % 2 for i in range(layers)]
    return Ansatz(n, tuple(Layer(tuple(range(start, n - 1, 2))) for start in starts))


def staircase_shape(n: int, layers: int) -> Ansatz:
    """Return `layers` staircases on `n` sites: each has a gate on every bond, bond 0 first.

    Example:
        >>> staircase_shape(4, 1).layers[0].bonds
        (0, 1, 2)
    """
    positive_int("layers", layers)
    return Ansatz(n, (Layer(tuple(range(n - 1))),) * layers)


def from_bonds(n: int, bonds: Iterable[int]) -> tuple[Ansatz, list[int]]:
    """Arrange gates given in time order by their bonds into disjoint layers.

    Returns:
        The shape, and for each of its gates the position in `bonds` it came from.
    """
    free = [0] * n
    columns: list[dict[int, int]] = []
    for position, bond in enumerate(bonds):
        level = max(free[bond], free[bond + 1])
        free[bond] = free[bond + 1] = level + 1
        if level == len(columns):
            columns.append({})
        columns[level][bond] = position
    layers = tuple(Layer(tuple(sorted(column))) for column in columns)
    return Ansatz(n, layers), [column[b] for column in columns for b in sorted(column)]


def identity_gates(ansatz: Ansatz, real: bool) -> np.ndarray:
    """Return identity gates for every position, float64 if `real`, else complex128."""
    dtype = np.float64 if real else np.complex128
    return np.tile(np.eye(4, dtype=dtype), (ansatz.size, 1, 1))
