r"""What a goal costs at least, known before any search.

k gates of CX, CZ, ECR or RZZ across a cut give at most 2^k Schmidt values, whose weights sum to at
most the 2^k largest ones of the target: 1 - F ≥ Σ_{j > 2^k} λ_j². A circuit along a line has a gate
on one cut only and at most one per layer and cut, so the needs of all cuts add up to gates, and the
largest of them is a depth.
"""

from __future__ import annotations

import numpy as np

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.schmidt import SchmidtForm


def least_gates(state: MPS, infidelity: float) -> list[int]:
    """Return how many two-qubit gates every cut needs at least.

    Args:
        state: canonical with centre 0, norm 1.
        infidelity: the goal.

    Example:
        >>> import numpy as np
        >>> ghz = np.zeros(8); ghz[[0, 7]] = 0.5**0.5
        >>> least_gates(MPS.from_dense(ghz).normalised(), 1e-3)
        [1, 1]
    """
    needs = []
    for weights in SchmidtForm.from_left(list(state.tensors)).weights:
        lost = 1.0 - np.cumsum(np.sort(weights)[::-1])
        ranks = 1 + int(np.argmax(lost <= infidelity * (1.0 + 1e-9) + 1e-12))
        needs.append(int(np.ceil(np.log2(ranks))))
    return needs


def check_budgets(
    state: MPS, infidelity: float | None, gates: int | None, depth: int | None
) -> None:
    """Refuse budgets of gates and depth that no circuit along a line can reach a goal with.

    Raises:
        ArgumentError: they exclude each other.
    """
    if infidelity is None or (gates is None and depth is None):
        return
    needs = least_gates(state, infidelity)
    for name, given, least in (
        ("max_two_qubit_gates", gates, sum(needs)),
        ("max_depth", depth, max(needs, default=0)),
    ):
        if given is not None and given < least:
            raise ArgumentError(
                f"Arguments `{name}` and `infidelity` exclude each other: the entanglement of "
                f"the target needs at least {least} for infidelity={infidelity:g}, but {name} is "
                f"{given}. Allow more, or give the budget alone for the best circuit within it."
            )
