"""A weight matrix as a matrix product operator (tensor train): by SVDs, and by least squares.

**Sequential SVD.** W[o₁…o_d, i₁…i_d] is split from left to right; every SVD leaves a left factor
with orthonormal columns, so that what the cuts discard is orthogonal to all that is kept and to
what other cuts discard:

    ‖W - W'‖² = Σ_cuts Σ_discarded σ²    (an equality, not a bound).

**Weighted by the inputs.** What matters of a layer is its output. For inputs with covariance C,

    E‖(W - W') (x - x̄)‖² = ‖(W - W') C^½‖².

For two cores with all inputs in the first, that is plain low rank, the best W' is
SVD_r(W C^½) C^-½. On a train the SVDs see W (R₁ ⊗ … ⊗ R_d), where R_k² is the covariance of digit k
of the input alone, and core k is multiplied by R_k⁻¹ afterwards: exact where C is the product.

**Least squares.** Where it is not, each core in turn becomes the minimum of the true ‖(W - W')C^½‖²
for the others as they are: with A, B the cores left and right of it contracted,

    N[lir, l'i'r'] = Σ A_l A_l' B_r B_r' C,   M[lir, o] = Σ A_l B_r (W C),   core = N⁻¹ M.

The outputs of the core do not mix, so N is as large as one slice of it. The error never rises.

Reference: Oseledets, SIAM J. Sci. Comput. 33, 2295 (2011), Algorithm 1; Novikov et al.,
arXiv:1509.06569, for layers; Tomut et al., arXiv:2401.14109, for the choice of bonds by layer.
There the weights alone decide; here their outputs on calibration inputs do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.applications.compression.layout import Layout, possible

Array = NDArray[np.floating[Any]]
# Share of the mean variance that is added to every direction of the inputs. Directions that
# calibration never saw (pixels that were dark) are not free: with less, cores grow large there and
# heal worse; with more, the weights alone decide. Chosen on held-out rows among 1e-6 … 1.
SHRINKAGE = 0.3
# Sweeps of least squares there and back; each of the four gains less than a tenth of the first.
SWEEPS = 4
# Numbers that a normal matrix or an environment may have: 800 MB.
LARGEST = 10**8


@dataclass(frozen=True, slots=True)
class Train:
    """Cores with the axes (left, out, in, right), and the weight that their SVDs discarded.

    `discarded` is √(Σ discarded σ²) in the norm that the SVDs saw.
    """

    cores: tuple[Array, ...]
    discarded: float


def dense(cores: tuple[Array, ...]) -> Array:
    """Return the matrix of a train."""
    outputs = [core.shape[1] for core in cores]
    inputs = [core.shape[2] for core in cores]
    built = cores[0][0]
    for core in cores[1:]:
        built = np.tensordot(built, core, 1)  # (o, i, o', i', right)
        rows, columns = built.shape[0] * core.shape[1], built.shape[1] * core.shape[2]
        built = built.transpose(0, 2, 1, 3, 4).reshape(rows, columns, -1)
    return built.reshape(math.prod(outputs), math.prod(inputs))


def spectra(matrix: Array, layout: Layout, roots: list[Array] | None = None) -> list[Array]:
    """Return the singular values of a (weighted) matrix at every cut of a layout."""
    tensor, sizes = _paired(matrix, layout, roots)
    cuts = [math.prod(sizes[:k]) for k in range(1, len(sizes))]
    return [np.linalg.svd(tensor.reshape(cut, -1), compute_uv=False) for cut in cuts]


def factorised(
    matrix: Array, layout: Layout, bonds: tuple[int, ...], roots: list[Array] | None = None
) -> Train:
    """Return the train of a matrix by sequential SVD.

    Args:
        matrix: rows are outputs, columns inputs.
        layout: the digits of both.
        bonds: largest dimension between cores; what no core can hold is cut down.
        roots: R_k of every core, symmetric and regular; None weighs all inputs alike.

    Cost: one SVD per cut, of what the cuts before it left.
    """
    rest, sizes = _paired(matrix, layout, roots)
    cores, left, lost = [], 1, 0.0
    for k, bond in enumerate(possible(layout, bonds)):
        u, s, vh = np.linalg.svd(rest.reshape(left * sizes[k], -1), full_matrices=False)
        lost += float(np.sum(s[bond:] ** 2))
        cores.append(u[:, :bond].reshape(left, layout.outputs[k], layout.inputs[k], -1))
        rest, left = s[:bond, None] * vh[:bond], min(bond, len(s))
    cores.append(rest.reshape(left, layout.outputs[-1], layout.inputs[-1], 1))
    if roots is not None:
        cores = [_on_inputs(core, np.linalg.inv(root)) for core, root in zip(cores, roots)]
    return Train(tuple(cores), math.sqrt(lost))


def balanced_gauge(cores: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return the same matrix from cores that share its singular values, √σ on each side of a bond.

    Optimisers take steps of one size everywhere: cores of one size heal best.
    """
    found = list(cores)
    for k in range(len(found) - 1, 0, -1):
        left, *inner = found[k].shape
        q, r = np.linalg.qr(found[k].reshape(left, -1).T)
        found[k] = q.T.reshape(-1, *inner)
        found[k - 1] = np.tensordot(found[k - 1], r.T, 1)
    inverse = np.ones(1)
    for k in range(len(found) - 1):
        *outer, right = found[k].shape
        u, s, vh = np.linalg.svd(found[k].reshape(-1, right), full_matrices=False)
        root = np.sqrt(np.maximum(s, 1e-12 * max(s[0], np.finfo(float).tiny)))
        found[k] = (u * root).reshape(*outer, -1) * inverse[:, None, None, None]
        found[k + 1] = np.tensordot(s[:, None] * vh, found[k + 1], 1)
        inverse = 1.0 / root
    found[-1] = found[-1] * inverse[:, None, None, None]
    return tuple(found)


