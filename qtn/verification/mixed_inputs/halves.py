r"""Traces by Pauli propagation from both ends of a circuit.

With :math:`U = U_2 U_1` (U₁ acts first)

.. math:: 2^{-n} Tr(B U^\dagger A U)
          = 2^{-n} Tr\big( (U_1 B U_1^\dagger) (U_2^\dagger A U_2) \big) ,

so that each operator crosses one half only. This matters: the number of strings grows with the
gates crossed, and the echo V†DV of an operator is met in its middle. With A', B' the sums kept and
e_A, e_B the 2-norms dropped, summed over cuts, the error is at most

.. math:: e_B \|A\| + \|B'\| e_A .
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.pauli_sums import PauliSum, generators_of, propagate
from qtn.verification.engines.propagated.ladder import Rung, lost_share

__all__ = ["trace_run"]

GateLike = tuple[tuple[int, ...], NDArray[Any]]


def trace_run(
    a: PauliSum, b: PauliSum, gates: Sequence[GateLike]
) -> Callable[[int, float], Rung | None]:
    """Return what runs the trace of B U†AU at a number of terms each.

    Args:
        a: A.
        b: B.
        gates: of U in the order of time.

    Cost: one propagation of either operator through half of the gates with two qubits.
    """
    middle = _middle(gates)
    late = generators_of(a.n, gates[middle:])
    back = [(qubits, matrix.conj().T) for qubits, matrix in reversed(gates[:middle])]
    early = generators_of(a.n, back)

    def run(most: int, work: float) -> Rung | None:
        first = propagate(a, late, max_terms=most, max_work=work)
        second = propagate(b, early, max_terms=most, max_work=work - first.work)
        if first.steps_left or second.steps_left:
            return None
        rigorous = second.dropped.trace * a.norm + second.kept.norm * first.dropped.trace
        lost = 1.0 - (1.0 - lost_share(a, first.kept)) * (1.0 - lost_share(b, second.kept))
        peak = max(first.peak, second.peak)
        value = first.kept.inner(second.kept)
        return Rung(most, value, rigorous, lost, first.work + second.work, peak)

    return run


def _middle(gates: Sequence[GateLike]) -> int:
    """Return where half of the gates on two qubits are done."""
    done = np.cumsum([len(qubits) == 2 for qubits, _ in gates])
    return int(np.searchsorted(done, done[-1] / 2.0) + 1) if len(gates) else 0
