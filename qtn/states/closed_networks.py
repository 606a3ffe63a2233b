"""Closed tensor networks: their order of contraction, what it costs, and their value.

A network without open indices is a number. Indices may be shared by more than two tensors
(hyperedges), which costs nothing. cotengra looks for the order of contraction: greedily at first,
and thoroughly only where the contraction costs more than the search. Where an intermediate tensor
would not fit into the memory allowed, the network is cut into slices that are contracted one by
one, here or on any executor. The only error is rounding.

Reference: J. Gray and S. Kourtis, "Hyper-optimized tensor network contraction", Quantum 5, 410
(2021), whose library does the search and the contraction.
"""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads, suited
from qtn._random import derived_seed
from qtn.errors import VerificationError
from qtn.parallel.spreading import in_order

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


class Allowance(Protocol):
    """What a contraction may take."""

    @property
    def seconds(self) -> float:
        """Processor time."""

    @property
    def memory(self) -> float:
        """Bytes."""

    @property
    def seed(self) -> int:
        """Of the search for an order."""


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

    def named(self) -> tuple[list[tuple[str, ...]], tuple[str, ...], dict[str, int]]:
        """Return inputs, output and sizes with indices as the letters that cotengra writes."""
        from cotengra import get_symbol

        inputs = [tuple(map(get_symbol, row)) for row in self.inputs]
        return inputs, (), {get_symbol(k): size for k, size in self.sizes.items()}

    def rename(self, old: int, new: int) -> None:
        """Identify two indices."""
        self.inputs = [tuple(new if k == old else k for k in row) for row in self.inputs]


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
        return complex(sum(in_order(job, groups, executor if len(groups) > 1 else None)))


def _sum_of_slices(tree: Any, arrays: Sequence[Array], numbers: Sequence[int]) -> complex:
    how = {"implementation": (_einsum, np.tensordot)}
    with few_threads(suited(math.isqrt(int(tree.max_size())))):
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
            'Take another method: of a circuit, method="chain" may answer.'
        )
    renamed = "".join(letters.get(x, x) for x in equation)
    found: Array = einsum(renamed, *arrays)
    return found


def plan_contraction(network: Network, allowed: Allowance, *, search: bool = True) -> Contraction:
    """Find an order of contraction that fits the memory, and predict its cost.

    Args:
        network: the closed network.
        allowed: memory, time and seed.
        search: whether a long search is allowed where the contraction would be longer.

    Returns:
        The plan; it may cost more than is allowed, which the caller decides upon.

    Cost:
        A fraction of a second, or as much as the contraction itself but at most a minute.
    """
    import cotengra

    seed = derived_seed(allowed.seed, "contraction") % 2**32

    def greedy(trials: int) -> Contraction:
        optimizer = cotengra.RandomGreedyOptimizer(
            max_repeats=trials, seed=seed, accel=False, parallel=False
        )
        return _plan(network, optimizer, allowed, "greedy")

    found = greedy(1)
    if found.seconds > HOPELESS * allowed.seconds:
        return found
    if found.seconds > GREEDY_SECONDS:
        found = min(found, greedy(GREEDY_TRIALS), key=lambda plan: plan.seconds)
    if not search or not SEARCH_SECONDS < found.seconds <= HOPELESS * allowed.seconds:
        return found
    longest = min(found.seconds, allowed.seconds, LONGEST_SEARCH)
    thorough = cotengra.HyperOptimizer(
        methods=["greedy", "labels"],
        optlib="random",
        max_time=longest,
        reconf_opts={},
        parallel=False,
        seed=seed,
    )
    better = _plan(network, thorough, allowed, f"searched for {longest:.0f} s")
    return min(found, better, key=lambda plan: plan.seconds)


def _plan(network: Network, optimizer: Any, allowed: Allowance, text: str) -> Contraction:
    tree = optimizer.search(*network.named())
    room = max(2.0**10, allowed.memory / 16 / 4)  # some four tensors of complex numbers at once
    affordable = SECONDS_PER_PRODUCT * float(tree.total_flops(dtype=None)) <= 100 * allowed.seconds
    if affordable and tree.max_size() > room:
        tree.slice_(target_size=room, seed=derived_seed(allowed.seed, "slices") % 2**32)
    products = float(tree.total_flops(dtype=None))  # more after slicing
    steps = tree.nslices * len(network.arrays)
    seconds = SECONDS_PER_PRODUCT * products + SECONDS_PER_STEP * steps
    return Contraction(network, tree, seconds, 16.0 * float(tree.peak_size()), text)
