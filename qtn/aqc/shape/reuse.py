r"""Qubit reuse: a circuit that is only sampled, on fewer qubits, by measurement and reset.

A site whose last gate is done may be measured at once; its qubit is reset and holds the next site
that begins. Outcomes have the distribution that they have at the end of the whole circuit, since
measurements of different qubits commute with all gates on others.

Sites are finished one after another: each time the one whose causal cone needs the fewest qubits
that have not begun, of equals the first. A window circuit of memory m then takes m + 1 qubits, a
brickwall of D layers about D + 1, a tree of height h about m (h + 1). The ascending and the
descending order of sites are tried too; the one of fewest qubits is taken (not the fewest there
could be: that is NP-hard).

If the circuit's state has fidelity F with the target, the distributions of outcomes differ by at
most :math:`\sqrt{1 - F}` in total variation, their trace distance.

Reference: DeCross, Chertkov, Kohagen and Foss-Feig, Phys. Rev. X 13, 041057 (2023), section IV
(local greedy); here ties go to the first site and fixed orders are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qiskit.circuit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qtn._display import Display, Displayed
from qtn.interop.counting import Counted

Choice = Callable[[dict[int, int], int], int]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reused(Displayed, Counted):
    """A circuit that gives the samples of a larger one on few qubits.

    Args:
        circuit: with measurements and resets; classical bit i is the outcome of site i.
        infidelity: 1 - F of the whole circuit with its target.
    """

    circuit: QuantumCircuit
    infidelity: float

    @property
    def qubits(self) -> int:
        """Number of qubits."""
        return int(self.circuit.num_qubits)

    @property
    def resets(self) -> int:
        """How often a qubit is used again."""
        return int(self.circuit.count_ops().get("reset", 0))

    @property
    def bias(self) -> float:
        """√(1 - F): no probability of any event is further from the target's."""
        return math.sqrt(self.infidelity)

    @property
    def shots_to_bias(self) -> float:
        """Shots at which the standard error of a probability, at most 1/(2√shots), is the bias."""
        return 0.25 / self.infidelity if self.infidelity > 0.0 else math.inf

    def _brief(self) -> str:
        return (
            f"{self.circuit.num_clbits} sites on {self.qubits} qubits, {self.resets} "
            f"resets, {self.two_qubit_gates} two-qubit gates, bias at most {self.bias:.2g}: below "
            f"the noise of {self.shots_to_bias:.2g} shots"
        )

    def _display(self) -> Display:
        rows = [
            ("sites", self.circuit.num_clbits),
            ("qubits", self.qubits),
            ("resets", self.resets),
            ("two-qubit gates", self.two_qubit_gates),
            ("infidelity", f"{self.infidelity:.3e}"),
            ("bias of a probability", f"at most {self.bias:.2g}"),
            ("below the noise of", f"{self.shots_to_bias:.2g} shots"),
        ]
        return Display("Circuit on few qubits, with resets", rows)


def on_few_qubits(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit of the same outcomes on few qubits.

    Args:
        circuit: gates without measurements; qubit i = site i.

    Returns:
        A circuit whose classical bit i is the outcome of qubit i.

    Cost: n² operations on sets of n sites.
    """
    cones = _Cones(circuit)
    plans = [cones.finished(choice) for choice in (_cheapest, _first, _last)]
    order = min(plans, key=lambda plan: plan[0])[1]
    return _written(circuit, cones, order)


def _cheapest(costs: dict[int, int], fresh: int) -> int:
    return min(costs, key=lambda site: ((costs[site] & fresh).bit_count(), site))


def _first(costs: dict[int, int], fresh: int) -> int:
    return min(costs)


def _last(costs: dict[int, int], fresh: int) -> int:
    return max(costs)


class _Cones:
    """Which gates come before which, and the sites (as bits) that they touch."""

    def __init__(self, circuit: QuantumCircuit) -> None:
        n = circuit.num_qubits
        last: list[int | None] = [None] * n
        self.sites: list[list[int]] = []
        self.before: list[list[int]] = []
        touched: list[int] = []
        for number, item in enumerate(circuit.data):
            sites = [circuit.find_bit(q).index for q in item.qubits]
            earlier = {last[s] for s in sites} - {None}
            self.sites.append(sites)
            self.before.append(sorted(g for g in earlier if g is not None))
            touch = sum(1 << s for s in sites)
            for gate in self.before[-1]:
                touch |= touched[gate]
            touched.append(touch)
            for site in sites:
                last[site] = number
        self.last = last
        self.cones = {s: (1 << s) if g is None else touched[g] for s, g in enumerate(last)}

    def finished(self, choice: Choice) -> tuple[int, list[int]]:
        """Return how many qubits an order of finishing sites takes, and the order."""
        left, order = dict(self.cones), []
        fresh, active, most = (1 << len(left)) - 1, 0, 0
        while left:
            site = choice(left, fresh)
            active += (left[site] & fresh).bit_count()
            fresh &= ~left.pop(site)
            order.append(site)
            most, active = max(most, active), active - 1
        return most, order

    def gates(self, site: int, done: set[int]) -> list[int]:
        """Return the gates before the end of a site that are not done, in time order."""
        end = self.last[site]
        stack, found = [] if end is None else [end], set()
        while stack:
            gate = stack.pop()
            if gate not in done and gate not in found:
                found.add(gate)
                stack += self.before[gate]
        return sorted(found)


def _written(circuit: QuantumCircuit, cones: _Cones, order: list[int]) -> QuantumCircuit:
    """Write a circuit site by site; a qubit that is free longest is taken again first."""
    steps: list[tuple[str, int, int]] = []  # what, gate or site, qubit
    where: dict[int, int] = {}
    free: list[int] = []
    done: set[int] = set()
    total = 0

    def begin(site: int) -> None:
        nonlocal total
        if free:
            where[site] = free.pop(0)
            steps.append(("reset", site, where[site]))
        else:
            where[site], total = total, total + 1

    places: dict[int, list[int]] = {}
    for site in order:
        for gate in cones.gates(site, done):
            for one in cones.sites[gate]:
                if one not in where:
                    begin(one)
            places[gate] = [where[one] for one in cones.sites[gate]]
            steps.append(("gate", gate, 0))
            done.add(gate)
        if site not in where:
            begin(site)
        steps.append(("measure", site, where[site]))
        free.append(where[site])
    out = QuantumCircuit(QuantumRegister(total, "q"), ClassicalRegister(circuit.num_qubits, "meas"))
    for what, number, qubit in steps:
        if what == "gate":
            out.append(circuit.data[number].operation, places[number])
        elif what == "reset":
            out.reset(qubit)
        else:
            out.measure(qubit, number)
    return out
