r"""Transverse kernel: exact contraction site by site, without any singular value decomposition.

Read along the chain instead of along time, a circuit of L gates per bond and its target are a
product of linear maps on a boundary vector with one leg pair (input, output) per gate of the bond
and the bond of the target, of size at most :math:`4^L \chi`. On one site the gates of the left bond
(a) and of the right bond (b) alternate in time, and each b gate takes the two legs between its
neighbours to its own two legs on the next site, so that the maps of a site act on different legs
and are small matrices; the target's tensor is one matrix product. Forward and backward pass with
the products of both at every gate give all environments, as in back-propagation.

Cost: O(n 4^L χ² + n L 4^L χ): the choice for shallow circuits.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from qtn.aqc.kernels import transverse_loops as loops
from qtn.aqc.kernels.gate_loops import polar_batch
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states.kernels.overlap import log_overlap
from qtn.states.schmidt import SchmidtForm

CUTS = 10.0 ** np.arange(-14, -3)


@dataclass(frozen=True, slots=True)
class Program:
    """The operations of one contraction, ready for the compiled kernels.

    Args:
        operations: one row per operation (see `transverse_loops.run`).
        sites: matrices of the target's sites, flat.
        store, spare: how many numbers all boundaries and one boundary take.
        parts: 1 for real, 2 for complex problems.
    """

    operations: np.ndarray
    sites: np.ndarray
    store: int
    spare: int
    parts: int

    @property
    def cost(self) -> float:
        """Multiplications of one gradient."""
        ops = self.operations
        sizes = ops[:, 2] * ops[:, 3] * ops[:, 4] * ops[:, 5]
        return float(np.sum(np.where(ops[:, 0] == loops.PSI, 2, 3) * sizes))


class _Builder:
    """Writes the operations site by site.

    Segment p of a site's wire lies between its letters p - 1 and p; letters are "a" for gates on
    the left bond and "b" for gates on the right bond. `legs` lists the boundary's legs in time
    order: the segments still open on this site, then gates, whose legs lie on the next site.
    """

    def __init__(self, ansatz: Ansatz, chain: list[np.ndarray]) -> None:
        self.chain = [t.conj() for t in chain]
        self.rows: list[list[int]] = []
        self.spare = self.site_length = 0
        self.sites: list[np.ndarray] = []
        self.parts = 1 if chain[0].dtype.kind == "f" else 2
        self.offset, self.chi = 0, 1
        self.end = self.parts
        self.legs: list[tuple[str, int]] = []
        self.words: list[list[tuple[str, int]]] = [[] for _ in range(ansatz.n)]
        self.wire = ansatz.size
        for number, bond in ansatz.sequence():
            self.words[bond].append(("b", number))
            self.words[bond + 1].append(("a", number))

    def site(self, i: int) -> None:
        """Write the operations of site i."""
        word = self.words[i]
        kinds = ["start", *(kind for kind, _ in word), "end"]
        segments = list(itertools.pairwise(kinds))
        self.legs = []
        for p, pair in enumerate(segments):
            if pair == ("a", "a"):
                self.legs += [("s", p), ("s", p)]
            elif pair in (("a", "b"), ("b", "a"), ("a", "end")):
                self.legs.append(("s", p))
        for p, pair in enumerate(segments):
            if pair == ("a", "a"):
                self._group(self.wire, self.legs.index(("s", p)), 2, [])
        self._target(i, segments[-1])
        for p, pair in enumerate(segments):
            if pair == ("b", "b"):
                place = sum(q < p for _, q in self.legs)
                self._group(self.wire, place, 0, [("s", p), ("s", p)])
        following = self.words[i + 1] if i + 1 < len(self.words) else []
        gates = [
            (p, number, int(p == 0), int(following[0] == ("a", number)))
            for p, (kind, number) in enumerate(word)
            if kind == "b"
        ]
        # Gates that shrink the boundary come first, gates that enlarge it last.
        for p, number, left, right in sorted(gates, key=lambda g: g[2] - g[3]):
            wanted = ("s", p + 1)
            place = self.legs.index(wanted) - (1 - left)
            new = [("n", p + 1)] * (2 - right)
            self._group(number, place, 2 - left, new)

    def _group(self, number: int, place: int, width: int, new: list[tuple[str, int]]) -> None:
        pre, post = 2**place, 2 ** (len(self.legs) - place - width) * self.chi
        self.legs[place : place + width] = new
        kind = loops.WIRE if number == self.wire else loops.GATE
        self._row([kind, number, pre, 2**width, 2 ** len(new), post], 0, 0)

    def _target(self, i: int, segment: tuple[str, str]) -> None:
        tensor = self.chain[i]
        left, _, right = tensor.shape
        rows = 2 ** len(self.legs)
        if segment[0] == "a":
            matrix, rows = tensor.transpose(1, 0, 2).reshape(2 * left, right), rows // 2
            self.legs.pop()
        elif segment[0] == "b":
            matrix = tensor.reshape(left, 2 * right)
            self.legs.append(("s", len(self.words[i])))
        else:
            matrix = tensor[:, 0]
        self.chi = right
        row = [loops.PSI, i, rows, *matrix.shape, 1]
        self._row(row, self._matrix(matrix), self._matrix(matrix.T))

    def _matrix(self, matrix: np.ndarray) -> int:
        """Keep the real and the imaginary part of a matrix, flat; return where they begin."""
        blocks = [matrix.real, matrix.imag][: self.parts]
        self.sites += [block.reshape(-1) for block in blocks]
        self.site_length += len(blocks) * matrix.size
        return self.site_length - len(blocks) * matrix.size

    def _row(self, row: list[int], first: int, back: int) -> None:
        size = self.parts * row[2] * row[4] * row[5]
        self.rows.append([*row, self.offset, self.end, first, back])
        self.spare = max(self.spare, size, self.parts * row[2] * row[3] * row[5])
        self.offset, self.end = self.end, self.end + size

    def program(self) -> Program:
        """Return the finished program."""
        for i in range(len(self.chain)):
            self.site(i)
        return Program(
            np.array(self.rows, np.int64),
            np.concatenate(self.sites),
            self.end,
            self.spare,
            self.parts,
        )


def build(ansatz: Ansatz, chain: list[np.ndarray]) -> Program:
    """Return the program that contracts <chain|U|0...0> for circuits of this shape."""
    return _Builder(ansatz, chain).program()


def boundary_legs(ansatz: Ansatz) -> np.ndarray:
    """Return how many legs of dimension two the boundary left of each site has."""
    legs = np.zeros(ansatz.n)
    seen: set[int] = set()
    for _, bond in ansatz.sequence():
        legs[bond + 1] += 1.0 if bond + 1 not in seen else 2.0
        seen.update((bond, bond + 1))
    return legs


def truncated(target: SchmidtForm, cut: float) -> list[np.ndarray]:
    """Return the chain whose bonds lose at most the weight `cut` each, normalised."""
    chain = target.sliced(cut)
    chain[0] = chain[0] / math.exp(0.5 * log_overlap(chain, chain)[1])
    return chain


class TransverseKernel:
    """Overlap, environments and polar sweeps by exact contraction site by site.

    The target's bonds are truncated by the weight `cut` per bond (rounded down to a power of
    ten), so that early steps are cheap; nothing else is approximated.
    """

    turn: int | None = None

    def __init__(
        self, target: list[np.ndarray] | SchmidtForm, ansatz: Ansatz, cut: float = 1e-6
    ) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self._target = target if isinstance(target, SchmidtForm) else SchmidtForm.from_left(target)
        self._programs: dict[float, Program] = {}
        self._level = -1.0
        self._whole = self._memory = np.empty(0)
        self._last = np.empty(0)
        self._mode = loops.SWEEP_BACK

    def program(self) -> Program:
        """Return the program for the present cut; each is built once and kept."""
        level = self._cut_level()
        if level not in self._programs:
            self._programs[level] = build(self.ansatz, truncated(self._target, level))
        return self._programs[level]

    def _cut_level(self) -> float:
        return float(CUTS[max(0, int(np.searchsorted(CUTS, 1.0001 * self.cut)) - 1)])

    def _ready(self) -> Program:
        """Return the program for the present cut, with memory for it."""
        program, level = self.program(), self._cut_level()
        if level != self._level:
            self._memory = self._room(program.store + 2 * program.spare)
            self._level, self._last = level, np.empty(0)
        return program

    def _room(self, size: int) -> np.ndarray:
        """Return memory, that of before where it is large enough.

        Twice of what is asked for is set aside: what is never written to takes no memory, and new
        memory costs more than a gradient.
        """
        if self._whole.size < size:
            self._whole = np.empty(2 * size)
        return self._whole[:size]

    def _run(self, program: Program, gates: np.ndarray, mode: int) -> tuple[complex, np.ndarray]:
        """Contract, updating the gates where a sweep stops; return f and the environments."""
        at, here, count = 0, 0, len(program.operations)
        out, used, room = np.zeros_like(gates), np.concatenate([gates, loops.BARE]), np.empty(32)
        while True:
            at, here = loops.run(
                program.operations, used.reshape(-1), program.sites, self._memory, program.spare,
                program.parts, mode, out.reshape(-1), at, here, loops.ORDERS, room,
            )  # fmt: skip
            if at >= count:
                break
            number = program.operations[count - 1 - at if mode == loops.SWEEP_BACK else at, 1]
            one = slice(number, number + 1)
            polar_batch(out[one], used[one], program.parts == 1)
            at = -1 - at
        if mode >= loops.SWEEP_BACK:
            gates[:] = used[:-1]
        imaginary = self._memory[here + 1] if program.parts == 2 else 0.0
        return complex(self._memory[here], imaginary), out

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates.

        Args:
            gates: (gates, 2, 4, 4), real and imaginary parts.

        Returns:
            f and an array like `gates`.
        """
        program = self._ready()
        self._last = np.empty(0)
        return self._run(program, gates, loops.GRADIENT)

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate once by its polar factor, in place; return the overlap."""
        program = self._ready()
        if self._last.shape != gates.shape or not np.array_equal(self._last, gates):
            self._run(program, gates, loops.FORWARD)
            self._mode = loops.SWEEP_BACK
        overlap, _ = self._run(program, gates, self._mode)
        self._mode = loops.SWEEP_FORTH if self._mode == loops.SWEEP_BACK else loops.SWEEP_BACK
        self._last = gates.copy()
        return overlap
