r"""What a target tells before any search: how far its correlations reach, how entangled it is.

A brickwall of D layers correlates sites at a distance of at most 2D - 1 (the light cone), so a
state with weight in correlations beyond it needs another family or more depth. Its entropy is at
most D ln 2 at any cut (every second layer has a gate there, and a gate adds at most 2 ln 2).
"""

from __future__ import annotations

import numpy as np

from qtn.states.operators import PAULI
from qtn.states.schmidt import SchmidtForm

STARTS = 6  # sites from which correlations are followed


def correlation_reach(chain: list[np.ndarray], threshold: float = 0.03) -> int:
    """Return the largest distance at which |<P_i P_j> - <P_i><P_j>| exceeds a threshold.

    Args:
        chain: canonical with centre 0, norm 1, qubits.
        threshold: infidelities of a state that misses such correlations are of its square.

    Returns:
        The largest distance found for P = X, Y, Z from a few sites i to all sites on their right.

    Cost: O(n χ³).

    Example:
        >>> ghz = np.zeros(8); ghz[[0, 7]] = 0.5**0.5
        >>> from qtn.states import MPS
        >>> correlation_reach(list(MPS.from_dense(ghz).normalised().tensors))
        2
    """
    n = len(chain)
    starts = {int(i) for i in np.linspace(0, n - 2, STARTS)}
    farthest, left = 0, np.ones((1, 1))
    # For every start and P: the part of the chain up to here with P at the start.
    followed: list[tuple[int, int, complex, np.ndarray]] = []
    for j, tensor in enumerate(chain):
        half = np.tensordot(left, tensor, (1, 0))
        density = np.tensordot(tensor.conj(), half, ((0, 2), (0, 2)))
        means = [complex(np.sum(p * density)) for p in PAULI[1:]]
        later = []
        for i, axis, mean, part in followed:
            ahead = np.tensordot(part, tensor, (1, 0))
            joint = np.tensordot(tensor.conj(), ahead, ((0, 2), (0, 2)))
            correlation = np.sum(PAULI[1:][axis] * joint) - mean * means[axis]
            if abs(correlation) > threshold:
                farthest = max(farthest, j - i)
            later.append((i, axis, mean, np.tensordot(tensor.conj(), ahead, ((0, 1), (0, 1)))))
        followed = later
        if j in starts:
            for axis, p in enumerate(PAULI[1:]):
                turned = np.tensordot(p, half, (1, 1)).transpose(1, 0, 2)
                part = np.tensordot(tensor.conj(), turned, ((0, 1), (0, 1)))
                followed.append((j, axis, means[axis], part))
        left = np.tensordot(tensor.conj(), half, ((0, 1), (0, 1)))
    return farthest


def largest_entropy(chain: list[np.ndarray]) -> float:
    """Return the largest entropy of entanglement over all cuts, in nats.

    Args:
        chain: canonical with centre 0, norm 1.

    Example:
        >>> ghz = np.zeros(8); ghz[[0, 7]] = 0.5**0.5
        >>> from qtn.states import MPS
        >>> round(largest_entropy(list(MPS.from_dense(ghz).normalised().tensors)), 4)
        0.6931
    """
    entropies = [0.0]
    for weights in SchmidtForm.from_left(chain).weights:
        kept = weights[weights > 1e-300]
        entropies.append(float(-np.sum(kept * np.log(kept))))
    return max(entropies)
