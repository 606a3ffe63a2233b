r"""Layers of gates on a matrix product state, with a rigorous bound on the truncation error.

The centre moves along the chain with the gates. Truncations of one layer are orthogonal
projections onto nested spaces that commute with the gates still to come, so that the squared
norms of their errors add up; the errors of layers add up as norms.

Cost: O(n D χ³). Slower than the form used while optimising, but exact about what it drops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qtn.aqc.shape.ansatz import Layer

Chain = list[np.ndarray]


def mirror_gates(gates: np.ndarray) -> np.ndarray:
    """Return the gates with their two sites exchanged, in reverse order."""
    side = gates.shape[-1]
    phys = math.isqrt(side)
    g = gates.reshape(-1, phys, phys, phys, phys).transpose(0, 2, 1, 4, 3)
    return np.ascontiguousarray(g.reshape(-1, side, side)[::-1])


def mirror_chain(chain: Sequence[np.ndarray]) -> Chain:
    """Return the chain read from right to left."""
    return [t.transpose(2, 1, 0) for t in reversed(chain)]


def zero_chain(n: int, dtype: np.dtype) -> Chain:
    """Return |0...0>."""
    one = np.zeros((1, 2, 1), dtype)
    one[0, 0, 0] = 1.0
    return [one] * n


def sweep_right(
    chain: Chain, gates: dict[int, np.ndarray], cut: float, cap: int
) -> tuple[Chain, list[float]]:
    """Apply gates in ascending order of their bonds, the centre moving from site 0 to the end.

    Returns:
        The new chain (centre at the last site) and the relative weights dropped.
    """
    out = list(chain)
    lost = []
    for k in range(len(chain) - 1):
        here, there = out[k], out[k + 1]
        (left, phys, _), right = here.shape, there.shape[2]
        if k not in gates:
            q, r = np.linalg.qr(here.reshape(left * phys, -1))
            out[k] = q.reshape(left, phys, -1)
            out[k + 1] = np.tensordot(r, there, 1)
            continue
        theta = here.reshape(left * phys, -1) @ there.reshape(there.shape[0], -1)
        theta = np.matmul(gates[k], theta.reshape(left, phys**2, right))
        theta = theta.reshape(left * phys, phys * right)
        u, rest, weight = split(theta, cut, cap)
        lost.append(weight)
        out[k] = u.reshape(left, phys, -1)
        out[k + 1] = rest.reshape(-1, phys, right)
    return out, lost


def split(theta: np.ndarray, cut: float, cap: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Split into an isometry and the rest, dropping at most the relative weight `cut`.

    Cuts below 1e-13 use the singular value decomposition, others the Gram matrix, whose rounding
    errors are covered by adding 1e-15 to the weight dropped.
    """
    if cut < 1e-13:
        w, s, xh = np.linalg.svd(theta, full_matrices=False)
        weights = s**2
    else:
        values, w = np.linalg.eigh(theta @ theta.conj().T)
        rank = min(theta.shape)
        weights, w = np.maximum(values[::-1][:rank], 0.0), w[:, ::-1]
    total = float(weights.sum())
    tail = np.cumsum(weights[::-1])[::-1]
    keep = min(max(int(np.count_nonzero(tail > cut * total)), 1), cap)
    dropped = float(tail[keep]) / total if keep < len(tail) and total > 0 else 0.0
    if cut >= 1e-13 and keep < len(tail):
        dropped += 1e-15
    u = np.ascontiguousarray(w[:, :keep])
    rest = s[:keep, None] * xh[:keep] if cut < 1e-13 else u.conj().T @ theta
    return u, rest, dropped


def move_centre(chain: Chain) -> Chain:
    """Move the centre from site 0 to the last site by QR."""
    return sweep_right(chain, {}, 0.0, 1 << 30)[0]


class State:
    """A matrix product state whose centre is at one end, and the weight its truncations lost."""

    def __init__(self, chain: Chain, at_left: bool, error: float = 0.0) -> None:
        self.chain = chain
        self.at_left = at_left
        self.error = error

    def applied(self, layer: Layer, gates: np.ndarray, dagger: bool, cut: float, cap: int) -> State:
        """Return the state after the layer (or after its inverse)."""
        down = layer.down != dagger
        if layer.disjoint:
            down = self.at_left
        used = gates.conj().transpose(0, 2, 1) if dagger else gates
        n = len(self.chain)
        chain, bonds = self.chain, layer.bonds
        if not down:
            chain, used = mirror_chain(chain), mirror_gates(used)
            bonds = tuple(n - 2 - b for b in reversed(bonds))
        if self.at_left != down:
            chain = mirror_chain(move_centre(mirror_chain(chain)))
        chain, lost = sweep_right(chain, dict(zip(bonds, used)), cut, cap)
        error = self.error + float(np.sqrt(np.sum(lost)))
        return State(chain if down else mirror_chain(chain), not down, error)
