"""Gates that conserve charges on a chain in blocks; the centre moves with them.

A gate mixes levels (s, t) with (s', t') of the same joint charge, so it acts on the pieces of the
two-site tensor between the same outer charges. Gates on distant sites are carried out by swaps,
which carry the charges of the levels along. Every truncation happens at the orthogonality centre:
the weight that it loses is exact, and Σ √ε bounds the distance to the exact state.

Reference: U. Schollwöck, Ann. Phys. 326, 96 (2011), section 7; the blocks as in Singh, Pfeifer and
Vidal, Phys. Rev. B 83, 115125 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qtn.errors import ArgumentError
from qtn.states.blocks.bounds import Loss, Losses
from qtn.states.blocks.gate_charges import LEAK
from qtn.states.blocks.moves import factor, shift_left, shift_right
from qtn.states.blocks.sites import (
    Array,
    Matrices,
    Part,
    Site,
    columns,
    from_columns,
    from_rows,
    in_columns,
    in_rows,
    places,
    rows,
)
from qtn.states.kernels.work import Step, Watch

__all__ = ["Account", "BlockStep", "apply_one", "apply_pair", "planned", "run_gates", "swept"]

Moves = dict[Part, list[tuple[Part, complex]]]
PAIR_WORK, SECTOR_WORK = 2e6, 1e6
"""Operations in the time that Python takes around a gate, and around each charge of its bond."""
ZERO = "The gates take the state to zero. Leave out those that project it away."


@dataclass(slots=True)
class Account:
    """A chain at work: its sites, its centre and what truncations have lost so far."""

    sites: list[Site]
    center: int
    cutoff: float
    max_bond: int | None
    kept: float = 1.0
    each: list[Loss] = field(default_factory=list)
    work: float = 0.0
    numbers: int = 0

    @property
    def losses(self) -> Losses:
        """What every gate lost."""
        return Losses(tuple(self.each))

    def move(self, site: int) -> None:
        """Bring the orthogonality centre to a site."""
        while self.center < site:
            shift_right(self.sites, self.center)
            self.center += 1
        while self.center > site:
            shift_left(self.sites, self.center)
            self.center -= 1

    def lost(self, sweep: int, bond: int, share: float) -> None:
        """Write down the relative weight that the truncation after a gate lost."""
        self.each.append(Loss(sweep, bond, self.kept * share))
        self.kept *= 1.0 - share


@dataclass(frozen=True, slots=True)
class BlockStep(Step):
    """How far gates have been applied in blocks.

    Args:
        products: operations of this step in products and factorisations.
        handling: operations in the time that handling its blocks took.
    """

    products: float = 0.0
    handling: float = 0.0


def run_gates(
    account: Account, gates: Sequence[tuple[tuple[int, ...], Array]], watch: Watch | None = None
) -> None:
    """Apply gates on one or two sites (in place). Cost: O(Σ_q χ_q³) per pair of neighbours.

    Repeated gates on a pair become one, and independent gates are reordered into sweeps there and
    back, in which losses add up least.

    Args:
        account: the chain.
        gates: pairs (sites, matrix).
        watch: called with a `BlockStep` after every gate on two sites; it stops by raising.
    """
    steps, order = planned(gates, [len(site.levels) for site in account.sites], account.center)
    pairs = sum(len(steps[k].gate[0]) == 2 for k, _ in order)
    for place, (k, sweep) in enumerate(order):
        where, matrix = steps[k].gate
        if len(where) == 1:
            apply_one(account, where[0], matrix)
            continue
        left = where[0]
        later = steps[order[place + 1][0]].gate[0][0] if place + 1 < len(order) else left
        before = account.work
        share = apply_pair(account, left, matrix, steps[k].exchanged, later > left)
        account.lost(sweep, left, share)
        if watch is not None:
            bond = account.sites[left].right
            handling = PAIR_WORK + SECTOR_WORK * len(bond)
            watch(BlockStep(
                len(account.each), pairs, left, sum(bond.values()), len(bond), account.work,
                account.numbers, account.work - before - handling, handling,
            ))  # fmt: skip


def planned(
    gates: Sequence[tuple[tuple[int, ...], Array]], phys: Sequence[int], center: int
) -> tuple[list[_Step], list[tuple[int, int]]]:
    """Return the steps that gates take, swaps of distant ones included, and their order."""
    steps = _fused(_routed(gates, phys))
    return steps, swept([step.gate[0] for step in steps], center)


def swept(wheres: Sequence[tuple[int, ...]], start: int) -> list[tuple[int, int]]:
    """Return an order of gates in sweeps there and back, as pairs (gate, sweep).

    A gate waits for all earlier ones on its sites. In a sweep to the right each gate on two sites
    stands farther right than the one before; gates on single sites go along anywhere.

    Args:
        wheres: sites of every gate: one, or two neighbours ascending.
        start: site where the first sweep begins; it goes to the farther end.

    Example:
        >>> swept([(0, 1), (2, 3), (1, 2)], 0)
        [(0, 0), (1, 0), (2, 1)]
    """
    queues: dict[int, list[int]] = {}
    for k in range(len(wheres) - 1, -1, -1):
        for site in wheres[k]:
            queues.setdefault(site, []).append(k)
    sites, out, sweep = sorted(queues), list[tuple[int, int]](), 0
    rightwards = not sites or start - sites[0] <= sites[-1] - start

    def take(site: int, width: int) -> None:
        while queues[site] and len(wheres[queues[site][-1]]) == width:
            k = queues[site][-1]
            if any(queues[s][-1] != k for s in wheres[k]) or wheres[k][0] != site:
                return
            for s in wheres[k]:
                queues[s].pop()
            out.append((k, sweep))
            if width == 2:
                return

    while len(out) < len(wheres):
        for site in sites if rightwards else reversed(sites):
            for near in (site, site + 1):
                if near in queues:
                    take(near, 1)
            take(site, 2)
        rightwards, sweep = not rightwards, sweep + 1
    return out


@dataclass(frozen=True, slots=True)
class _Step:
    """A gate on a site or on two neighbours, and whether it exchanges the sites' levels."""

    gate: tuple[tuple[int, ...], Array]
    exchanged: bool = False


