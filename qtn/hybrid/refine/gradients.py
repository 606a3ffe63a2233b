r"""Overlaps of circuits with product vectors and their gradients, exactly, for many rows at once.

For a circuit V of blocks G and product vectors :math:`v_b = v_{b1} \otimes \dots \otimes v_{bn}`,

.. math:: f_b = \langle v_b | V | 0 \rangle

is a tensor network of the blocks, the vectors and one batch index. It is contracted pair by pair in
an order found once per shape (`contraction.paths`); parts without a row index are contracted
once for all rows. Nothing is truncated. With slopes :math:`c_b = \partial L / \partial f_b` the
same pairs in reverse give :math:`\partial L / \partial G = \sum_b c_b\, \partial f_b / \partial G`
for every block (reverse accumulation).

Several products of one circuit, such as those of the labels of a register, are one network with a
second batch index; sites where they agree are contracted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine.contraction.pairs import Names, Program
from qtn.hybrid.refine.contraction.paths import Network, Order, best_order
from qtn.hybrid.refine.gates import Matrices

PRODUCTS, ROWS = 0, 1  # the batch labels; wires have larger numbers
LARGEST = 2.0**27  # numbers held for one row
ROOM = 2.0**21  # numbers held for the rows that are taken together


class Overlaps:
    """f for every product and row, and the gradients of functions of them.

    Args:
        blocks: the circuits; only their sites count, the matrices are given later.
        products: pairs (number of the circuit, vectors (rows, n, 2)).

    Raises:
        ArgumentError: a circuit too entangling for exact contraction.

    Cost: for chains of L staircases O(rows · n · L · 2^L) per call, for trees of m wires of memory
    O(rows · nodes · 4^m); memory as much.

    Example:
        >>> from qtn.aqc.shape.blocks import Blocks
        >>> bell = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, -1], [1, 0, -1, 0]]) / 2**0.5
        >>> blocks = Blocks(2, (((0, 1), bell),))
        >>> ones = np.tile([0.0, 1.0], (1, 2, 1))  # |11>
        >>> overlaps = Overlaps([blocks], [(0, ones)])
        >>> [f] = overlaps.values([[bell]])
        >>> f.round(3)
        array([0.707])
        >>> float(overlaps.gradients([np.ones(1)])[0][0][3, 0])  # df / dG
        1.0
    """

    def __init__(
        self, blocks: Sequence[Blocks], products: Sequence[tuple[int, np.ndarray]]
    ) -> None:
        self._blocks = list(blocks)
        self._parts: list[tuple[list[int], _Stack]] = []
        for circuit in range(len(blocks)):
            numbers = [k for k, (number, _) in enumerate(products) if number == circuit]
            if numbers:
                vectors = np.stack([products[k][1] for k in numbers])
                self._parts.append((numbers, _Stack(circuit, blocks[circuit], vectors)))
        self._count = len(products)

    def values(self, matrices: Matrices) -> list[np.ndarray]:
        """Return f of every product, (rows,) each, for the matrices of every circuit."""
        found: list[np.ndarray] = [np.empty(0)] * self._count
        for numbers, stack in self._parts:
            for k, f in zip(numbers, stack.values(matrices[stack.circuit])):
                found[k] = f
        return found

    def gradients(self, slopes: Sequence[np.ndarray]) -> Matrices:
        """Return ∂L/∂G of every block at the matrices of the last call of `values`.

        Args:
            slopes: ∂L/∂f of every product, (rows,) each.
        """
        found: Matrices = [[np.zeros(m.shape) for _, m in b.gates] for b in self._blocks]
        for numbers, stack in self._parts:
            found[stack.circuit] = stack.gradients(np.stack([slopes[k] for k in numbers]))
        return found


class _Stack:
    """The products of one circuit."""

    def __init__(self, circuit: int, blocks: Blocks, vectors: np.ndarray) -> None:
        self.circuit = circuit
        self._size = vectors.shape[:2]
        self._shape = _Shape.of(blocks)
        leaves = [_leaf(vectors[:, :, k].conj(), end) for k, end in enumerate(self._shape.ends)]
        self._names = [names for names, _ in leaves]
        self._vectors = [data for _, data in leaves]
        names = [*self._shape.gates, *self._names]
        order = self._order(names)
        self._step = self._rows_at_a_time(order, blocks)
        self._program = Program(names, order.pairs, (PRODUCTS, ROWS), len(self._shape.gates))
        self._matrices: list[np.ndarray] = []
        self._tape: list[np.ndarray] | None = None

    def values(self, matrices: list[np.ndarray]) -> np.ndarray:
        """Return f, (products, rows)."""
        self._matrices, (count, rows) = matrices, self._size
        found = []
        for start in range(0, rows, self._step):
            tape = self._run(start)
            self._tape = tape if self._step >= rows else None
            size = (count, min(self._step, rows - start))
            found.append(np.broadcast_to(self._spread(tape[-1]), size))
        return np.concatenate(found, axis=1)

    def gradients(self, slopes: np.ndarray) -> list[np.ndarray]:
        """Return ∂L/∂G of every block for slopes (products, rows)."""
        total = [np.zeros(m.shape, np.result_type(m, slopes)) for m in self._matrices]
        missing = tuple(axis for axis in (PRODUCTS, ROWS) if axis not in self._program.names)
        for start in range(0, self._size[1], self._step):
            tape = self._tape if self._tape is not None else self._run(start)
            part = slopes[:, start : start + self._step].sum(axis=missing)
            for k, slope in enumerate(self._program.slopes(tape, part)):
                self._shape.view(k, total[k])[...] += slope
        return total

    def _run(self, start: int) -> list[np.ndarray]:
        rows = slice(start, start + self._step)
        gates = [self._shape.view(k, matrix) for k, matrix in enumerate(self._matrices)]
        pairs = zip(self._names, self._vectors)
        vectors = [data[..., rows] if ROWS in names else data for names, data in pairs]
        return self._program.run([*gates, *vectors])

    def _spread(self, value: np.ndarray) -> np.ndarray:
        """Return the result with axes (products, rows), of length 1 where it has none."""
        names = self._program.names
        sizes = iter(value.shape)
        return value.reshape([next(sizes) if axis in names else 1 for axis in (PRODUCTS, ROWS)])

    def _order(self, names: list[Names]) -> Order:
        sizes = dict(zip((PRODUCTS, ROWS), self._size))
        sizes |= {name: 2 for tensor in names for name in tensor if name not in sizes}
        tensors = tuple(frozenset(tensor) for tensor in names)
        return best_order(Network(tensors, sizes, frozenset((PRODUCTS, ROWS)), self._shape.wires))

    def _rows_at_a_time(self, order: Order, blocks: Blocks) -> int:
        """Return how many rows fit the memory together."""
        count, rows = self._size
        each = fixed = 0.0
        for names in order.results:
            wires = len(names - {PRODUCTS, ROWS})
            entries = 2.0**wires * (count if PRODUCTS in names else 1)
            if ROWS in names:
                each += entries
            else:
                fixed += entries
        if each + fixed > LARGEST:
            raise ArgumentError(
                f"A circuit of {blocks.n} qubits and {blocks.size} blocks is contracted exactly to "
                f"be refined, and this one takes {each + fixed:.2g} numbers for a single row, but "
                f"at most {LARGEST:.2g} are held. Compile with fewer layers or blocks."
            )
        return rows if each * rows <= ROOM else max(1, int(ROOM / each))


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the blocks of a circuit act, as a network of wires.

    Args:
        wires: of every block those behind it and those before it that do not begin in |0>.
        ends: the last wire of every site; None where no block acts.
        places: for every block the index into its matrix with an axis per wire.
    """

    wires: tuple[tuple[Names, Names], ...]
    ends: tuple[int | None, ...]
    places: tuple[tuple[int | slice, ...], ...]

    @classmethod
    def of(cls, blocks: Blocks) -> _Shape:
        ends: list[int | None] = [None] * blocks.n
        wires, places, wire = [], [], ROWS
        for sites, _ in blocks.gates:
            before = [ends[site] for site in sites]
            for site in sites:
                wire += 1
                ends[site] = wire
            after = [ends[site] for site in sites]
            known = tuple(name for name in before if name is not None)
            wires.append((tuple(name for name in after if name is not None), known))
            index = [slice(None) if name is not None else 0 for name in (*after, *before)]
            places.append(tuple(index))
        return cls(tuple(wires), tuple(ends), tuple(places))

    @property
    def gates(self) -> list[Names]:
        """The labels of every block."""
        return [(*after, *before) for after, before in self.wires]

    def view(self, k: int, matrix: np.ndarray) -> np.ndarray:
        """Return the part of a matrix that is used, one axis per label."""
        found: np.ndarray = matrix.reshape((2,) * len(self.places[k]))[self.places[k]]
        return found


def _leaf(vectors: np.ndarray, end: int | None) -> tuple[Names, np.ndarray]:
    """Return labels and array of the vectors (products, rows, 2) of a site.

    Without a block on the site its |0> stays, and meets the vector at once.
    """
    names: list[int] = []
    if end is not None:
        names.append(end)
    data = vectors.transpose(2, 0, 1) if end is not None else vectors[..., 0]
    for axis in (PRODUCTS, ROWS):
        place = len(names)
        first = data.take([0], axis=place)
        if data.shape[place] > 1 and not np.array_equal(np.broadcast_to(first, data.shape), data):
            names.append(axis)
        else:
            data = first.squeeze(place)
    return tuple(names), np.ascontiguousarray(data)
