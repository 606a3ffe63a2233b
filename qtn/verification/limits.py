"""Predict what a simulation costs, choose how to do it, or refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._checks import positive_int, real
from qtn._display import Display, Displayed, Settings
from qtn.devices.budget import Budget, check_budget
from qtn.interop.circuits import GateList
from qtn.states.operators import Term

SECONDS_PER_FLOP = 2.0e-10
"""Rate of small complex factorisations on one core (5 Gflop/s), measured for bonds 16 to 256."""


@dataclass(frozen=True, slots=True, repr=False)
class Limits(Settings):
    """What a verification may spend.

    Args:
        max_bond: largest bond dimension of a chain.
        cutoff: relative squared weight that one truncation may lose.
        seconds: processor time (by operations counted, so that the same call does the same) at
            which a chain stops, and predicted time above which other work is refused.
        memory: bytes above which the work is refused.
        seed: seed of everything sampled.
        shots: shots or trajectories of sampled engines.
        budget: the most that a witness may take on its device; see `qtn.run`.
        block_bond: largest bond dimension where charges are conserved, all blocks together; less is
            used where time or memory would not suffice.

    Example:
        >>> Limits(max_bond=64).max_bond
        64
    """

    max_bond: int = 256
    cutoff: float = 1e-20
    seconds: float = 300.0
    memory: float = 4e9
    seed: int = 0
    shots: int = 4096
    budget: Budget | None = None
    block_bond: int = 1024

    def __post_init__(self) -> None:
        positive_int("max_bond", self.max_bond)
        positive_int("block_bond", self.block_bond)
        real("cutoff", self.cutoff, 0.0, 1.0)
        real("seconds", self.seconds, 0.0, open_low=True)
        real("memory", self.memory, 0.0, open_low=True)
        positive_int("shots", self.shots)
        if self.budget is not None:
            check_budget(self.budget)


@dataclass(frozen=True, slots=True, repr=False)
class Forecast(Displayed):
    """Predicted size of a chain simulation.

    Args:
        bonds: bond dimensions (log2), one per cut: upper bounds of the exact ones, or as tried.
        seconds: predicted processor time with bonds capped.
        memory: predicted bytes with bonds capped.
        exact: whether no bond needs the cap.
    """

    bonds: tuple[float, ...]
    seconds: float
    memory: float
    exact: bool

    @property
    def peak(self) -> float:
        """Largest exact bond dimension as log2."""
        return max(self.bonds, default=0.0)

    def _brief(self) -> str:
        sort = "exact" if self.exact else "capped"
        return f"bonds up to 2^{self.peak:.3g}, {self.seconds:.2g} s, {sort}"

    def _display(self) -> Display:
        rows = [
            ("largest exact bond", f"2^{self.peak:.3g}"),
            ("seconds", f"{self.seconds:.2g}"),
            ("memory", f"{self.memory / 1e6:.3g} MB"),
            ("exact", self.exact),
        ]
        return Display("Forecast of a chain", rows)


def forecast(gates: GateList, max_bond: int) -> Forecast:
    """Bound bond dimensions, time and memory of a chain simulation by counting gates.

    A gate of operator Schmidt rank r multiplies the rank at every cut that it crosses by at most r,
    and a cut with k qubits on its smaller side has at most rank 2^k. A run of gates on one pair
    counts once, with rank 4 at most.

    Args:
        gates: the circuit.
        max_bond: cap of the bond dimensions.

    Returns:
        The forecast.

    Cost:
        O(gates · n).
    """
    n = gates.n
    ranks = np.zeros(max(n - 1, 1))
    ceiling = np.minimum(np.arange(1, n), np.arange(n - 1, 0, -1)) if n > 1 else np.zeros(1)
    flops = 0.0
    cap = np.log2(max_bond)
    run: dict[tuple[int, int], float] = {}
    last: dict[int, tuple[int, int]] = {}
    for qubits, matrix in gates.gates:
        if len(qubits) != 2:
            continue
        low, high = min(qubits), max(qubits)
        pair = (low, high)
        rank = schmidt_rank(matrix)
        if last.get(low) == pair and last.get(high) == pair:
            gain = max(0.0, min(2.0, run[pair] + rank) - run[pair])
        else:
            run[pair] = 0.0
            gain = rank
        run[pair] += gain
        last[low] = last[high] = pair
        ranks[low:high] = np.minimum(ranks[low:high] + gain, ceiling[low:high])
        width = np.minimum(ranks[low:high], cap)
        flops += float(np.sum(150.0 * 8.0**width * 8.0)) * (1 if high - low == 1 else 2)
    capped = np.minimum(ranks, cap)
    memory = float(np.sum(2 * 16 * 4.0**capped))
    return Forecast(
        tuple(float(r) for r in ranks[: n - 1]),
        SECONDS_PER_FLOP * flops,
        memory,
        bool(np.all(ranks <= cap)),
    )


def schmidt_rank(matrix: np.ndarray) -> float:
    """Return log2 of the operator Schmidt rank of a two-qubit matrix (0, 1 or 2)."""
    cut = matrix.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    values = np.linalg.svd(cut, compute_uv=False)
    count = int(np.count_nonzero(values > 1e-12 * values[0]))
    return float(np.ceil(np.log2(count)))


def causal_cone(gates: GateList, qubits: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the qubits and the gate numbers that a measurement of `qubits` depends on.

    Example:
        >>> chain = GateList(3, (((0, 1), np.eye(4)), ((1, 2), np.eye(4))))
        >>> causal_cone(chain, [0])
        ([0, 1], [0])
    """
    reached = set(qubits)
    numbers = []
    for k in range(len(gates.gates) - 1, -1, -1):
        acted = gates.gates[k][0]
        if reached.intersection(acted):
            reached.update(acted)
            numbers.append(k)
    return sorted(reached), numbers[::-1]


def cone_circuit(gates: GateList, product: Term) -> tuple[GateList, Term]:
    """Restrict a circuit and a product operator to the causal cone, qubits renumbered."""
    qubits, numbers = causal_cone(gates, product.qubits)
    place = {q: k for k, q in enumerate(qubits)}
    kept = tuple((tuple(place[q] for q in gates.gates[k][0]), gates.gates[k][1]) for k in numbers)
    moved = Term(product.coefficient, tuple((place[q], letter) for q, letter in product.factors))
    return GateList(len(qubits), kept), moved
