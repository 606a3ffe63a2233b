r"""Seconds that a simulation of ours will take, from the circuit alone.

Of a chain the bonds are followed gate by gate: a gate on two neighbours leaves between them at most
four times the bond on either side, and sixteen times the bond that was there. The noise and the
cutoff keep large bonds well below that bound; measured ones are near :math:`8 \sqrt{\chi}` where
the bound χ is above 64.

The constants are seconds of one core, measured on lines of 8 to 30 qubits with one to six layers of
gates and on trees that use their qubits again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.devices.measurements import has_mid_circuit
from qtn.devices.tensor.group_blocks import LARGEST, GroupPlan, group_plan, is_free
from qtn.devices.tensor.ordering import chain_order, cheapest_order
from qtn.devices.tensor.trial import tried_bonds

__all__ = [
    "branch_seconds",
    "chain_seconds",
    "group_seconds",
    "is_free_inside",
    "plan_seconds",
    "pure_seconds",
    "tensor_seconds",
]

SETUP = 5e-3  # of a circuit, where the noise model is known
OPERATION = 9e-5  # a gate and its error as matrices on a chain
MEMBER = 4e-5  # the same in a block
REBUILT = 1.6e-4  # a gate of a binding that shares no state with others
PAIR, PAIR_ENTRY = 3e-4, 7e-9  # a two-site gate of a chain, and times its bond cubed
SITE = 4e-5  # a site of one sample
PREFIX, PREFIX_ENTRY = 4e-8, 4e-9  # a prefix of outcomes per site, and times the bond
BINDING, BIT = 1.5e-4, 1e-8  # a binding, and a bit of one shot, where probabilities are at hand
OUTCOME = 1e-8  # a probability that is looked at for the shots of a binding
HISTORIES, STEP = 256.0, 5e-5  # states met of many, and a gate on one
WIDE = 64  # bonds up to which the bound is met
DOUBTFUL = 20.0  # seconds beyond which counted bonds are not believed without a trial


def tensor_seconds(circuit: QuantumCircuit, shots: int, bindings: int) -> float:
    """Return the seconds of a circuit with noise; infinite where the engine cannot take it."""
    groups = group_seconds(circuit, shots, bindings)
    if has_mid_circuit(circuit):
        return groups
    return min(groups, chain_seconds(circuit, shots, bindings))


def group_seconds(circuit: QuantumCircuit, shots: int, bindings: int) -> float:
    """Return the seconds of `GroupSweep`; infinite where a group would be too large."""
    plan = group_plan(circuit)
    return math.inf if plan is None else plan_seconds(plan, circuit, shots, bindings)


def plan_seconds(plan: GroupPlan, circuit: QuantumCircuit, shots: int, bindings: int) -> float:
    """Return the seconds of a plan, its matrices and its shots included."""
    seconds, largest = plan.work(bindings)
    if largest > LARGEST:
        return math.inf
    outcomes = min(2.0 ** len(plan.bits), float(largest))
    sampling = bindings * (BINDING + shots * len(plan.bits) * BIT + outcomes * OUTCOME)
    return SETUP + len(circuit.data) * MEMBER + seconds + sampling


def branch_seconds(circuit: QuantumCircuit, bindings: int) -> float:
    """Return the seconds of `BranchSweep`: every measurement may double the states."""
    events = sum(item.operation.name in ("measure", "reset") for item in circuit.data)
    return bindings * min(2.0**events, HISTORIES) * len(circuit.data) * STEP


def chain_seconds(circuit: QuantumCircuit, shots: int, bindings: int) -> float:
    """Return the seconds of `DensitySweep`, of a circuit without operations in its middle.

    Where counting gates forecasts more than `DOUBTFUL` seconds, the circuit is tried without noise.
    """
    bonds = _followed(circuit, 4)
    if bonds is None:
        return math.inf
    if bonds.seconds > DOUBTFUL:
        found = tried_bonds(circuit)
        if found is not None:
            entries = np.array([kept(bond**2) for bond in found]) ** 3
            tried = float(len(found) * PAIR + PAIR_ENTRY * entries.sum())
            largest = float(found.max(initial=1.0)) ** 2
            bonds.seconds = min(bonds.seconds, tried)
            bonds.bound = [min(bound, largest) for bound in bonds.bound]
    return SETUP + len(circuit.data) * OPERATION + bonds.seconds + bindings * _sampled(bonds, shots)


def pure_seconds(circuit: QuantumCircuit, shots: int, bindings: int) -> float:
    """Return the seconds of `PureSweep`, which has no noise; infinite where it cannot.

    Where a two-qubit gate follows on a free parameter, every binding is simulated anew.
    """
    bonds = _followed(circuit, 2)
    if bonds is None:
        return math.inf
    state = len(circuit.data) * (REBUILT if is_free_inside(circuit) else MEMBER) + bonds.seconds
    times = bindings if is_free_inside(circuit) else 1
    return times * state + bindings * _sampled(bonds, shots)


def is_free_inside(circuit: QuantumCircuit) -> bool:
    """Say whether a free parameter has an effect on a later gate on two qubits."""
    reached: set[Any] = set()
    for item in circuit.data:
        if item.operation.name == "barrier":
            continue
        if len(item.qubits) > 1 and not reached.isdisjoint(item.qubits):
            return True
        if is_free(item.operation):
            reached.update(item.qubits)
    return False


def _followed(circuit: QuantumCircuit, levels: int) -> _Bonds | None:
    """Return the bonds after a circuit, None where it has gates on more than two qubits."""
    pairs: list[tuple[int, int]] = []
    qubits: set[int] = set()
    for item in circuit.data:
        if item.operation.name == "barrier":
            continue
        places = [circuit.find_bit(q).index for q in item.qubits]
        if len(places) > 2:
            return None
        qubits.update(places)
        if len(places) == 2:
            pairs.append((places[0], places[1]))
    chosen = chain_order(qubits, pairs) if levels == 4 else cheapest_order(qubits, pairs)
    order = {q: k for k, q in enumerate(chosen)}
    bonds = _Bonds(len(order), levels)
    for a, b in pairs:
        low, high = sorted((order[a], order[b]))
        bonds.gate(low, high)
    return bonds


class _Bonds:
    """Bounds of the bonds of a chain of 2 or 4 levels, and the seconds of its gates."""

    def __init__(self, n: int, levels: int) -> None:
        self.n, self.levels = n, levels
        self.bound = [1.0] * (n + 1)  # left of site i
        self.open = [-1] * n  # pair of a site's last gate, which a further one on it joins
        self.seconds = 0.0

    def gate(self, a: int, b: int) -> None:
        """Apply a gate on sites a < b, with swaps there and back where they are apart."""
        if self.open[a] == self.open[b] == a and b == a + 1:
            return
        for site in range(b - 1, a, -1):
            self._pair(site)
        self._pair(a)
        for site in range(a + 1, b):
            self._pair(site)

    def kept(self, site: int) -> float:
        """Return the bond to expect left of a site."""
        return kept(self.bound[site]) if self.levels == 4 else self.bound[site]

    def _pair(self, a: int) -> None:
        bound, d = self.bound, float(self.levels)
        ends = d ** min(a + 1, self.n - a - 1)
        bound[a + 1] = min(d * bound[a], d * bound[a + 2], d * d * bound[a + 1], ends)
        self.open[a] = self.open[a + 1] = a
        entries = self.kept(a) * self.kept(a + 1) * self.kept(a + 2)
        self.seconds += PAIR + PAIR_ENTRY * (d / 4.0) ** 2 * entries


def kept(bound: float) -> float:
    """Return the bond to expect of a noisy chain where it is at most `bound`."""
    return bound if bound <= WIDE else math.sqrt(WIDE * bound)


def _sampled(bonds: _Bonds, shots: int) -> float:
    """Return the seconds of the shots of one binding; a pure chain takes about half."""
    seconds = bonds.n * SITE
    for site in range(bonds.n):
        prefixes = min(2.0**site, float(shots))
        seconds += prefixes * (PREFIX + PREFIX_ENTRY * bonds.kept(site + 1))
    return seconds if bonds.levels == 4 else 0.6 * seconds