def _routed(gates: Sequence[tuple[tuple[int, ...], Array]], phys: Sequence[int]) -> list[_Step]:
    """Write every gate on two sites as one on ascending neighbours, with swaps around it."""
    now, out = list(phys), list[_Step]()

    def swap(left: int) -> _Step:
        a, b = now[left], now[left + 1]
        now[left], now[left + 1] = b, a
        turned = np.eye(a * b).reshape(a, b, a, b).transpose(1, 0, 2, 3)
        return _Step(((left, left + 1), turned.reshape(a * b, a * b)), True)

    for where, matrix in gates:
        if len(where) == 1:
            out.append(_Step((where, matrix)))
            continue
        low, high = sorted(where)
        out += [swap(left) for left in range(low, high - 1)]
        if where[0] > where[1]:
            a, b = now[high], now[high - 1]
            matrix = matrix.reshape(a, b, a, b).transpose(1, 0, 3, 2).reshape(a * b, a * b)
        out.append(_Step(((high - 1, high), matrix)))
        out += [swap(left) for left in range(high - 2, low - 1, -1)]
    return out


def _fused(steps: Sequence[_Step]) -> list[_Step]:
    """Merge repeated gates on the same pair, or on the same site, into one."""
    out: list[_Step] = []
    last: dict[int, int] = {}
    for step in steps:
        where, matrix = step.gate
        before = {last.get(site, -1) for site in where}
        k = before.pop()
        if not before and k >= 0 and out[k].gate[0] == where:
            out[k] = _Step((where, matrix @ out[k].gate[1]), out[k].exchanged != step.exchanged)
            continue
        last.update(dict.fromkeys(where, len(out)))
        out.append(step)
    return out


def apply_one(account: Account, site: int, matrix: Array) -> None:
    """Apply a gate on one site (in place)."""
    old = account.sites[site]
    blocks: dict[Part, Array] = {}
    for new, s in np.argwhere(_clean(matrix, old.levels, old.levels)):
        for q in old.left:
            block = old.blocks.get((q, int(s)))
            if block is not None:
                part = (q, int(new))
                blocks[part] = blocks.get(part, 0.0) + matrix[new, s] * block
    if not any(block.any() for block in blocks.values()):
        raise ArgumentError(ZERO)
    account.sites[site] = Site(blocks, old.levels, old.left, old.right)


