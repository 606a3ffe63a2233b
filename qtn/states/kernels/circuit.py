"""Apply gate lists to chains of tensors (pure states and density operators alike).

A gate is a pair `(sites, matrix)`. The matrix acts on the product space of the listed sites, the
first listed site being the most significant digit of the row and column index. The same kernels
serve state vectors (two levels per site, complex) and density operators in the Pauli basis (four
levels per site, real).

The chain keeps one orthogonality centre. It is moved by QR factorisations to the gate that comes
next, so every truncation is the optimal one and the squared weight that it loses is the exact
relative error of that step. The product of the kept weights estimates the fidelity of the result.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, fail, positive_int, real
from qtn._machine import GrowingThreads
from qtn._memory import check_memory
from qtn.states.kernels.gauge import split_left, split_right, thin_qr
from qtn.states.kernels.split import Split, operator_factors, split_gram, split_sketch, split_svd
from qtn.states.kernels.work import Step, Watch, move_work, pair_work

Array = NDArray[Any]
Gate = tuple[tuple[int, ...], Array]

METHODS = ("auto", "svd", "gram", "qr")
# Entries of a block from which the free memory is looked at.
_LARGE = 1 << 21
GRAM_FLOOR = 1e-14
"""Below this discarded weight the squared (Gram) spectrum is rounding noise: use an SVD."""


@dataclass(frozen=True, slots=True)
class Build:
    """The chain left by a gate list, and how well it was represented.

    Args:
        tensors: one array (left, phys, right) per site.
        center: site that holds the orthogonality centre.
        discarded: relative squared weight lost at each cut, summed over the gates, shape (n-1,).
        fidelity: product of the kept weights over all truncations, an estimate of the fidelity.
        distance: Σ √ε over all truncations; for unitary gates an upper bound of the norm of the
            difference between the exact state and this one, relative to the norm at the start.
        max_bond: largest bond dimension met on the way.
    """

    tensors: tuple[Array, ...]
    center: int
    discarded: Array
    fidelity: float
    distance: float
    max_bond: int


def apply_gates(
    tensors: Sequence[Array],
    gates: Sequence[Gate],
    *,
    center: int | None = None,
    max_bond: int | None = None,
    cutoff: float = 1e-14,
    method: str = "auto",
    watch: Watch | None = None,
) -> Build:
    """Apply one- and two-site gates to a chain and truncate its bonds on the way.

    Gates on one site are merged into neighbouring two-site gates, repeated gates on a pair into
    one, and independent gates are reordered so that the centre travels little. A gate on distant
    sites is carried out by noise-free swaps there and back.

    Args:
        tensors: the chain, arrays (left, phys, right); the same phys dimension d everywhere.
        gates: pairs `(sites, matrix)`, matrices (d, d) or (d², d²), applied in order.
        center: site of the orthogonality centre of `tensors`; None if there is none.
        max_bond: upper limit of the bond dimensions; None for no limit.
        cutoff: relative squared weight that one truncation may lose.
        method: "svd", "gram", "qr" (see `qtn.states.kernels.split`; "qr" means the sketch where a
            block exceeds the cap by half, else svd) or "auto": qr there, gram
            where the cutoff allows it, else svd.
        watch: called after every fused gate; it stops the work by raising.

    Returns:
        The chain with its error account.

    Raises:
        ArgumentError: for a gate outside the chain or of the wrong size, or a bad option.

    Cost:
        O(d⁶ χ³) per two-site gate.

    Example:
        >>> zero = [np.array([1.0, 0.0]).reshape(1, 2, 1)] * 2
        >>> hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        >>> cx = np.eye(4)[[0, 1, 3, 2]]
        >>> build = apply_gates(zero, [((0,), hadamard), ((0, 1), cx)])
        >>> np.round(np.tensordot(*build.tensors, 1).reshape(4), 6)
        array([0.707107, 0.      , 0.      , 0.707107])

    Reference:
        G. Vidal, Phys. Rev. Lett. 91, 147902 (2003); U. Schollwöck, Ann. Phys. 326, 96 (2011),
        section 7. Here the centre moves with the gates instead of one Schmidt vector per bond.
    """
    choice("method", method, METHODS)
    real("cutoff", cutoff, 0.0, 1.0)
    limit = None if max_bond is None else positive_int("max_bond", max_bond)
    phys = tensors[0].shape[1]
    check_gates(gates, len(tensors), phys)
    single, pairs = fuse_gates(route_gates(gates, phys), phys)
    chain = _Chain(list(tensors), center, limit, cutoff, method)
    with GrowingThreads() as threads:
        chain.run(schedule(pairs, chain.center), threads, watch)
    for site, matrix in single.items():
        chain.tensors[site] = apply_one(chain.tensors[site], matrix)
    return Build(
        tuple(np.ascontiguousarray(t) for t in chain.tensors),
        chain.center,
        chain.discarded,
        chain.fidelity,
        chain.distance,
        chain.max_bond,
    )


def check_gates(gates: Sequence[Gate], n: int, phys: int) -> None:
    """Raise `ArgumentError` unless every gate fits a chain of `n` sites of dimension `phys`."""
    for sites, matrix in gates:
        if len(sites) not in (1, 2) or len(set(sites)) != len(sites):
            raise fail("gates", "on one site or two different sites", sites)
        if min(sites) < 0 or max(sites) >= n:
            raise fail("gates", f"on sites 0 to {n - 1}", sites)
        if matrix.shape != (phys ** len(sites),) * 2:
            raise fail("gates", f"matrices of side {phys ** len(sites)} on {sites}", matrix)


def on_outputs(matrix: Array) -> Array:
    """Lift a gate to the output index of sites of an operator, whose index is 2 out + in."""
    sites = len(matrix).bit_length() - 1
    one = np.eye(2)
    if sites == 1:
        return np.kron(matrix, one)
    legs = np.einsum("abcd,ij,kl->aibkcjdl", matrix.reshape(2, 2, 2, 2), one, one)
    return legs.reshape(16, 16)


def swap_matrix(phys: int) -> Array:
    """Return the permutation that exchanges two sites of dimension `phys`."""
    square = np.eye(phys * phys).reshape((phys,) * 4)
    return square.transpose(1, 0, 2, 3).reshape(phys * phys, phys * phys)


def route_gates(gates: Sequence[Gate], phys: int) -> list[Gate]:
    """Write every two-site gate as one on neighbours, in ascending order, with swaps around it."""
    swap = swap_matrix(phys)
    out: list[Gate] = []
    for sites, matrix in gates:
        if len(sites) == 1:
            out.append((sites, matrix))
            continue
        low, high = sites
        if low > high:
            matrix = swap @ matrix @ swap
            low, high = high, low
        path = [((k, k + 1), swap) for k in range(low, high - 1)]
        out += [*path, ((high - 1, high), matrix), *reversed(path)]
    return out


def fuse_gates(gates: Sequence[Gate], phys: int) -> tuple[dict[int, Array], list[Gate]]:
    """Merge one-site gates into pairs and repeated pairs into one.

    Args:
        gates: gates on one site or on ascending pairs.
        phys: dimension of a site.

    Returns:
        The one-site gates of sites that no pair touches, and the fused pairs in a valid order.
    """
    one = np.eye(phys)
    waiting: dict[int, Array] = {}
    last: dict[int, int] = {}
    pairs: list[tuple[tuple[int, ...], Array]] = []
    for sites, matrix in gates:
        if len(sites) == 1:
            (site,) = sites
            if site in last:
                where, old = pairs[last[site]]
                first, second = (matrix, one) if where[0] == site else (one, matrix)
                pairs[last[site]] = (where, _kron(first, second) @ old)
            else:
                waiting[site] = matrix @ waiting[site] if site in waiting else matrix
            continue
        a, b = sites
        if a in last and last.get(b) == last[a]:
            pairs[last[a]] = (sites, matrix @ pairs[last[a]][1])
            continue
        if a in waiting or b in waiting:
            matrix = matrix @ _kron(waiting.pop(a, one), waiting.pop(b, one))
        last[a] = last[b] = len(pairs)
        pairs.append((sites, matrix))
    return waiting, pairs


def _kron(a: Array, b: Array) -> Array:
    side = len(a) * len(b)
    return (a[:, None, :, None] * b[None, :, None, :]).reshape(side, side)


def schedule(pairs: Sequence[Gate], center: int | None) -> list[Gate]:
    """Order commuting gates so that the next one is near the last (ties: keep the direction)."""
    waits = [0] * len(pairs)
    after: list[list[int]] = [[] for _ in pairs]
    last: dict[int, int] = {}
    for k, (sites, _) in enumerate(pairs):
        before = {last[s] for s in sites if s in last}
        waits[k] = len(before)
        for earlier in before:
            after[earlier].append(k)
        for site in sites:
            last[site] = k
    # Gates that are ready act on different sites, so their left sites are unique.
    ready = {pairs[k][0][0]: k for k, count in enumerate(waits) if count == 0}
    lefts = sorted(ready)
    place, step = (0 if center is None else center), 1
    order: list[Gate] = []
    while lefts:
        left = lefts.pop(_nearest(lefts, place, step))
        k = ready[left]
        step = step if left == place else (1 if left > place else -1)
        place = left
        order.append(pairs[k])
        for later in after[k]:
            waits[later] -= 1
            if waits[later] == 0:
                ready[pairs[later][0][0]] = later
                bisect.insort(lefts, pairs[later][0][0])
    return order


def _nearest(lefts: Sequence[int], place: int, step: int) -> int:
    """Return the index of the site next to `place`; at equal distance the one ahead."""
    right = bisect.bisect_left(lefts, place)
    if right == len(lefts) or (right and lefts[right] != place):
        before = place - lefts[right - 1]
        behind = lefts[right] - place if right < len(lefts) else before + 1
        if before < behind or (before == behind and step < 0):
            return right - 1
    return right


class _Chain:
    """Mutable working copy of a chain with an orthogonality centre."""

    def __init__(
        self,
        tensors: list[Array],
        center: int | None,
        max_bond: int | None,
        cutoff: float,
        method: str,
    ) -> None:
        self.tensors = tensors
        self.limit = max_bond
        self.cutoff = cutoff
        self.method = method
        self.discarded = np.zeros(max(len(tensors) - 1, 0))
        self.fidelity = 1.0
        self.distance = 0.0
        self.work = 0.0
        self.max_bond = max([t.shape[2] for t in tensors], default=1)
        if center is None:
            self.center = len(tensors) - 1
            self.move(0)
        else:
            self.center = center

    def run(
        self, gates: Sequence[Gate], threads: GrowingThreads, watch: Watch | None = None
    ) -> None:
        """Apply the scheduled pairs; leave the centre on the side of the next one."""
        factors = operator_factors([matrix for _, matrix in gates], self.tensors[0].shape[1])
        numbers = sum(t.size for t in self.tensors)
        for k, (sites, matrix) in enumerate(gates):
            left = sites[0]
            following = gates[k + 1][0][0] if k + 1 < len(gates) else left
            self.move(left if self.center <= left else left + 1)
            numbers -= self.tensors[left].size + self.tensors[left + 1].size
            self.apply_pair(left, matrix, factors[k], rightwards=following > left)
            numbers += self.tensors[left].size + self.tensors[left + 1].size
            threads.saw(self.tensors[left].shape[2])
            if watch is not None:
                bond = self.tensors[left].shape[2]
                rank = len(factors[k][0])
                watch(Step(k + 1, len(gates), left, bond, rank, self.work, numbers))

    def move(self, site: int) -> None:
        """Bring the orthogonality centre to `site`."""
        while self.center < site:
            k = self.center
            self.work += move_work(*self.tensors[k].shape)
            self.tensors[k], rest = split_left(self.tensors[k])
            old = self.tensors[k + 1]
            self.tensors[k + 1] = (rest @ old.reshape(len(old), -1)).reshape(-1, *old.shape[1:])
            self.center += 1
        while self.center > site:
            k = self.center
            self.work += move_work(*self.tensors[k].shape[::-1])
            rest, self.tensors[k] = split_right(self.tensors[k])
            old = self.tensors[k - 1]
            moved = old.reshape(-1, old.shape[2]) @ rest
            self.tensors[k - 1] = moved.reshape(*old.shape[:2], -1)
            self.center -= 1

    def apply_pair(
        self, left: int, matrix: Array, factors: tuple[Array, Array], *, rightwards: bool
    ) -> None:
        """Contract a pair with its gate, split it again and keep the centre on one side."""
        first, second = self.tensors[left], self.tensors[left + 1]
        before, phys, middle = first.shape
        behind = second.shape[2]
        small = min(before, behind) * phys
        self.work += pair_work(first.shape, behind, len(factors[0]), self.limit)
        entries = before * behind * phys * phys
        if entries > _LARGE:
            # The block, its product with the gate, and the factors of its split.
            check_memory(
                5 * entries * first.itemsize, f"The state's bond {left}, which is {middle} wide,"
            )
        if len(factors[0]) * middle < small:
            a, b, lost, total = self._split_factored(first, second, factors, rightwards)
        else:
            theta = first.reshape(before * phys, middle) @ second.reshape(middle, phys * behind)
            theta = np.matmul(matrix, theta.reshape(before, phys * phys, behind))
            theta = theta.reshape(before * phys, phys * behind)
            a, b, lost, total = self._split(theta, rightwards, capped=middle == self.limit)
            a = np.eye(len(theta)) if a is None else a
            b = np.eye(theta.shape[1]) if b is None else b
        self.tensors[left] = a.reshape(before, phys, -1)
        self.tensors[left + 1] = b.reshape(-1, phys, behind)
        self.center = left + rightwards
        if total > 0:
            self.discarded[left] += lost / total
            self.distance += np.sqrt(self.fidelity * lost / total)
            self.fidelity *= 1.0 - lost / total
        self.max_bond = max(self.max_bond, a.shape[-1])

    def _split_factored(
        self, first: Array, second: Array, factors: tuple[Array, Array], rightwards: bool
    ) -> Split:
        """Split gate · pair where the gate has a low operator rank, without the large block."""
        ranks, (before, phys, _) = len(factors[0]), first.shape
        x = np.matmul(factors[0][:, None], first[None]).transpose(1, 2, 0, 3)
        x = x.reshape(before * phys, -1)
        y = np.matmul(factors[1][:, None], second[None]).reshape(ranks * second.shape[0], -1)
        if rightwards:
            q, r = thin_qr(x)
            rest = r @ y
        else:
            q, r = thin_qr(y.conj().T)
            rest = x @ r.conj().T
        a, b, lost, total = self._split(rest, rightwards, capped=False)
        if rightwards:
            return (q if a is None else q @ a), b, lost, total
        return a, (q.conj().T if b is None else b @ q.conj().T), lost, total

    def _split(self, theta: Array, rightwards: bool, *, capped: bool) -> Any:
        """Split a block; None stands for an isometry that is the identity."""
        sketch, limit = self.method in ("auto", "qr"), self.limit
        if sketch and limit is not None and 3 * limit <= 2 * min(theta.shape):
            found = split_sketch(theta, limit, rightwards)
            if found is not None and found[2] > self.cutoff * found[3]:
                return found
        fine = self.cutoff >= GRAM_FLOOR
        if self.method == "gram" or (self.method == "auto" and fine):
            return split_gram(theta, self.limit, self.cutoff, rightwards, whole=fine and not capped)
        return split_svd(theta, self.limit, self.cutoff, rightwards)


def apply_one(tensor: Array, matrix: Array) -> Array:
    """Apply a one-site matrix to a tensor (left, phys, right)."""
    return np.matmul(matrix, tensor)
