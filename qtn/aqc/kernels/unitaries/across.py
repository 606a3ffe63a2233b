r"""Transverse kernel for operators: exact contraction of Tr(U†V)/2ⁿ bond by bond along the chain.

Cut through a bond, the circuit V has one leg pair (input, output) per gate of that bond, on the
wire of the site at hand, and the target U its bond χ: a boundary of :math:`4^L \chi` numbers. Each
gate of the bond is a 4x4 matrix from its pair on the left site to its pair on the right site. On a
site the gates of its two bonds alternate in time, so that the output of one is the input of the
next: the same legs, grouped otherwise, are the pairs of the next bond. Only the first and the last
segment of a wire end on the target's tensor, which closes or opens them in one matrix product:

    s_0 | E s_1 | O s_2 | E s_3 | ... s_D      E: gates of one bond, O: of the other

For odd D the bonds alternate between Le = (D + 1)/2 gates, where both outer segments belong to the
pairs, and Lo = (D - 1)/2, where neither does. At both ends of the chain the pairs are joined by
deltas. Environments come from the boundaries from the right, as in back-propagation; of the ones
from the left only one per bond is kept.

Cost, complex products per two sites and pass: :math:`8 \cdot 4^{Lo} \chi^2` in the target's tensors
and :math:`4 L 4^L \chi` in the gates of each of the two bonds; three passes and a part of a fourth.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtn.aqc.kernels.unitaries import pair_loops as loops
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape
from qtn.states.kernels.overlap import log_overlap
from qtn.states.schmidt import SchmidtForm

CUTS = 10.0 ** np.arange(-14, -3)  # levels of truncation of the target
GROUP = 3  # gates that are applied to a block in the cache


@dataclass(frozen=True, slots=True)
class Site:
    """How the target's tensor of one site takes the boundary of its left bond to the right one.

    Args:
        closes_first, closes_last: whether the outer segments belong to the left bond.
        rows: number of values of the segments between.
        forward, backward: real matrices, one for each value of the first segment.
    """

    closes_first: bool
    closes_last: bool
    rows: int
    forward: tuple[np.ndarray, np.ndarray]
    backward: tuple[np.ndarray, np.ndarray]

    def passed(self, boundary: np.ndarray, out: np.ndarray) -> None:
        """Write the boundary right of the site."""
        _multiplied(boundary, self.forward, self.rows, self.closes_first, out)

    def returned(self, boundary: np.ndarray, out: np.ndarray) -> None:
        """Write the boundary left of the site from that right of it."""
        _multiplied(boundary, self.backward, self.rows, not self.closes_first, out)


def _multiplied(
    boundary: np.ndarray,
    matrices: tuple[np.ndarray, np.ndarray],
    rows: int,
    closes: bool,
    out: np.ndarray,
) -> None:
    """Multiply by one matrix for each value of the first segment, which is summed or opened."""
    inner, outer = matrices[0].shape
    if closes:
        halves, whole = boundary.reshape(2, rows, inner), out.reshape(rows, outer)
        np.matmul(halves[0], matrices[0], out=whole)
        whole += halves[1] @ matrices[1]
    else:
        whole, opened = boundary.reshape(rows, inner), out.reshape(2, rows, outer)
        for half, matrix in zip(opened, matrices, strict=True):
            np.matmul(whole, matrix, out=half)


def _in_parts(tensor: np.ndarray) -> np.ndarray:
    """Return multiplication by complex numbers as real 2x2 blocks, on the two first axes."""
    return np.array([[tensor.real, tensor.imag], [-tensor.imag, tensor.real]])


class _Program:
    """The contraction with a target of given bonds: its matrices and all room that it takes."""

    def __init__(self, ansatz: Ansatz, chain: list[np.ndarray]) -> None:
        tensors = [t.conj().reshape(len(t), 2, 2, -1) * math.sqrt(0.5) for t in chain]
        n, depth = ansatz.n, len(ansatz.layers)
        self.bonds: list[list[int]] = [[] for _ in range(n - 1)]
        for number, bond in ansatz.sequence():
            self.bonds[bond].append(number)
        counts = [len(gates) for gates in self.bonds]
        last = (depth - 1) % 2 if n > 2 else 0
        self.sites = [
            _site(tensors[i], counts[i - 1], (i - 1) % 2 == 0, (i - 1) % 2 == last)
            for i in range(1, n - 1)
        ]
        self.chi = [t.shape[3] for t in tensors[:-1]]
        sizes = [4**count * 2 * chi for count, chi in zip(counts, self.chi)]
        self.kept = [np.empty(size) for size in sizes]
        self.kept[0][:] = _end(tensors[0], counts[0], 3).reshape(-1)
        self.right = _end(tensors[-1], counts[-1], 0).reshape(-1)
        self.room = [np.empty(max(sizes)) for _ in range(3)]
        widths = [math.ceil(math.ceil(loops.WIDTH / chi) * chi / 16) * 16 for chi in self.chi]
        self.groups = [
            [_group(gates, part, chi, width) for part in _parts(len(gates))]
            for gates, chi, width in zip(self.bonds, self.chi, widths)
        ]
        most = max((group.size for bond in self.groups for group in bond), default=0)
        self.block = np.zeros(most)


@dataclass(frozen=True, slots=True)
class Group:
    """Gates of one bond that are applied together.

    Args:
        gates: their numbers.
        shape: see `pair_loops.move`.
        width: numbers in a row of a block.
    """

    gates: list[int]
    shape: tuple[int, int, int, int]
    width: int

    @property
    def size(self) -> int:
        """Numbers in the blocks that the gates take."""
        return 5 * self.shape[1] * 2 * self.width

    def blocks(self, room: np.ndarray) -> np.ndarray:
        """Return the blocks in an array that has room for them."""
        return room[: self.size].reshape(5, 2, self.shape[1], self.width)


def _group(gates: list[int], part: slice, chi: int, width: int) -> Group:
    behind = len(gates) - part.stop
    shape = 4**part.start, 4 ** (part.stop - part.start), 4**behind, chi
    return Group(gates[part], shape, width)


def _parts(count: int) -> list[slice]:
    """Return the gates of a bond in groups of at most `GROUP`, as even as can be."""
    parts = max(1, math.ceil(count / GROUP))
    ends = [round(k * count / parts) for k in range(parts + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(ends) if b > a]


def _site(tensor: np.ndarray, count: int, closes_first: bool, closes_last: bool) -> Site:
    """Return the matrices of one site from its tensor (left, out, in, right), conjugated."""
    left, _, _, right = tensor.shape
    forward, backward = [], []
    for first in range(2):
        blocks = _in_parts(tensor[:, :, first, :])  # parts in, parts out, left, out, right
        if closes_last:
            forward.append(blocks.transpose(3, 0, 2, 1, 4).reshape(4 * left, 2 * right))
            backward.append(blocks.transpose(0, 4, 3, 1, 2).reshape(2 * right, 4 * left))
        else:
            forward.append(blocks.transpose(0, 2, 3, 1, 4).reshape(2 * left, 4 * right))
            backward.append(blocks.transpose(3, 0, 4, 1, 2).reshape(4 * right, 2 * left))
    rows = 4**count // (1 + closes_first) // (1 + closes_last)
    pair = [tuple(np.ascontiguousarray(m) for m in part) for part in (forward, backward)]
    return Site(closes_first, closes_last, rows, pair[0], pair[1])  # type: ignore[arg-type]


def _end(tensor: np.ndarray, count: int, axis: int) -> np.ndarray:
    """Return the boundary at an end: pairs joined by deltas, in parts, then the target's bond."""
    inner = np.moveaxis(tensor, axis, 0)[..., 0] if axis == 0 else tensor[0].transpose(2, 0, 1)
    if count == 0:
        found = np.trace(inner, axis1=1, axis2=2)[None]
    else:
        found = np.zeros((2,) * (2 * count) + (len(inner),), complex)
        ends = inner.transpose(2, 1, 0)  # in, out, bond
        for middle in itertools.product(range(2), repeat=count - 1):
            joined = tuple(k for value in middle for k in (value, value))
            index: tuple[Any, ...] = (slice(None), *joined, slice(None))
            found[index] = ends
        found = found.reshape(4**count, -1)
    return np.stack([found.real, found.imag], axis=1)