def input_roots(covariance: Array, layout: Layout) -> list[Array]:
    """Return R_k = C_k^½, C_k the covariance of digit k (others summed over), shrunk.

    Each C_k but the first has mean variance 1, so that their product has the trace of C, shrunk.
    """
    roots = []
    for k, size in enumerate(layout.inputs):
        before, after = math.prod(layout.inputs[:k]), math.prod(layout.inputs[k + 1 :])
        split = covariance.reshape(before, size, after, before, size, after)
        part = np.einsum("aibajb->ij", split)
        part = part * (size / max(float(np.trace(part)), np.finfo(float).tiny))
        values, vectors = np.linalg.eigh(shrunk(part) / (1.0 + SHRINKAGE))
        roots.append((vectors * np.sqrt(values)) @ vectors.T)
    mean = (1.0 + SHRINKAGE) * float(np.trace(covariance)) / len(covariance)
    roots[0] = roots[0] * math.sqrt(mean)
    return roots


def improved(
    matrix: Array, cores: tuple[Array, ...], covariance: Array, sweeps: int = SWEEPS
) -> tuple[Array, ...]:
    """Return cores after sweeps of least squares on ‖(W - W') C^½‖²; never worse than before.

    Args:
        matrix: rows are outputs, columns inputs.
        cores: where to start.
        covariance: C, inputs × inputs.
        sweeps: there and back, at most.

    Cost: per core, a linear system as large as its slice (left · in · right).
    """
    floored = shrunk(covariance)
    aim, best = matrix @ floored, list(cores)
    lowest = output_error(matrix, cores, floored)
    for _ in range(sweeps):
        trial = list(best)
        for k in [*range(len(trial)), *range(len(trial) - 2, 0, -1)]:
            if _affordable(trial, k):
                trial[k] = _fitted(trial, k, floored, aim)
        error = output_error(matrix, tuple(trial), floored)
        if not error < lowest:
            break
        best, lowest = trial, error
    return tuple(best)


def output_error(matrix: Array, cores: tuple[Array, ...], covariance: Array | None) -> float:
    """Return ‖(W - W') C^½‖, the root mean square error of the outputs."""
    off = matrix - dense(cores)
    square = np.sum(off * off) if covariance is None else np.sum((off @ covariance) * off)
    return math.sqrt(max(float(square), 0.0))


