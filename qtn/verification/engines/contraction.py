"""Exact values of circuits that are neither a chain nor small: contraction of the whole network.

⟨0|U† P U|0⟩ restricted to the causal cone of P, ⟨target|U|0⟩ and ⟨bits|U|0⟩ are closed networks
without a cut, so that the only error is rounding. Diagonal gates keep the index of their wire (a
hyperedge), which costs nothing. cotengra looks for the order of contraction: greedily at first, and
thoroughly only where the contraction costs more than the search. Where an intermediate tensor would
not fit into the memory allowed, the network is cut into slices that are contracted one by one,
here or on any executor.

Reference: J. Gray and S. Kourtis, "Hyper-optimized tensor network contraction", Quantum 5, 410
(2021), whose library does the search and the contraction.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import derived_seed
from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.states import MPS
from qtn.states.operators import FACTORS, Term, weight_bound
from qtn.verification.engines.base import Answer, Interval, Question, fidelity_interval
from qtn.verification.limits import Limits, cone_circuit

Array = NDArray[Any]

SECONDS_PER_PRODUCT = 2e-9
"""Time of one complex multiplication and addition, small and permuted tensors included."""
SECONDS_PER_STEP = 2e-5
"""Time that one pairwise contraction takes besides its arithmetic."""
GREEDY_TRIALS = 16
GREEDY_SECONDS = 0.02
"""A contraction shorter than this is not worth more than one greedy trial."""
HOPELESS = 1e4
"""A better order gains a few powers of ten at most: beyond, not even more greedy trials."""
SEARCH_SECONDS = 4.0
"""A contraction predicted to take longer than this is worth as much time for a better order."""
LONGEST_SEARCH = 60.0
CHUNKS = 64
"""Slices are summed in at most so many groups, whatever the number of workers."""
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
class Network:
    """A closed network under construction: tensors and the numbers of their indices."""

    arrays: list[Array] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)

    def index(self, size: int = 2) -> int:
        """Return a new index."""
        self.sizes[len(self.sizes)] = size
        return len(self.sizes) - 1

    def add(self, array: Array, *indices: int) -> None:
        """Add a tensor; axes of length 1 are left out, for they say nothing and fill up numpy."""
        kept = tuple(k for k in indices if self.sizes[k] > 1)
        self.arrays.append(array.reshape([self.sizes[k] for k in kept]))
        self.inputs.append(kept)

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

    def named(self) -> tuple[list[tuple[str, ...]], tuple[str, ...], dict[str, int]]:
        """Return inputs, output and sizes with indices as the letters that cotengra writes."""
        from cotengra import get_symbol

        inputs = [tuple(map(get_symbol, row)) for row in self.inputs]
        return inputs, (), {get_symbol(k): size for k, size in self.sizes.items()}

    def rename(self, old: int, new: int) -> None:
        """Identify two indices."""
        self.inputs = [tuple(new if k == old else k for k in row) for row in self.inputs]


def value_network(gates: GateList, product: Term) -> Network:
    """Return the network of ⟨0|U† P U|0⟩ on the causal cone of P, without its coefficient."""
    cone, moved = cone_circuit(gates, product)
    network = Network()
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
    network = Network()
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
    network = Network()
    wires = network.zeros(gates.n)
    network.apply(gates, wires)
    first = len(network.arrays)
    for wire in wires:
        network.add(np.array([1.0, 0.0]), wire)
    return network, list(range(first, len(network.arrays)))


@dataclass(frozen=True, slots=True)
class Contraction:
    """A network with an order of contraction and what it is predicted to cost.

    Args:
        network: the tensors.
        tree: cotengra's contraction tree, sliced to fit the memory.
        seconds: predicted processor time.
        memory: predicted bytes of the intermediate tensors of one slice.
        search: how the order was found.
    """

    network: Network
    tree: Any
    seconds: float
    memory: float
    search: str

    @property
    def slices(self) -> int:
        """Number of independent parts."""
        return int(self.tree.nslices)

    def evaluate(self, executor: Executor | None = None, arrays: Any = None) -> complex:
        """Contract the network; the result does not depend on the executor.

        Args:
            executor: any `concurrent.futures.Executor` for the slices; None does them here.
            arrays: tensors in place of the network's own (for other bits).

        Returns:
            The scalar.
        """
        arrays = self.network.arrays if arrays is None else arrays
        groups = np.array_split(np.arange(self.slices), min(self.slices, CHUNKS))
        job = functools.partial(_sum_of_slices, self.tree, arrays)
        if executor is None or len(groups) == 1:
            return complex(sum(map(job, groups)))
        waiting = [executor.submit(job, group) for group in groups]
        try:
            return complex(sum(future.result() for future in waiting))
        finally:
            for future in waiting:  # after an error or Ctrl-C nothing is left in the caller's pool
                future.cancel()


def _sum_of_slices(tree: Any, arrays: Sequence[Array], numbers: Sequence[int]) -> complex:
    how = {"implementation": (_einsum, np.tensordot)}
    return sum(complex(tree.contract_slice(arrays, int(k), **how)) for k in numbers)


def _einsum(equation: str, *arrays: Array) -> Array:
    """Contract one or two tensors, their indices renamed to the 52 letters that numpy knows.

    cotengra numbers the indices of the whole network with letters of any alphabet.
    """
    from cotengra.contract import einsum

    names = dict.fromkeys(x for x in equation if x not in ",->")
    letters = dict(zip(names, string.ascii_letters, strict=False))
    if len(letters) < len(names):
        raise VerificationError(
            f"One step of the contraction holds {len(names)} indices, too many for numpy. "
            'Another engine may answer: method="chain".'
        )
    renamed = "".join(letters.get(x, x) for x in equation)
    found: Array = einsum(renamed, *arrays)
    return found


def plan_contraction(network: Network, limits: Limits, *, search: bool = True) -> Contraction:
    """Find an order of contraction that fits the memory, and predict its cost.

    Args:
        network: the closed network.
        limits: memory, time and seed.
        search: whether a long search is allowed where the contraction would be longer.

    Returns:
        The plan; it may cost more than the limits allow (see `refuse_contraction`).

    Cost:
        A fraction of a second, or as much as the contraction itself but at most a minute.
    """
    import cotengra

    seed = derived_seed(limits.seed, "contraction") % 2**32

    def greedy(trials: int) -> Contraction:
        optimizer = cotengra.RandomGreedyOptimizer(
            max_repeats=trials, seed=seed, accel=False, parallel=False
        )
        return _plan(network, optimizer, limits, "greedy")

    found = greedy(1)
    if found.seconds > HOPELESS * limits.seconds:
        return found
    if found.seconds > GREEDY_SECONDS:
        found = min(found, greedy(GREEDY_TRIALS), key=lambda plan: plan.seconds)
    if not search or not SEARCH_SECONDS < found.seconds <= HOPELESS * limits.seconds:
        return found
    longest = min(found.seconds, limits.seconds, LONGEST_SEARCH)
    thorough = cotengra.HyperOptimizer(
        methods=["greedy", "labels"],
        optlib="random",
        max_time=longest,
        reconf_opts={},
        parallel=False,
        seed=seed,
    )
    better = _plan(network, thorough, limits, f"searched for {longest:.0f} s")
    return min(found, better, key=lambda plan: plan.seconds)


def _plan(network: Network, optimizer: Any, limits: Limits, text: str) -> Contraction:
    tree = optimizer.search(*network.named())
    room = max(2.0**10, limits.memory / 16 / 4)  # some four tensors of complex numbers at once
    affordable = SECONDS_PER_PRODUCT * float(tree.total_flops(dtype=None)) <= 100 * limits.seconds
    if affordable and tree.max_size() > room:
        tree.slice_(target_size=room, seed=derived_seed(limits.seed, "slices") % 2**32)
    products = float(tree.total_flops(dtype=None))  # more after slicing
    steps = tree.nslices * len(network.arrays)
    seconds = SECONDS_PER_PRODUCT * products + SECONDS_PER_STEP * steps
    return Contraction(network, tree, seconds, 16.0 * float(tree.peak_size()), text)


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
