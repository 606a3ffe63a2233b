r"""Routing: blocks on any two sites to blocks on coupled qubits, with few swaps.

Three things make swaps cheap in a circuit that starts from |0…0⟩ and is then measured. A qubit that
no gate has touched is in |0⟩ wherever it is, so that moving past it takes two CX and no qubit has a
first place of its own. Where a site ends is free too: results are read there. And a swap beside a
block on the same pair is part of that block, at one CX more (none for a block of three).

So the circuit is routed from its end: sites begin at the places where they will be measured, gates
are taken off backwards where their qubits are coupled, a site that has no gate left is nowhere.
What remains is the choice of swaps, each time the one that brings the gates waiting and those
behind them closest together for the fewest CX, and the choice of the last places: orders in which
neighbours in the circuit are near, found by annealing, each tried with several weights of the gates
that follow; the cheapest circuit is kept.

Reference: Li, Ding and Xie, ASPLOS 2019 (SABRE), for the choice of swaps by gates in front and
those that follow. Differs: backwards, with qubits in |0⟩ and merged swaps at their own prices, last
places by annealing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.circuit import ClassicalRegister, QuantumCircuit

from qtn._display import Display, Displayed, Table
from qtn._random import generator
from qtn.aqc.shape.blocks import Block, Blocks
from qtn.aqc.shape.couplings import Couplings
from qtn.aqc.shape.emit import cx_count, to_circuit
from qtn.aqc.shape.places import Ways, changed, orders
from qtn.interop.counting import Counted, two_qubit_depth, two_qubit_gates
from qtn.states.kernels.circuit import fuse_gates

SWAP = np.eye(4)[[0, 2, 1, 3]]
WAITING = (0.2, 0.5)  # weights of the gates that follow those in front
PRICE = 0.15  # steps of distance that a CX of a swap is worth
AHEAD = 4  # gates that follow, per site in front
RACE = 3  # how many of the best places are gone on with
CHANGES, WORK = 100, 40_000  # changes of each, and gates taken off in all of them at most

Steps = list[tuple[int, int, int]]
Found = tuple[float, Steps, list[int]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Routed(Displayed, Counted):
    """A circuit on coupled qubits, beside the circuit that it comes from.

    Args:
        circuit: on the qubits that it uses, without measurements.
        device_qubits: the device's number of every qubit of the circuit.
        sites: the circuit's qubit that holds every site at the end.
        swaps: how many there are; those beside a block are part of it.
        whole: two-qubit gates and depth of the circuit on qubits that are all coupled.
    """

    circuit: QuantumCircuit
    device_qubits: tuple[int, ...]
    sites: tuple[int, ...]
    swaps: int
    whole: tuple[int, int]

    def measured(self) -> QuantumCircuit:
        """Return the circuit with its sites measured: classical bit i is site i."""
        register = ClassicalRegister(len(self.sites), "meas")
        circuit = self.circuit.copy()
        circuit.add_register(register)
        circuit.measure(self.sites, register)
        return circuit

    def _brief(self) -> str:
        gates, depth = self.whole
        return (
            f"{len(self.sites)} sites, {self.two_qubit_gates} two-qubit gates, depth "
            f"{self.two_qubit_depth}, {self.swaps} swaps; all qubits coupled: {gates}, depth "
            f"{depth}"
        )

    def _display(self) -> Display:
        gates, depth = self.whole
        rows = [
            ("sites", len(self.sites)),
            ("qubits of the device", self.device_qubits),
            ("swaps", self.swaps),
        ]
        costs = [
            ("on the device", self.two_qubit_gates, self.two_qubit_depth),
            ("all qubits coupled", gates, depth),
        ]
        table = Table(("circuit", "two-qubit gates", "depth"), costs)
        return Display("Routed circuit", rows, [table])


def route_circuit(blocks: Blocks, basis: str, device: Couplings, seed: int) -> Routed:
    """Write blocks for a device.

    Args:
        blocks: on any one or two sites.
        basis: two-qubit gate of the circuit.
        device: has at least as many connected qubits as there are sites.
        seed: of the places tried.

    Raises:
        ArgumentError: the blocks are an operator.
    """
    blocks.check_state("routed")
    whole = to_circuit(blocks, basis)
    inside = device.connected()
    part = device.among(inside)
    gates, places, swaps = routed(blocks, part, generator(seed, "routing"))
    used = sorted({q for sites, _ in gates for q in sites} | set(places))
    number = {qubit: k for k, qubit in enumerate(used)}
    small = [(tuple(number[q] for q in sites), matrix) for sites, matrix in gates]
    return Routed(
        to_circuit(Blocks(len(used), tuple(small)), basis),
        tuple(inside[qubit] for qubit in used),
        tuple(number[qubit] for qubit in places),
        swaps,
        (two_qubit_gates(whole), two_qubit_depth(whole)),
    )


def routed(
    blocks: Blocks, device: Couplings, rng: np.random.Generator
) -> tuple[list[Block], list[int], int]:
    """Return blocks on coupled qubits, the qubit where every site ends, and how many swaps.

    Args:
        blocks: on any one or two sites.
        device: connected qubits, at least as many as sites.
        rng: of the places tried.
    """
    single, pairs = fuse_gates([_ascending(gate) for gate in blocks.gates], 2)
    where = [(sites[0], sites[1]) for sites, _ in pairs]
    costs = [cx_count(matrix) for _, matrix in pairs]
    _, steps, places = _cheapest(where, costs, blocks.n, Ways(device), rng)
    gates: list[Block] = []
    for number, a, b in reversed(steps):
        gates.append(_ascending(((a, b), SWAP if number < 0 else pairs[number][1])))
    _, joined = fuse_gates(gates, 2)
    alone = [((places[site],), matrix) for site, matrix in single.items()]
    return [*joined, *alone], places, sum(number < 0 for number, _, _ in steps)


def _cheapest(
    pairs: Sequence[tuple[int, int]],
    costs: Sequence[int],
    n: int,
    ways: Ways,
    rng: np.random.Generator,
) -> Found:
    """Return cost, steps and places of the cheapest way, from given places and from near ones."""

    def tried(places: list[int], waiting: float) -> Found:
        one = _Backwards(pairs, costs, ways, places, waiting, rng)
        return (*one.taken_off(), places)

    given = orders(n, pairs, ways, rng)
    found = [tried(places, waiting) for places in given for waiting in WAITING]
    found.sort(key=lambda f: f[0])
    changes = min(CHANGES, WORK // max(1, len(pairs)))
    for rank in range(RACE):
        for _ in range(changes):
            if found[0][0] == 0.0:
                return found[0]
            waiting = WAITING[int(rng.integers(len(WAITING)))]
            new = tried(changed(found[rank][2], ways, rng), waiting)
            if new[0] <= found[rank][0]:
                found[rank] = new
    return min(found, key=lambda f: f[0])


def _ascending(gate: Block) -> Block:
    sites, matrix = gate
    if len(sites) == 2 and sites[0] > sites[1]:
        return (sites[1], sites[0]), SWAP @ matrix @ SWAP
    return gate


class _Backwards:
    """One way back through a circuit, from the places where its sites end."""

    def __init__(
        self,
        pairs: Sequence[tuple[int, int]],
        costs: Sequence[int],
        ways: Ways,
        places: Sequence[int],
        waiting: float,
        rng: np.random.Generator,
    ) -> None:
        self.pairs, self.costs, self.ways = pairs, costs, ways
        self.waiting, self.rng = waiting, rng
        self.place = list(places)
        self.holds = [-1] * ways.size
        for site, qubit in enumerate(places):
            self.holds[qubit] = site
        self.left: list[list[int]] = [[] for _ in places]  # gates of a site, the next one last
        for number, pair in enumerate(pairs):
            for site in pair:
                self.left[site].append(number)
        for site, gates in enumerate(self.left):
            if not gates:
                self.holds[self.place[site]] = -1
        self.steps: Steps = []
        self.last: dict[int, int] = {}  # the step that a qubit was last in
        self.cost = 0.0

    def taken_off(self) -> tuple[float, Steps]:
        """Return the CX of swaps and the steps (gate or -1, two qubits), last ones first."""
        ready = {gates[-1] for gates in self.left if gates}
        still, before = 0, (-1, -1)
        while True:
            moved = self._gates(ready)
            front = self._front()
            if not front:
                return self.cost, self.steps
            if moved:
                still, before = 0, (-1, -1)
            pulls = self._pulls(front)
            if still > 2 * self.ways.size:
                swap = self._straight(front)
            else:
                swap = self._best(front, pulls, before)
            self._swap(*swap)
            still, before = still + 1, swap
            ready = {self.left[s][-1] for s in map(self.holds.__getitem__, swap) if s >= 0}

    def _gates(self, ready: set[int]) -> bool:
        """Take off all gates whose qubits are coupled."""
        moved = False
        while ready:
            number = ready.pop()
            a, b = self.pairs[number]
            if not self.left[a] or self.left[a][-1] != number or self.left[b][-1:] != [number]:
                continue
            p, q = self.place[a], self.place[b]
            if self.ways.steps[p][q] > 1:
                continue
            moved = True
            self._step(number, p, q)
            for site in (a, b):
                self.left[site].pop()
                if self.left[site]:
                    ready.add(self.left[site][-1])
                else:
                    self.holds[self.place[site]] = -1
        return moved

    def _step(self, number: int, p: int, q: int) -> None:
        self.last[p] = self.last[q] = len(self.steps)
        self.steps.append((number, p, q))

    def _front(self) -> list[int]:
        """Return the gates that nothing but distance holds back."""
        found = set()
        for gates in self.left:
            if gates:
                a, b = self.pairs[gates[-1]]
                if self.left[a][-1] == self.left[b][-1]:
                    found.add(gates[-1])
        return sorted(found)

    def _pulls(self, front: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
        """Return, per site, the sites that it is to come close to, and how much that counts."""
        found: dict[int, list[tuple[int, float]]] = {}
        weights = dict.fromkeys(front, 1.0)
        for number in front:
            for site in self.pairs[number]:
                for k, later in enumerate(self.left[site][-2 : -2 - AHEAD : -1]):
                    weights.setdefault(later, self.waiting / (k + 1))
        for number, weight in weights.items():
            a, b = self.pairs[number]
            found.setdefault(a, []).append((b, weight))
            found.setdefault(b, []).append((a, weight))
        return found

    def _best(
        self,
        front: Sequence[int],
        pulls: dict[int, list[tuple[int, float]]],
        before: tuple[int, int],
    ) -> tuple[int, int]:
        found, least = before, math.inf
        for p in sorted({self.place[s] for number in front for s in self.pairs[number]}):
            for q in self.ways.near[p]:
                if (p, q) == before or (q, p) == before:
                    continue
                worth = self._gain(p, q, pulls) + PRICE * self._price(p, q)
                worth += 1e-3 * self.rng.random()
                if worth < least:
                    found, least = (p, q), worth
        return found if least < math.inf else self._straight(front)

    def _gain(self, p: int, q: int, pulls: dict[int, list[tuple[int, float]]]) -> float:
        """Return by how much the distances grow if the contents of two qubits are exchanged."""
        total, steps = 0.0, self.ways.steps
        for here, there in ((p, q), (q, p)):
            site = self.holds[here]
            for other, weight in pulls.get(site, ()) if site >= 0 else ():
                end = self.place[other]
                if end != there:
                    total += weight * (steps[there][end] - steps[here][end])
        return total

    def _price(self, p: int, q: int) -> float:
        """Return the CX of a swap: merged with the block behind it, past |0⟩, or whole."""
        last = self.last.get(p, -1)
        if last >= 0 and last == self.last.get(q, -2):
            number = self.steps[last][0]
            if number >= 0:
                return 1.0 if self.costs[number] < 3 else 0.0
        return 2.0 if self.holds[p] < 0 or self.holds[q] < 0 else 3.0

    def _straight(self, front: Sequence[int]) -> tuple[int, int]:
        """Return a step on the shortest way of the gate that is nearest."""
        steps = self.ways.steps
        places = [tuple(self.place[s] for s in self.pairs[g]) for g in front]
        p, q = min(places, key=lambda pq: steps[pq[0]][pq[1]])
        return p, min(self.ways.near[p], key=lambda r: steps[r][q])

    def _swap(self, p: int, q: int) -> None:
        self.cost += self._price(p, q)
        self._step(-1, p, q)
        self.holds[p], self.holds[q] = self.holds[q], self.holds[p]
        for qubit in (p, q):
            if self.holds[qubit] >= 0:
                self.place[self.holds[qubit]] = qubit
