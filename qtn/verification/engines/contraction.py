"""Exact values of circuits that are neither a chain nor small: contraction of the whole network.

⟨0|U† P U|0⟩ restricted to the causal cone of P, ⟨target|U|0⟩ and ⟨bits|U|0⟩ are closed networks
without a cut, so that the only error is rounding. Diagonal gates keep the index of their wire (a
hyperedge), which costs nothing. `qtn.states.closed_networks` contracts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.states import MPS
from qtn.states.closed_networks import Contraction, Network, plan_contraction
from qtn.states.operators import FACTORS, Term, weight_bound
from qtn.verification.engines.base import Answer, Interval, Question, fidelity_interval
from qtn.verification.limits import Limits, cone_circuit

Array = NDArray[Any]

CONTRACTED = 1e-11
"""Sums inside a network may cancel, so that rounding weighs a little more than in a chain."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Exact values by contracting whole networks.

    Args:
        plans: what `plan_contractions` found for the question.
    """

    plans: tuple[Contraction, ...]
    name: str = "contraction"

    def ask(self, question: Question) -> Answer:
        """Contract one network for the target, then one for every product with factors."""
        refuse_contraction(self.plans, question.limits)
        found = [plan.evaluate(question.executor) for plan in self.plans]
        fidelity = None
        if question.target is not None:
            fidelity = fidelity_interval(abs(found.pop(0)) ** 2, CONTRACTED, rigorous=True)
        values, rest = [], iter(found)
        for terms in question.terms:
            value = sum(t.coefficient * (next(rest).real if t.factors else 1.0) for t in terms)
            width = CONTRACTED * max(1.0, weight_bound(terms))
            values.append(Interval(value, value - width, value + width, True))
        why = "the identity needs no network"
        if self.plans:
            parts = sum(p.slices for p in self.plans)
            why = (
                f"the whole network contracted without truncation in {parts} parts, "
                f"order {self.plans[0].search}"
            )
        memory = max((plan.memory for plan in self.plans), default=0.0)
        return Answer(self.name, why, fidelity, tuple(values), memory=memory)


def plan_contractions(question: Question, *, search: bool = True) -> tuple[Contraction, ...]:
    """Plan one network for the target, then one for every product with factors."""
    gates, target = question.gates, question.target
    networks = [] if target is None else [overlap_network(gates, target)]
    networks += [value_network(gates, t) for ts in question.terms for t in ts if t.factors]
    return tuple(plan_contraction(network, question.limits, search=search) for network in networks)


@dataclass(slots=True)
class CircuitNetwork(Network):
    """A closed network of a circuit under construction."""

    def zeros(self, n: int) -> list[int]:
        """Start `n` wires in |0⟩ and return their indices."""
        wires = [self.index() for _ in range(n)]
        for wire in wires:
            self.add(np.array([1.0, 0.0]), wire)
        return wires

    def apply(self, gates: GateList, wires: list[int], *, conjugate: bool = False) -> None:
        """Apply gates (or their complex conjugates) to wires, in place."""
        for qubits, matrix in gates.gates:
            matrix = matrix.conj() if conjugate else matrix
            # Qiskit's matrix has the first qubit least significant: its axes run backwards.
            before = [wires[q] for q in reversed(qubits)]
            if np.count_nonzero(matrix) == np.count_nonzero(matrix.diagonal()):
                self.add(matrix.diagonal().reshape((2,) * len(qubits)), *before)
                continue
            after = [self.index() for _ in qubits]
            self.add(matrix.reshape((2,) * 2 * len(qubits)), *after, *before)
            for qubit, wire in zip(reversed(qubits), after, strict=True):
                wires[qubit] = wire


def value_network(gates: GateList, product: Term) -> Network:
    """Return the network of ⟨0|U† P U|0⟩ on the causal cone of P, without its coefficient."""
    cone, moved = cone_circuit(gates, product)
    network = CircuitNetwork()
    kets, bras = network.zeros(cone.n), network.zeros(cone.n)
    network.apply(cone, kets)
    network.apply(cone, bras, conjugate=True)
    factors = dict(moved.factors)
    for qubit, (ket, bra) in enumerate(zip(kets, bras, strict=True)):
        matrix = FACTORS[factors[qubit]] if qubit in factors else None
        if matrix is not None and np.count_nonzero(matrix - np.diag(matrix.diagonal())):
            network.add(matrix, bra, ket)
            continue
        network.rename(bra, ket)
        if matrix is not None:
            network.add(matrix.diagonal(), ket)
    return network


def overlap_network(gates: GateList, target: MPS) -> Network:
    """Return the network of ⟨target|U|0⟩."""
    network = CircuitNetwork()
    wires = network.zeros(gates.n)
    network.apply(gates, wires)
    left = network.index(1)
    for wire, tensor in zip(wires, target.tensors, strict=True):
        right = network.index(tensor.shape[2])
        network.add(tensor.conj(), left, wire, right)
        left = right
    return network


def amplitude_network(gates: GateList) -> tuple[Network, list[int]]:
    """Return the network of ⟨0…0|U|0⟩ and the places of the tensors that select the bits."""
    network = CircuitNetwork()
    wires = network.zeros(gates.n)
    network.apply(gates, wires)
    first = len(network.arrays)
    for wire in wires:
        network.add(np.array([1.0, 0.0]), wire)
    return network, list(range(first, len(network.arrays)))


def refuse_contraction(plans: Sequence[Contraction], limits: Limits) -> None:
    """Raise `VerificationError` with the predicted cost if it is beyond the limits."""
    seconds = sum(plan.seconds for plan in plans)
    memory = max((plan.memory for plan in plans), default=0.0)
    if seconds <= limits.seconds and memory <= limits.memory:
        return
    raise VerificationError(
        f"The exact contraction would take about {seconds:.3g} s and {memory / 1e9:.2g} GB, beyond "
        f"the limits of {limits.seconds:g} s and {limits.memory / 1e9:g} GB. Raise them "
        "(limits=Limits(seconds=…, memory=…)), spread the slices (executor=…), or accept the "
        'estimate of a truncated chain (method="chain").'
    )
