r"""Unitaries of three to five qubits as circuits of CX, found all at once.

The entanglers of `qtn.aqc.search.entanglers` on neighbouring wires in turn, L-BFGS on -ln F with

.. math:: F = |\mathrm{tr}(T^\dagger C)|^2 / 4^n .

A CX between free one-qubit gates brings four parameters and the target has :math:`4^n - 1`, of
which 3n lie in one-qubit gates before the first CX, so that generic targets take

.. math:: (4^n - 3n - 1) / 4

CX: 14, 61 and 252, where a decomposition by cosines and sines takes 20, 100 and 444. Fewer CX are
tried first.

Reference: the bound is that of Shende, Markov and Bullock, Phys. Rev. A 69, 062321 (2004); that
searches reach it was seen by Madden and Simonetto, ACM Trans. Quantum Comput. 3, 1 (2022), with
angles instead of one-qubit gates.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from qtn._kernels import FAST, inner, kernel
from qtn._random import generator
from qtn.aqc.kernels.gates import joined, unitary
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.keeper import Keeper
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.nodes import Node, Nodes

_compiled: Any = kernel(**FAST)
_inner: Any = inner(**FAST)
WINDOW, TOLERANCE = 200, 0.1  # a search that gains less over so many steps stands still
SHARES = (0.2, 0.5, 0.75, 1.0, 1.02, 1.06)  # of the bound that are tried, fewest CX first
LOOSE = 1e-6  # goal from which a generic target may take less than the bound
FINE = 4  # qubits up to which the bound and every number of CX above it are tried


def bound(n: int) -> int:
    """Return the fewest CX of a circuit for a generic unitary of n qubits.

    Example:
        >>> [bound(n) for n in (2, 3, 4, 5)]
        [3, 14, 61, 252]
    """
    return math.ceil((4**n - 3 * n - 1) / 4)


def entangled(
    target: np.ndarray, goal: float, tries: int = 3, steps: int = 5000, seed: int = 0,
    keeper: Keeper | None = None,
) -> Blocks | None:  # fmt: skip
    """Return the entanglers of a circuit that is a unitary up to its phase, in time order.

    Args:
        target: unitary (2^n, 2^n), the first wire most significant, n ≥ 2.
        goal: infidelity 1 - |tr(T†C)|²/4ⁿ that is enough.
        tries: random starts for every number of CX.
        steps: quasi-Newton steps from each; a third of them below the bound.
        seed: of the starts.
        keeper: is told of circuits, and says when to end before one reaches the goal.

    Returns:
        Blocks on the wires, of the fewest CX found that reach the goal; None if none does.

    Cost: 100 · 4ⁿ operations per CX and step.
    """
    n = round(math.log2(len(target)))
    of_size = partial(_of_size, target, goal, tries, steps, seed, keeper or Keeper())
    full, missed, best = bound(n), 0, None
    shares = [share for share in SHARES if share != 1.0 or n <= FINE]
    for size in sorted({math.ceil(share * full) for share in shares}):
        best = of_size(size)
        if best is not None:
            break
        missed = size
    while best is not None and best.size - missed > 1 and _promising(best.size, n, goal):
        middle = (best.size + missed) // 2
        shorter = of_size(middle)
        best, missed = (best, middle) if shorter is None else (shorter, missed)
    return best


def _promising(size: int, n: int, goal: float) -> bool:
    """Whether fewer CX may do: below the bound where there is structure, at it for a loose goal."""
    full = bound(n)
    return size < full or goal >= LOOSE or (size > full and n <= FINE)


def _of_size(
    target: np.ndarray, goal: float, tries: int, steps: int, seed: int, keeper: Keeper, size: int
) -> Blocks | None:
    """Return a circuit of so many CX that reaches the goal, if one is found."""
    n = round(math.log2(len(target)))
    register = Node(tuple(range(n)), n // 2, n, 0, (None, None), (1, 1, 1))
    shape = Nodes(n, (register.laid_out(size),))
    steps = steps if size >= bound(n) else steps // 3
    kernel, moves = UnitaryKernel(target, shape), Entanglers(size, shape.ends, real=False)
    for k in range(tries):
        search = Search(keeper, target_infidelity=goal, tolerance=TOLERANCE)
        start = moves.random(generator(seed, "entanglers", size, k))
        lbfgs(kernel, start, search, LBFGS(steps, window=WINDOW), moves=moves)
        if search.best <= goal:
            return shape.blocks(joined(unitary(search.gates)))
        if keeper.late or keeper.interrupted:
            break
    return None


class UnitaryKernel:
    """tr(T†C)/2ⁿ and its derivatives by the gates of C.

    Args:
        target: T, the first wire most significant.
        shape: the two wires of every gate, in time order.
    """

    cut = 0.0  # nothing is truncated

    def __init__(self, target: np.ndarray, shape: Nodes) -> None:
        self.ansatz: Ansatz | Nodes = shape
        self._conjugate = np.asarray(target, dtype=complex).conj()
        where = np.array(shape.where, dtype=np.int64).reshape(-1, 2)
        self._bits = 1 << (shape.n - 1 - where)
        self._room = np.empty((shape.size + 2, *target.shape), dtype=complex)
        self._held = np.empty((4, len(target)), dtype=complex)

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        found = np.ascontiguousarray(gates[:, 0] + 1j * gates[:, 1])
        out = np.zeros_like(found)
        self._room[0], self._room[-1] = np.eye(len(self._conjugate)), self._conjugate
        overlap = _evaluated(found, self._bits, self._room, self._held, out)
        size = len(self._conjugate)
        return complex(overlap) / size, np.stack([out.real, out.imag], axis=1) / size


@_inner
def _applied(matrices, m, gates, k, turned, bits, held):  # type: ignore[no-untyped-def]
    """Multiply rows of matrices[m] by a gate, or its transpose; `bits` are those of its wires."""
    size = matrices.shape[1]
    high, low = bits[k, 0], bits[k, 1]
    for base in range(size):
        if base & high or base & low:
            continue
        for i in range(4):
            row = base + (i >> 1) * high + (i & 1) * low
            for c in range(size):
                held[i, c] = matrices[m, row, c]
        for i in range(4):
            row = base + (i >> 1) * high + (i & 1) * low
            a, b, c, d = gates[k, i, 0], gates[k, i, 1], gates[k, i, 2], gates[k, i, 3]
            if turned:
                a, b, c, d = gates[k, 0, i], gates[k, 1, i], gates[k, 2, i], gates[k, 3, i]
            for j in range(size):
                matrices[m, row, j] = (
                    a * held[0, j] + b * held[1, j] + c * held[2, j] + d * held[3, j]
                )


@_compiled
def _evaluated(gates, bits, befores, held, out):  # type: ignore[no-untyped-def]
    """Return tr(T†C).

    `befores` has the circuit before every gate from its first entry, 1, on, then that of all, and
    conj(T) behind it: (T†)ᵀ, what acts after a gate, transposed so that gates multiply rows.
    `out` takes environments, `held` (4, 2^n) is room.
    """
    size, count = befores.shape[1], gates.shape[0]
    for k in range(count):
        for r in range(size):
            for c in range(size):
                befores[k + 1, r, c] = befores[k, r, c]
        _applied(befores, k + 1, gates, k, False, bits, held)
    overlap = 0.0j
    for r in range(size):
        for c in range(size):
            overlap += befores[count + 1, r, c] * befores[count, r, c]
    for k in range(count - 1, -1, -1):
        for base in range(size):
            if base & bits[k, 0] or base & bits[k, 1]:
                continue
            for i in range(4):
                after = base + (i >> 1) * bits[k, 0] + (i & 1) * bits[k, 1]
                for j in range(4):
                    before = base + (j >> 1) * bits[k, 0] + (j & 1) * bits[k, 1]
                    total = out[k, i, j]
                    for c in range(size):
                        total += befores[count + 1, after, c] * befores[k, before, c]
                    out[k, i, j] = total
        _applied(befores, count + 1, gates, k, True, bits, held)
    return overlap