def _paired(
    matrix: Array, layout: Layout, roots: list[Array] | None
) -> tuple[Array, list[int]]:  # fmt: skip
    """Return the tensor with axes (o₁ i₁, o₂ i₂, …), its inputs weighted."""
    d = len(layout.outputs)
    tensor = matrix.reshape(*layout.outputs, *layout.inputs)
    for k, root in enumerate(roots or []):
        tensor = np.moveaxis(np.tensordot(tensor, root, (d + k, 0)), -1, d + k)
    tensor = tensor.transpose([axis for k in range(d) for axis in (k, d + k)])
    sizes = [o * i for o, i in zip(layout.outputs, layout.inputs)]
    return tensor.reshape(sizes), sizes


def _on_inputs(core: Array, matrix: Array) -> Array:
    return np.einsum("loir,ij->lojr", core, matrix)


def shrunk(covariance: Array) -> Array:
    size = len(covariance)
    floor = SHRINKAGE * float(np.trace(covariance)) / size
    return covariance + max(floor, np.finfo(float).tiny) * np.eye(size)


def _sides(cores: list[Array], k: int) -> tuple[Array, Array]:
    """Return the cores left of k as (out, in, right) and right of it as (left, out, in)."""
    before, after = np.ones((1, 1, 1)), np.ones((1, 1, 1))
    for core in cores[:k]:
        grown = np.tensordot(before, core, 1).transpose(0, 2, 1, 3, 4)
        before = grown.reshape(len(before) * core.shape[1], -1, core.shape[3])
    for core in reversed(cores[k + 1 :]):
        grown = np.tensordot(core, after, 1).transpose(0, 1, 3, 2, 4)
        after = grown.reshape(core.shape[0], core.shape[1] * after.shape[1], -1)
    return before, after


def _affordable(cores: list[Array], k: int) -> bool:
    left, _, size, right = cores[k].shape
    before = math.prod(core.shape[2] for core in cores[:k])
    after = math.prod(core.shape[2] for core in cores[k + 1 :])
    inputs = before * size * after
    largest = max((left * size * right) ** 2, (left * before) ** 2, (right * after) ** 2,
                  (left * size * after) ** 2, inputs**2)  # fmt: skip
    return largest <= LARGEST


def _fitted(cores: list[Array], k: int, covariance: Array, aim: Array) -> Array:
    """Return core k at the minimum of the error for the other cores as they are."""
    left, outs, size, right = cores[k].shape
    before, after = _sides(cores, k)
    (p, a, _), (_, q, b) = before.shape, after.shape
    pairs_left = np.tensordot(before, before, (0, 0))  # (a, l, a', l')
    pairs_right = np.tensordot(after, after, (1, 1))  # (r, b, r', b')
    split = covariance.reshape(a, size, b, a, size, b)
    half = np.tensordot(pairs_left, split, ((0, 2), (0, 3)))  # (l, l', i, b, i', b')
    normal = np.tensordot(half, pairs_right, ((3, 5), (1, 3)))  # (l, l', i, i', r, r')
    normal = normal.transpose(0, 2, 4, 1, 3, 5).reshape(left * size * right, -1)
    wanted = np.tensordot(before, aim.reshape(p, outs, q, a, size, b), ((0, 1), (0, 3)))
    wanted = np.tensordot(wanted, after, ((2, 4), (1, 2)))  # (l, o, i, r)
    current = cores[k].transpose(0, 2, 3, 1).reshape(-1, outs)
    # The step is damped, not the solution: directions that no input sees stay as they are.
    damp = 1e-10 * float(np.trace(normal)) / len(normal)
    step = wanted.transpose(0, 2, 3, 1).reshape(-1, outs) - normal @ current
    normal.flat[:: len(normal) + 1] += max(damp, np.finfo(float).tiny)
    found = current + np.linalg.solve(normal, step)
    return found.reshape(left, size, right, outs).transpose(0, 3, 1, 2)
