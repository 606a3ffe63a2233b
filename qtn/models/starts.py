"""Starts of a chain. All pass a typical row with an amplitude near 1, so that nothing vanishes.

identity: every core is v_s · 1 with v·φ(x) ≈ 1 over the rows (least squares). The chain starts as
    the same product function for all classes; noise breaks the tie. Good for long chains.
means: bond index c carries the product state of the mean features of class c, and the label tensor
    picks it, so training starts from the classifier of the nearest class mean in fidelity. Better
    test accuracy on small data; needs as many bond indices as classes, and on long chains its
    amplitudes differ by so many orders of magnitude between the classes that learning stalls.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator

Floats = NDArray[np.float64]
Chain = tuple[Floats, Floats]

STARTS = ("auto", "identity", "means")
# Longest chain for which "auto" takes the class means.
_LONGEST_MEANS = 32


def chain_start(
    x: Floats, y: NDArray[np.int64], bond: int, kind: str, noise: float, seed: int
) -> Chain:
    """Return cores (sites, left, phys, right), all of bond `bond`, and a label tensor.

    Args:
        x: features, shape (rows, sites, phys).
        y: class numbers from 0, shape (rows,).
        bond: bond dimension D.
        kind: "identity", "means", or "auto": means where it fits and the chain is short.
        noise: standard deviation of the normal noise on every entry.
        seed: chooses the noise.

    Returns:
        Cores of shape (sites, D, phys, D) and label tensor (D, classes, D).
    """
    rng = generator(seed, "start")
    classes = int(y.max()) + 1
    sites, phys = x.shape[1:]
    cores = noise * rng.standard_normal((sites, bond, phys, bond))
    label = noise * rng.standard_normal((bond, classes, bond))
    if kind == "auto":
        kind = "means" if classes <= bond and sites <= _LONGEST_MEANS else "identity"
    if kind == "means":
        return _add_means(x, y, cores, label)
    index = np.arange(bond)
    cores[:, index, :, index] += _unit_directions(x)
    label[index, :, index] += 1.0
    return cores, label


def _add_means(x: Floats, y: NDArray[np.int64], cores: Floats, label: Floats) -> Chain:
    for c in range(label.shape[1]):
        mean = x[y == c].mean(axis=0)
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        cores[1:-1, c, :, c] += mean[1:-1]
        # The ends hold one row and one column only: the outer bonds are 1.
        cores[0, 0, :, c] += mean[0]
        cores[-1, c, :, 0] += mean[-1]
        label[c, c, c] += 1.0
    return cores, label


def _unit_directions(x: Floats) -> Floats:
    """Return per site the shortest v of least squares v·φ(x) ≈ 1, shape (sites, phys)."""
    # Normal equations of all sites at once; rows beyond some thousands change nothing.
    some = x[:5000]
    gram = np.einsum("rip,riq->ipq", some, some) / len(some)
    target = some.mean(axis=0)
    inverse = np.linalg.pinv(gram, rcond=1e-6, hermitian=True)
    return np.asarray((inverse @ target[:, :, None])[..., 0])