class AcrossKernel:
    """Overlap Tr(U†V)/2ⁿ and environments of a brickwall V by exact contraction along the chain.

    The target's bonds are truncated by the weight `cut` per bond (rounded down to a power of ten),
    so that early steps are cheap; nothing else is approximated.

    Args:
        target: the operator as a chain of dimension four per site (index 2 out + in), norm 1.
        ansatz: a brickwall.
        cut: relative weight that one bond of the target may lose; may be changed at any time.
    """

    def __init__(self, target: SchmidtForm, ansatz: Ansatz, cut: float = 1e-6) -> None:
        if ansatz != brickwall_shape(ansatz.n, len(ansatz.layers)):
            raise ValueError("the transverse kernel of operators takes brickwalls only")
        self.ansatz = ansatz
        self.cut = cut
        self._target = target
        self._level = -1.0
        self._program: _Program | None = None

    def _ready(self) -> _Program:
        """Return the program for the present cut."""
        index = int(np.searchsorted(CUTS, 1.0001 * self.cut)) - 1
        level = float(CUTS[max(0, index)])
        if self._program is None or level != self._level:
            chain = self._target.sliced(level)
            chain[0] = chain[0] / math.exp(0.5 * log_overlap(chain, chain)[1])
            self._program, self._level = _Program(self.ansatz, chain), level
        return self._program

    @property
    def products(self) -> float | None:
        """Complex products that one gradient cannot do without: three passes."""
        program = self._ready()
        gates = sum(4.0 * len(g) * x.size / 2.0 for g, x in zip(program.bonds, program.kept))
        sites = sum(2.0 * s.rows * s.forward[0].size / 4.0 for s in program.sites)
        return 3.0 * (gates + sites)

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        program = self._ready()
        across = _reordered(gates)
        found = np.zeros_like(across)
        overlap = self._forward(program, across)
        self._backward(program, across, found)
        return overlap, _reordered(found)

    def overlap(self, gates: np.ndarray) -> complex:
        """Return f alone, at a third of the cost."""
        return self._forward(self._ready(), _reordered(gates))

    def _forward(self, program: _Program, across: np.ndarray) -> complex:
        last = len(program.bonds) - 1
        for bond in range(last + 1):
            here = _through(program, program.groups[bond], across, program.kept[bond])
            if bond < last:
                program.sites[bond].passed(here, program.kept[bond + 1])
        shape = (-1, 2, program.chi[last])
        y, w = here.reshape(shape), program.right.reshape(shape)
        parts = np.einsum("rck,rdk->cd", w, y)
        return complex(parts[0, 0] - parts[1, 1], parts[0, 1] + parts[1, 0])

    def _backward(self, program: _Program, across: np.ndarray, found: np.ndarray) -> None:
        back = np.ascontiguousarray(across.transpose(0, 1, 3, 2))
        after, other = program.room[1], program.room[2]
        after[: program.right.size] = program.right
        for bond in range(len(program.bonds) - 1, -1, -1):
            w, groups = after[: program.kept[bond].size], program.groups[bond]
            for k in range(len(groups) - 1, -1, -1):
                before = program.kept[bond]
                if k:
                    before = _through(program, groups[:k], across, before)
                numbers = groups[k].gates
                environments = np.zeros((len(numbers), 2, 4, 4))
                loops.return_group(
                    before, w, across[numbers], back[numbers], environments,
                    groups[k].shape, groups[k].blocks(program.block),
                )  # fmt: skip
                found[numbers] = environments
            if bond:
                program.sites[bond - 1].returned(w, other[: program.kept[bond - 1].size])
                after, other = other, after


def _reordered(gates: np.ndarray) -> np.ndarray:
    """Return gates [(out, out'), (in, in')] as matrices [(in', out'), (in, out)], or back."""
    legs = gates.reshape(-1, 2, 2, 2, 2, 2).transpose(0, 1, 5, 3, 4, 2)
    return np.ascontiguousarray(legs).reshape(-1, 2, 4, 4)


def _through(
    program: _Program, groups: list[Group], across: np.ndarray, boundary: np.ndarray
) -> np.ndarray:
    """Return a boundary behind groups of gates."""
    out = program.room[0][: boundary.size]
    out[:] = boundary
    for group in groups:
        loops.apply_group(out, across[group.gates], group.shape, group.blocks(program.block))
    return out
