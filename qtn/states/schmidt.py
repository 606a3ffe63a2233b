"""Schmidt's form of a chain: on every bond the basis of its Schmidt vectors, so that truncating is
slicing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.truncate import svd

NEGLIGIBLE = 1e-15  # singular values below this share of the largest are dropped


class SchmidtForm:
    """A normalised chain whose bonds are in Schmidt's bases, the largest values first.

    Attributes:
        tensors: arrays (left, phys, right), canonical from the left or from the right.
        weights: squared Schmidt values of the n - 1 bonds, of sum 1 but for what is negligible.
    """

    def __init__(self, tensors: list[np.ndarray], weights: list[np.ndarray]) -> None:
        self.tensors = tensors
        self.weights = weights

    @classmethod
    def from_left(cls, chain: Sequence[np.ndarray]) -> SchmidtForm:
        """Return the left-canonical form; the centre is the last tensor.

        Args:
            chain: canonical with centre 0, norm 1.

        Cost: O(n χ³).
        """
        tensors, weights = [], []
        centre = chain[0]
        for there in chain[1:]:
            left, phys, right = centre.shape
            u, s, vh = svd(centre.reshape(left * phys, right))
            keep = _kept(s)
            tensors.append(u[:, :keep].reshape(left, phys, keep))
            weights.append((s[:keep] / np.linalg.norm(s)) ** 2)
            centre = np.tensordot(s[:keep, None] * vh[:keep], there, 1)
        return cls([*tensors, centre], weights)

    @classmethod
    def from_right(cls, chain: Sequence[np.ndarray]) -> SchmidtForm:
        """Return the right-canonical form of a chain in any gauge; the centre is the first tensor.

        Cost: O(n χ³).
        """
        left = canonicalise(list(chain), len(chain) - 1)
        tensors, weights = [], []
        centre = left[-1]
        for before in reversed(left[:-1]):
            u, s, vh = svd(centre.reshape(centre.shape[0], -1))
            keep = _kept(s)
            tensors.append(vh[:keep].reshape(keep, *centre.shape[1:]))
            weights.append((s[:keep] / np.linalg.norm(s)) ** 2)
            centre = np.tensordot(before, u[:, :keep] * s[:keep], 1)
        tensors.append(centre / np.linalg.norm(centre))
        return cls(tensors[::-1], weights[::-1])

    def bonds(self, cut: float) -> np.ndarray:
        """Return the n + 1 bond dimensions when each bond may lose the weight `cut`."""
        tails = [np.cumsum(w[::-1])[::-1] for w in self.weights]
        return np.array([1, *(max(1, int(np.count_nonzero(t > cut))) for t in tails), 1])

    def sliced(self, cut: float) -> list[np.ndarray]:
        """Return views of the tensors with the smaller bonds."""
        sizes = self.bonds(cut)
        return [t[:a, :, :b] for t, a, b in zip(self.tensors, sizes, sizes[1:], strict=False)]


def _kept(values: np.ndarray) -> int:
    return max(1, int(np.count_nonzero(values > NEGLIGIBLE * values[0])))
