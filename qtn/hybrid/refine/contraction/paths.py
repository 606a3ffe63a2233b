r"""The order in which the network of a circuit is contracted: the cheapest of a few.

A network is a list of sets of labels. A *wire* stands in two tensors and is summed over when they
meet; a *batch* label (rows, products) may stand in any number and is never summed over. Orders
compared are

* sweeps along time: from :math:`|0\rangle` on, back from the product vectors, or from both sides;
  the next gate is the one that adds fewest open wires. Chains of L staircases, windows and
  brickwalls take L + 1 wires at most, circuits in the shape of a tree those of a node;
* greedy ones, for any network: two tensors that share a wire meet if that adds least, with
  :math:`|T|` entries of T as small as possible :math:`|AB| - |A| - |B|`; a few of them with numbers
  disturbed by a random factor.

The best of them are improved: of three tensors that meet one after another, (AB)C, A(BC) or (AC)B
takes its place where that is cheaper. Gates without a row are so multiplied before rows meet them.
All orders are exact.

Reference: Gray and Kourtis, Quantum 5, 410 (2021), section 3.2, for the greedy ones.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Labels = frozenset[int]
Pair = tuple[int, int]
Gate = tuple[Sequence[int], Sequence[int]]  # the wires behind it and those before it

TRIES = 4  # greedy orders compared
MOST = 2.0**34  # entries beyond which a sweep is given up
TURNED, PASSES = 3, 20  # orders that are improved, and how often each is gone through
WAYS = ((True, False), (False, True), (True, True))  # forth and back along time
NOISE = 0.5  # of the logarithm of an entry count in the disturbed ones
# Nanoseconds: of a call, of an entry read or written, of a product with a batch and in a matrix.
CALL, ENTRY, BATCHED, PLAIN = 5e3, 0.35, 0.3, 0.05


@dataclass(frozen=True, slots=True)
class Network:
    """A tensor network to contract.

    Args:
        tensors: the labels of every tensor; the gates of the circuit come first.
        sizes: the dimension of every label.
        batch: the labels that stay.
        gates: the circuit's, in time order; empty for a network that is none.
    """

    tensors: tuple[Labels, ...]
    sizes: Mapping[int, int]
    batch: Labels
    gates: tuple[Gate, ...] = ()

    def entries(self, labels: Labels) -> float:
        """Return how many numbers a tensor with these labels has."""
        return math.prod(float(self.sizes[label]) for label in labels)

    def joined(self, a: Labels, b: Labels) -> Labels:
        """Return the labels of the contraction of two tensors."""
        return (a ^ b) | ((a | b) & self.batch)

    def cost(self, a: Labels, b: Labels) -> float:
        """Return the nanoseconds that a contraction is expected to take."""
        rate = BATCHED if a & b & self.batch else PLAIN
        moved = self.entries(a) + self.entries(b) + self.entries(self.joined(a, b))
        return CALL + rate * self.entries(a | b) + ENTRY * moved


@dataclass(frozen=True, slots=True)
class Order:
    """Pairs contracted one after another; each result gets the next number.

    Args:
        pairs: numbers of the tensors of each contraction.
        results: the labels of each result.
        cost: nanoseconds that it is expected to take.
    """

    pairs: tuple[Pair, ...]
    results: tuple[Labels, ...]
    cost: float


def best_order(network: Network, seed: int = 0) -> Order:
    """Return a cheap order that contracts a whole network.

    Cost: about 20 microseconds per tensor and try.
    """
    rng = np.random.default_rng(seed)
    found = [_greedy(_Plan(network), None)]
    found += [_greedy(_Plan(network), rng) for _ in range(TRIES - 1)]
    if network.gates:
        swept = [_swept(network, ways, small) for ways in WAYS for small in (False, True)]
        found += [order for order in swept if order is not None]
    found.sort(key=lambda order: order.cost)
    better = [_turned(network, order) for order in found[:TURNED]]
    return min(better, key=lambda order: order.cost)


@dataclass(slots=True)
class _Plan:
    """An order in the making."""

    network: Network
    tensors: dict[int, Labels] = field(init=False)
    holders: dict[int, set[int]] = field(init=False)
    pairs: list[Pair] = field(default_factory=list)
    results: list[Labels] = field(default_factory=list)
    cost: float = 0.0

    def __post_init__(self) -> None:
        self.tensors = dict(enumerate(self.network.tensors))
        self.holders = {}
        for number, labels in self.tensors.items():
            for label in labels - self.network.batch:
                self.holders.setdefault(label, set()).add(number)

    def join(self, a: int, b: int) -> int:
        """Contract two tensors and return the number of the result."""
        network = self.network
        x, y = self.tensors.pop(a), self.tensors.pop(b)
        new = network.joined(x, y)
        self.cost += network.cost(x, y)
        number = len(network.tensors) + len(self.pairs)
        self.tensors[number] = new
        self.pairs.append((a, b))
        self.results.append(new)
        for label in new - network.batch:
            self.holders[label] = (self.holders[label] - {a, b}) | {number}
        return number

    def neighbours(self, number: int) -> set[int]:
        """Return the tensors that share a wire with one."""
        wires = self.tensors[number] - self.network.batch
        return {other for wire in wires for other in self.holders[wire]} - {number}

    def order(self) -> Order:
        """Return the finished order."""
        return Order(tuple(self.pairs), tuple(self.results), self.cost)


def _greedy(plan: _Plan, rng: np.random.Generator | None) -> Order:
    """Contract all that is left greedily, with disturbed numbers if `rng` is given."""
    network, queue = plan.network, list[tuple[float, int, int]]()

    def offer(a: int, b: int) -> None:
        x, y = plan.tensors[a], plan.tensors[b]
        new, *old = (network.entries(z) * _factor(rng) for z in (network.joined(x, y), x, y))
        heapq.heappush(queue, (new - sum(old), min(a, b), max(a, b)))

    for number in plan.tensors:
        for other in sorted(plan.neighbours(number)):
            if other > number:
                offer(number, other)
    while len(plan.tensors) > 1:
        new = plan.join(*_next(queue, plan.tensors))
        for other in sorted(plan.neighbours(new)):
            offer(other, new)
    return plan.order()


def _next(queue: list[tuple[float, int, int]], tensors: Mapping[int, Labels]) -> Pair:
    """Return the best pair of those still there, or any two that share no wire."""
    while queue:
        _, a, b = heapq.heappop(queue)
        if a in tensors and b in tensors:
            return a, b
    a, b = sorted(tensors, key=lambda number: (len(tensors[number]), number))[:2]
    return a, b


def _factor(rng: np.random.Generator | None) -> float:
    return 1.0 if rng is None else float(np.exp(NOISE * rng.normal()))


def _swept(network: Network, ways: tuple[bool, bool], small: bool) -> Order | None:
    """Contract gate by gate along time; None if that takes too much.

    Args:
        network: that of a circuit.
        ways: whether to go forth from |0>, and whether back from the vectors.
        small: take the gate that leaves least, not the one that adds least.
    """
    sweep = _Sweep(network, ways)
    while sweep.left:
        found = []
        for back in (False, True):
            for number in sweep.ready(back):
                parts = sweep.parts(number, back)
                growth = _growth(sweep.plan, number, parts)
                found.append((growth[::-1] if small else growth, number, back, parts))
        rank, number, back, parts = min(found)
        if max(rank) > MOST:
            return None
        sweep.take(number, back, parts)
    return _greedy(sweep.plan, None)


class _Sweep:
    """A circuit that is contracted from its first gates on, from its last ones, or from both."""

    def __init__(self, network: Network, ways: tuple[bool, bool]) -> None:
        self.plan, self._gates, self._ways = _Plan(network), network.gates, ways
        self.left = set(range(len(network.gates)))
        # Wires that have been reached, forth and back, and those that only a vector holds.
        made = {wire for after, _ in network.gates for wire in after}
        used = {wire for _, before in network.gates for wire in before}
        self._vectors = made - used
        self._reached: list[set[int]] = [set(), set(self._vectors)]
        self._ready: list[set[int]] = [set(), set()]
        self._gate_of = [
            {wire: k for k, gate in enumerate(network.gates) for wire in gate[1 - back]}
            for back in (0, 1)
        ]
        for number in self.left:
            self._note(number)

    def _note(self, number: int) -> None:
        for back in (0, 1):
            wires = self._gates[number][1 - back]
            if self._ways[back] and self._reached[back].issuperset(wires):
                self._ready[back].add(number)

    def ready(self, back: bool) -> list[int]:
        """Return the gates that may be next."""
        return sorted(self._ready[back] & self.left)

    def parts(self, gate: int, back: bool) -> list[int]:
        """Return what a gate meets, in order: what it acts on, then vectors behind it."""
        after, before = self._gates[gate]
        closed = [] if back else [wire for wire in after if wire in self._vectors]
        found: list[int] = []
        for wires in (after if back else before, closed):
            new = {k for wire in wires for k in self.plan.holders[wire]} - {gate, *found}
            found += sorted(new, key=lambda k: self.plan.network.entries(self.plan.tensors[k]))
        return found

    def take(self, gate: int, back: bool, parts: Sequence[int]) -> None:
        """Contract a gate with what it meets."""
        self.left.remove(gate)
        new = self._gates[gate][back]
        self._reached[back].update(new)
        for wire in new:
            if wire in self._gate_of[back]:
                self._note(self._gate_of[back][wire])
        number = gate
        for part in parts:
            number = self.plan.join(number, part)


def _growth(plan: _Plan, gate: int, parts: Sequence[int]) -> tuple[float, float]:
    """Return by which factor the entries grow, and how many there are then; rows aside."""
    rows = {max(plan.network.batch, default=-1)}
    labels, before = plan.tensors[gate], 1.0
    for part in parts:
        labels = plan.network.joined(labels, plan.tensors[part])
        before *= plan.network.entries(plan.tensors[part] - rows)
    after = plan.network.entries(labels - rows)
    return after / before, after


def _turned(network: Network, order: Order) -> Order:
    """Improve an order by exchanging which two of three tensors meet first."""
    first = len(network.tensors)
    labels = dict(enumerate((*network.tensors, *order.results)))
    children = {first + k: pair for k, pair in enumerate(order.pairs)}
    for _ in range(PASSES):
        changed = [_turn(network, labels, children, node) for node in sorted(children)]
        if not any(changed):
            break
    plan = _Plan(network)
    if children:
        _rebuilt(plan, children, max(children))
    return plan.order()


def _turn(
    network: Network, labels: dict[int, Labels], children: dict[int, Pair], node: int
) -> bool:
    """Give a node the cheapest of the trees over its grandchildren; return whether that is new."""
    best, cost = None, 0.0
    for inner, c in (children[node], children[node][::-1]):
        if inner not in children:
            continue
        a, b = children[inner]
        now = network.cost(labels[a], labels[b]) + network.cost(labels[inner], labels[c])
        for p, q in ((a, b), (b, a)):
            met = network.joined(labels[p], labels[c])
            then = network.cost(labels[p], labels[c]) + network.cost(met, labels[q])
            if then - now < cost * (1.0 + 1e-9) - 1e-6:
                best, cost = (inner, (p, c), q, met), then - now
    if best is None:
        return False
    inner, pair, rest, met = best
    children[inner], children[node], labels[inner] = pair, (inner, rest), met
    return True


def _rebuilt(plan: _Plan, children: dict[int, Pair], root: int) -> None:
    """Contract a tree from its leaves up."""
    made: dict[int, int] = {}
    waiting = [root]
    while waiting:
        node = waiting[-1]
        missing = [k for k in children[node] if k in children and k not in made]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        a, b = (made.get(k, k) for k in children[node])
        made[node] = plan.join(a, b)
