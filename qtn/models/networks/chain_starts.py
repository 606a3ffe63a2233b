"""Starts of a chain. All pass a typical row with an amplitude near 1, so that nothing vanishes.

identity: every core is v_s · 1 with v·φ(x) ≈ 1 over the rows (least squares). The chain starts as
    the same product function for all classes; noise breaks the tie. Good for long chains.
means: bond index c carries the product state of the mean features of class c, and the label tensor
    picks it, so training starts from the classifier of the nearest class mean in fidelity. Better
    test accuracy on small data; needs as many bond indices as classes, and on long chains its
    amplitudes differ by so many orders of magnitude between the classes that learning stalls.
linear: the least-squares linear classifier of all features, exactly. Bond index 0 carries the
    constant and index k the running sum of a linear function of the sites passed so far,

        h_k(x) = Π_j v·φ_j  Σ_i u_ik·φ_i / v·φ_i,      f_c = b_c + Σ_k V_kc (left h_k + right h_k),

    which takes one core per site: v on the diagonal and u_ik from index 0 to index k. The first
    functions span the scores of the classes, the others are the principal components. For maps
    with a constant feature (polynomial, Legendre, one-hot) the product in front is 1.
screened: the same of the sites that tell something: those of whose features one correlates with a
    score by n r² > 2 ln(2 · sites · phys · outputs) + 2, which pure noise exceeds rarely. For
    more columns than rows, where the least squares of all would fit the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._memory import check_memory
from qtn._random import generator

Floats = NDArray[np.float64]
Chain = tuple[Floats, Floats]

STARTS = ("auto", "identity", "means", "linear", "screened")
# Longest chain for which "auto" takes the class means.
_LONGEST_MEANS = 32
# Rows that decide the linear classifier, its ridge in units of a feature's second moment, and the
# size of its scores beside the 0 and 1 they were fitted to: a logit of 5 is a probability of .94
# among ten classes.
_LINEAR_ROWS = 10_000
LINEAR_RIDGE = 1e-2
_LINEAR_SIZE = 5.0
_EPS = float(np.finfo(float).eps)


def check_chain_memory(bond: int, sites: int, phys: int, outputs: int) -> None:
    """Refuse a chain whose tensors and their training would not fit into the free memory.

    Raises:
        ArgumentError: says what is needed and what is free.
    """
    entries = float(bond) ** 2 * (sites * phys + outputs)
    # In double precision: the start, the parameters, a gradient and two moments of Adam.
    check_memory(6 * 8 * entries, f"A chain of {sites} sites and bond={bond}")


@dataclass(frozen=True, slots=True)
class Start:
    """How a chain starts.

    Args:
        kind: "identity", "linear", "screened", for classes also "means", or "auto": means where it
            fits and the chain is short.
        noise: standard deviation of the normal noise on every entry.
        seed: chooses the noise.
        ridge: of the linear model, in units of a feature's second moment.
    """

    kind: str = "auto"
    noise: float = 0.0
    seed: int = 0
    ridge: float = LINEAR_RIDGE


def chain_start(
    x: Floats,
    y: NDArray[Any],
    bond: int,
    start: Start,
    weights: Floats | None = None,
    outputs: int | None = None,
) -> Chain:
    """Return cores (sites, left, phys, right), all of bond `bond`, and a label tensor.

    Args:
        x: features, shape (rows, sites, phys).
        y: class numbers from 0, shape (rows,), or targets, shape (rows, outputs).
        bond: bond dimension D.
        start: kind, noise and seed.
        weights: weight of every row, shape (rows,); None: all alike.
        outputs: number of classes; None: those that the rows show.

    Returns:
        Cores of shape (sites, D, phys, D) and label tensor (D, classes, D).
    """
    rng, kind = generator(start.seed, "start"), start.kind
    classes = outputs or (int(y.max()) + 1 if y.ndim == 1 else y.shape[1])
    weights = np.ones(len(x)) if weights is None else weights
    sites, phys = x.shape[1:]
    cores = start.noise * rng.standard_normal((sites, bond, phys, bond))
    label = start.noise * rng.standard_normal((bond, classes, bond))
    if kind == "auto":
        kind = "means" if classes <= bond and sites <= _LONGEST_MEANS else "identity"
    if kind == "means":
        return _add_means(x, y, weights, cores, label)
    if kind in ("linear", "screened"):
        linear, middle = linear_start(
            x, y, bond, classes, weights, ridge=start.ridge, screen=kind == "screened"
        )
        return cores + linear, label + middle
    index = np.arange(bond)
    cores[:, index, :, index] += _unit_directions(x, weights)
    label[index, :, index] += 1.0
    return cores, label


def _add_means(
    x: Floats, y: NDArray[np.int64], weights: Floats, cores: Floats, label: Floats
) -> Chain:
    for c in range(label.shape[1]):
        # A class without rows yet starts from the mean of all.
        members = y == c if (y == c).any() else np.ones(len(y), dtype=bool)
        mean = np.average(x[members], axis=0, weights=weights[members])
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        cores[1:-1, c, :, c] += mean[1:-1]
        # The ends hold one row and one column only: the outer bonds are 1.
        cores[0, 0, :, c] += mean[0]
        cores[-1, c, :, 0] += mean[-1]
        label[c, c, c] += 1.0
    return cores, label


def linear_start(
    x: Floats,
    y: NDArray[Any],
    bond: int,
    classes: int,
    weights: Floats | None = None,
    *,
    ridge: float = LINEAR_RIDGE,
    screen: bool = False,
) -> Chain:
    """Return cores (sites, D, phys, D) and a label tensor of the least-squares linear model.

    `y` holds class numbers (rows,) or targets (rows, outputs); the scores of a regression keep the
    size they were fitted to. Fewer bond indices than scores keep the leading functions only.
    `screen` leaves out sites that say no more than noise would.

    Cost: rows · (sites · phys)² operations.
    """
    part = slice(None, None, max(1, len(x) // _LINEAR_ROWS))
    share = np.ones(len(x)) if weights is None else weights
    x, y, share = x[part], y[part], share[part] / share[part].sum()
    labels = y.ndim == 1
    target = np.eye(classes)[y] if labels else y
    unit = _unit_directions(x, share)
    passed = np.einsum("nip,ip->ni", x, unit)
    # Where v·φ vanishes the quotient says nothing, and the ridge keeps its weight small.
    z = x / np.where(np.abs(passed) < 0.1, 1.0, passed)[:, :, None]
    kept = _telling(z, target, share) if screen else np.arange(x.shape[1])
    z = (z[:, kept] if screen else z).reshape(len(x), -1)
    mean, constant = share @ z, share @ target
    moments = (z * share[:, None]).T @ z - np.outer(mean, mean)
    with_scores = ((z - mean) * share[:, None]).T @ (target - constant)
    ridge = max(ridge, _EPS * float(np.trace(moments)))  # smaller ones are lost in rounding
    scores = np.linalg.solve(moments + ridge * np.eye(len(mean)), with_scores)
    functions, mixing = _functions(scores, moments, bond, classes - labels)
    functions = functions.reshape(len(kept), x.shape[2], -1)
    offset = np.einsum("ip,ipk->ik", mean.reshape(len(kept), -1), functions)
    every = np.zeros((*x.shape[1:], bond - 1))
    every[kept] = functions - unit[kept][:, :, None] * offset[:, None, :]
    cores, label = _running_sums(unit, every, constant, mixing)
    return cores, _LINEAR_SIZE * label if labels else label


def _functions(scores: Floats, moments: Floats, bond: int, rank: int) -> tuple[Floats, Floats]:
    """Return functions of unit variance over the rows, and how the scores are mixed from them.

    Those of the scores come first (`rank` of them: scores of classes have a constant sum), then
    principal components, as many as the bond holds.
    """
    size, turn = np.linalg.eigh(scores.T @ moments @ scores)
    count = min(bond - 1, rank)
    size = np.sqrt(np.maximum(size[: -count - 1 : -1], 1e-30))
    turn = _signed(turn[:, : -count - 1 : -1])
    functions = scores @ (turn / size)
    more = min(bond - 1 - count, len(moments))
    if more:
        spread, leading = np.linalg.eigh(moments)
        kept = _signed(leading[:, -more:]) / np.sqrt(spread[-more:] + LINEAR_RIDGE)
        functions = np.concatenate([functions, kept[:, ::-1]], axis=1)
    spare = bond - 1 - functions.shape[1]
    return np.pad(functions, ((0, 0), (0, spare))), (turn * size).T


def _telling(z: Floats, target: Floats, share: Floats) -> NDArray[np.int64]:
    """Return the sites that tell more about the target than noise would; the best one at least."""
    rows, sites, phys = z.shape
    centred, goal = z - np.tensordot(share, z, 1), target - share @ target
    common = np.einsum("nip,nk->ipk", centred * share[:, None, None], goal, optimize=True)
    spread = np.einsum("nip,n->ip", centred**2, share)[:, :, None] * (share @ goal**2)
    squares = np.divide(common**2, spread, out=np.zeros_like(common), where=spread > 1e-12)
    best = rows * squares.max(axis=(1, 2))
    bar = 2.0 * np.log(2.0 * sites * phys * target.shape[1]) + 2.0
    return np.flatnonzero(best > bar) if (best > bar).any() else best.argmax()[None]


def _signed(vectors: Floats) -> Floats:
    """Return the columns with a positive largest entry: their sign else hangs on rounding."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]))