def apply_pair(
    account: Account, left: int, matrix: Array, exchanged: bool, rightwards: bool
) -> float:
    """Apply a gate on two neighbours and leave the centre on one of them (in place).

    Args:
        account: the chain.
        left: the left site.
        matrix: rows (new level of left, of right), columns (old level of left, of right).
        exchanged: the new levels are those of the other site.
        rightwards: leave the centre on the right site.

    Returns:
        The relative squared weight lost.
    """
    account.move(left if account.center <= left else left + 1)
    a, b = account.sites[left], account.sites[left + 1]
    first, second = (b.levels, a.levels) if exchanged else (a.levels, b.levels)
    joint = [[p + q for p in x for q in y] for x, y in ((first, second), (a.levels, b.levels))]
    moves = _moves(_clean(matrix, *joint), matrix, len(second), len(b.levels))
    thetas = _moved(a, b, first, second, moves)
    if not thetas:
        raise ArgumentError(ZERO)
    lefts, rights, lost, total = factor(thetas, account.cutoff, account.max_bond, rightwards)
    account.sites[left] = from_rows(lefts, a.left, first)
    account.sites[left + 1] = from_columns(rights, second, b.right)
    account.center = left + rightwards
    account.work += PAIR_WORK + SECTOR_WORK * len(lefts)
    account.work += sum(split_work(theta.shape, lefts.get(q)) for q, theta in thetas.items())
    account.numbers += sum(m.size for made in (lefts, rights) for m in made.values())
    account.numbers -= sum(m.size for site in (a, b) for m in site.blocks.values())
    return lost / total


def split_work(shape: tuple[int, int], left: Array | None) -> float:
    """Return about how many operations it takes to make and to split a matrix of one charge."""
    small, large = min(shape), max(shape)
    kept = 0 if left is None else left.shape[1]
    products = 0.63 * small * large * (small + 2 * kept)
    return 2.75 * small**3 + 150.0 * small**2 + 40.0 * small * large + products


def _moved(
    a: Site, b: Site, first: tuple[int, ...], second: tuple[int, ...], moves: Moves
) -> Matrices:
    """Return the two-site tensor after a gate, one matrix per charge of the new middle bond."""
    tall, wide = in_rows(a), in_columns(b)
    up, down = rows(a.left, a.levels), columns(b.levels, b.right)
    new_up, new_down = rows(a.left, first), columns(second, b.right)
    layout, out = {}, {}
    dtype = np.result_type(
        *tall.values(), *wide.values(), *{type(v) for m in moves.values() for _, v in m}
    )
    for charge in sorted(new_up.keys() & new_down.keys()):
        over, height = places(new_up[charge], a.left)
        along, width = places(new_down[charge], b.right)
        layout[charge] = over, along
        out[charge] = np.zeros((height, width), dtype)
    for charge in tall.keys() & wide.keys():
        theta = tall[charge] @ wide[charge]
        over, along = places(up[charge], a.left)[0], places(down[charge], b.right)[0]
        for (q, s), r in over.items():
            for (p, t), c in along.items():
                for (s2, t2), value in moves[s, t]:
                    target = q + first[s2]
                    r2, c2 = layout[target][0][q, s2], layout[target][1][p, t2]
                    out[target][r2, c2] += value * theta[r, c]
    return {charge: theta for charge, theta in out.items() if theta.any()}


def _moves(mask: Array, matrix: Array, new: int, old: int) -> Moves:
    """Return where every pair of levels goes, with which amplitudes."""
    found: Moves = {divmod(k, old): [] for k in range(len(matrix))}
    for row, column in np.argwhere(mask):
        found[divmod(int(column), old)].append((divmod(int(row), new), matrix[row, column].item()))
    return found


def _clean(matrix: Array, after: Sequence[int], before: Sequence[int]) -> Array:
    """Return which entries of a gate count, from the charges of its rows and columns.

    Raises:
        ArgumentError: the gate joins levels of different charge.
    """
    inside = np.array([[row == column for column in before] for row in after])
    size = np.abs(matrix)
    worst = float(size[~inside].max(initial=0.0))
    if worst > LEAK * float(size.max(initial=0.0)):
        raise ArgumentError(
            f"A gate does not conserve the charges: an entry of size {worst:.3g} joins levels of "
            "different charge. Make the state with charges that all gates conserve (`charges`), or "
            "go on with `to_mps()`."
        )
    return np.asarray(inside & (size > 0.0))
