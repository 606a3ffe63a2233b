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

from qtn._kernels import FAST, kernel
from qtn._random import generator
from qtn.aqc.kernels.gates import joined, unitary
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.keeper import Keeper
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.nodes import Node, Nodes

_compiled: Any = kernel(**FAST)
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
        self._target = np.ascontiguousarray(target, dtype=complex)
        self._where = np.array(shape.where, dtype=np.int64).reshape(-1, 2)
        self._befores = np.empty((shape.size, *target.shape), dtype=complex)

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        found = np.ascontiguousarray(gates[:, 0] + 1j * gates[:, 1])
        out = np.zeros_like(found)
        overlap = _evaluated(found, self._where, self.ansatz.n, self._target, self._befores, out)
        return complex(overlap), np.stack([out.real, out.imag], axis=1)


@_compiled
def _applied(matrix, gate, high, low):  # type: ignore[no-untyped-def]
    """Multiply rows of a matrix by a gate; `high` and `low` are the bits of its wires."""
    size = matrix.shape[0]
    rows = np.empty(4, np.int64)
    held = np.empty((4, matrix.shape[1]), matrix.dtype)
    for base in range(size):
        if base & high or base & low:
            continue
        rows[0], rows[1], rows[2], rows[3] = base, base | low, base | high, base | high | low
        for i in range(4):
            for c in range(size):
                held[i, c] = matrix[rows[i], c]
        for i in range(4):
            for c in range(size):
                matrix[rows[i], c] = (
                    gate[i, 0] * held[0, c]
                    + gate[i, 1] * held[1, c]
                    + gate[i, 2] * held[2, c]
                    + gate[i, 3] * held[3, c]
                )


@_compiled
def _evaluated(gates, where, n, target, befores, out):  # type: ignore[no-untyped-def]
    """Return tr(T†C)/2ⁿ; `befores` takes the circuit before every gate, `out` environments."""
    size = target.shape[0]
    current = np.eye(size).astype(target.dtype)
    for k in range(gates.shape[0]):
        befores[k] = current
        _applied(current, gates[k], 1 << (n - 1 - where[k, 0]), 1 << (n - 1 - where[k, 1]))
    overlap = 0.0j
    for r in range(size):
        for c in range(size):
            overlap += np.conj(target[r, c]) * current[r, c]
    # What acts after a gate, transposed so that gates multiply rows: (T†)ᵀ = conj(T).
    after = np.conj(target)
    rows = np.empty(4, np.int64)
    for k in range(gates.shape[0] - 1, -1, -1):
        high, low = 1 << (n - 1 - where[k, 0]), 1 << (n - 1 - where[k, 1])
        for base in range(size):
            if base & high or base & low:
                continue
            rows[0], rows[1], rows[2], rows[3] = base, base | low, base | high, base | high | low
            for i in range(4):
                for j in range(4):
                    for c in range(size):
                        out[k, i, j] += after[rows[i], c] * befores[k, rows[j], c] / size
        _applied(after, gates[k].T.copy(), high, low)
    return overlap / size