def _running_sums(unit: Floats, functions: Floats, constant: Floats, scores: Floats) -> Chain:
    """Return the chain of f_c = constant_c + Σ_k scores_kc Σ_i functions_ik·φ_i."""
    sites, phys, count = functions.shape
    bond, half, index = count + 1, sites // 2, np.arange(count + 1)
    cores = np.zeros((sites, bond, phys, bond))
    cores[:, index, :, index] = unit
    cores[:half, 0, :, 1:] += functions[:half]
    cores[half:, 1:, :, 0] += functions[half:].transpose(0, 2, 1)
    # The ends hold one row and one column only; a single site is the right end.
    cores[:1, 1:] *= half == 0
    cores[-1, :, :, 1:] = 0.0
    label = np.zeros((bond, len(constant), bond))
    label[0, :, 0] = constant
    label[1 : len(scores) + 1, :, 0] = scores
    label[0, :, 1 : len(scores) + 1] = scores.T
    return cores, label


def _unit_directions(x: Floats, weights: Floats) -> Floats:
    """Return per site the shortest v of least squares v·φ(x) ≈ 1, shape (sites, phys)."""
    # Normal equations of all sites at once; rows beyond some thousands change nothing.
    some, share = x[:5000], weights[:5000] / weights[:5000].mean()
    gram = np.einsum("rip,riq->ipq", some * share[:, None, None], some) / len(some)
    target = np.average(some, axis=0, weights=share)
    inverse = np.linalg.pinv(gram, rcond=1e-6, hermitian=True)
    return np.asarray((inverse @ target[:, :, None])[..., 0])
