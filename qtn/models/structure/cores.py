r"""Fitting a network of cores, one per axis of a tensor, joined by any edges.

Core k has the shape of row k of a symmetric matrix whose diagonal holds the sizes of the tensor's
axes and whose other entries hold the bond dimensions: axis j of core k is the edge to core j, and
axis k is the tensor's own. An edge of dimension 1 is no edge.

For squared errors each core solves a linear least-squares problem while the others rest
(alternating least squares); entries that are not observed drop out of it row by row. Any other
loss of the whole tensor is minimised over all cores at once by L-BFGS through torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import cotengra
import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._optional import torch

Floats = NDArray[Any]
Edge = tuple[int, int]
Loss: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"

RIDGE = 1e-14  # relative; keeps the normal equations of a redundant core solvable


def random_cores(
    sizes: Sequence[int], ranks: NDArray[np.int64], rng: np.random.Generator, scale: float = 1.0
) -> list[Floats]:
    """Return cores with normal entries whose product has entries of the order of `scale`."""
    factor = scale ** (1 / len(sizes))
    cores = []
    for k in range(len(sizes)):
        shape = tuple(int(r) for r in ranks[k])
        bonds = np.prod(shape) / sizes[k]
        cores.append(factor * rng.normal(size=shape) / bonds**0.25)
    return cores


def ranks_of(cores: Sequence[Floats]) -> NDArray[np.int64]:
    """Return the symmetric matrix of bond dimensions, the sizes of the axes on its diagonal."""
    return np.array([core.shape for core in cores])


def size_of(cores: Sequence[Floats]) -> int:
    """Return the number of entries of all cores."""
    return sum(core.size for core in cores)


def pairs(n: int) -> list[Edge]:
    """Return all pairs of n cores."""
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def edges_of(cores: Sequence[Floats]) -> dict[Edge, int]:
    """Return the bond dimension of every edge that there is."""
    bonds = {(i, j): int(cores[i].shape[j]) for i, j in pairs(len(cores))}
    return {edge: bond for edge, bond in bonds.items() if bond > 1}


def dense(cores: Sequence[Any]) -> Any:
    """Contract all cores to the tensor, from first to last; arrays or torch tensors alike.

    cotengra is not used here: its plan for given shapes is bound to the library that came first.
    """
    tensordot: Callable[..., Any] = (
        np.tensordot if isinstance(cores[0], np.ndarray) else torch.tensordot
    )
    whole, labels = cores[0], list(_labels(0, len(cores)))
    for k in range(1, len(cores)):
        mine = _labels(k, len(cores))
        shared = [label for label in mine if label in labels]
        axes = [[labels.index(s) for s in shared], [mine.index(s) for s in shared]]
        whole = tensordot(whole, cores[k], axes)
        labels = [x for x in (*labels, *mine) if x not in shared]
    return whole


def grown(
    cores: Sequence[Floats], edge: tuple[int, int], rng: np.random.Generator, scale: float = 0.1
) -> list[Floats]:
    """Raise the bond dimension of an edge by one; the new slices are small and random."""
    i, j = edge
    new = list(cores)
    for k, axis in ((i, j), (j, i)):
        shape = list(cores[k].shape)
        shape[axis] = 1
        spread = scale * float(np.sqrt(np.mean(cores[k] ** 2)))
        new[k] = np.concatenate([cores[k], spread * rng.normal(size=shape)], axis=axis)
    return new


def shrunk(cores: Sequence[Floats], edge: tuple[int, int]) -> list[Floats]:
    """Lower the bond dimension of an edge by one, by the best split of its two cores' product."""
    i, j = edge
    first = np.moveaxis(cores[i], j, -1)
    second = np.moveaxis(cores[j], i, 0)
    u, s, v = np.linalg.svd(
        first.reshape(-1, first.shape[-1]) @ second.reshape(second.shape[0], -1),
        full_matrices=False,
    )
    rank = first.shape[-1] - 1
    root = np.sqrt(s[:rank])
    new = list(cores)
    new[i] = np.moveaxis((u[:, :rank] * root).reshape(*first.shape[:-1], rank), -1, j)
    new[j] = np.moveaxis((root[:, None] * v[:rank]).reshape(rank, *second.shape[1:]), 0, i)
    return new


def least_squares(
    cores: Sequence[Floats],
    target: Floats,
    observed: NDArray[np.bool_] | None,
    sweeps: int,
    goal: float,
) -> tuple[list[Floats], float]:
    """Sweep over the cores until `goal`, no progress, or `sweeps` sweeps.

    Returns:
        The cores, and the squared error over the observed entries, relative to their own square.
    """
    new = list(cores)
    weight = float(np.sum(target**2 if observed is None else target[observed] ** 2)) or 1.0
    error = np.inf
    for _ in range(sweeps):
        before = error
        for k in range(len(new)):
            new[k], squared = _solved(new, k, target, observed)
        error = squared / weight
        if error <= goal or before - error < 1e-3 * error:
            break
    return new, float(error)


def gradient_descent(
    cores: Sequence[Floats], loss: Loss, steps: int, goal: float
) -> tuple[list[Floats], float]:
    """Minimise any differentiable loss of the whole tensor by L-BFGS over all cores.

    Returns:
        The cores with the smallest loss seen, and that loss.
    """
    weights = [torch.tensor(np.ascontiguousarray(core), requires_grad=True) for core in cores]
    optimiser = torch.optim.LBFGS(
        weights, max_iter=1, history_size=20, line_search_fn="strong_wolfe"
    )
    best, least = list(cores), np.inf

    def evaluate() -> torch.Tensor:
        nonlocal best, least
        optimiser.zero_grad()
        value = loss(dense(weights))
        if not isinstance(value, torch.Tensor) or value.ndim or not value.requires_grad:
            way_out = "It takes the dense tensor and returns one number, a torch tensor."
            raise fail("loss", "differentiable by torch", value, way_out)
        value.backward()
        if float(value.detach()) < least:
            least = float(value.detach())
            best = [w.detach().numpy().copy() for w in weights]
        return value

    for _ in range(steps):
        before = least
        optimiser.step(evaluate)
        if least <= goal or (np.isfinite(before) and before - least < 1e-6 * abs(before)):
            break
    return best, least


def _labels(core: int, count: int) -> tuple[tuple[int, int], ...]:
    return tuple((min(core, j), max(core, j)) for j in range(count))


def _solved(
    cores: Sequence[Floats], k: int, target: Floats, observed: NDArray[np.bool_] | None
) -> tuple[Floats, float]:
    """Solve for core k; return it with the squared error that is left."""
    count = len(cores)
    others = [j for j in range(count) if j != k]
    bonds = [_labels(k, count)[j] for j in others]
    environment = cotengra.array_contract(
        [cores[j] for j in others],
        [_labels(j, count) for j in others],
        (*((j, j) for j in others), *bonds),
    )
    shape = [cores[k].shape[j] for j in others]
    matrix = environment.reshape(-1, int(np.prod(shape)))
    wanted = np.moveaxis(target, k, -1).reshape(len(matrix), -1)
    if observed is None:
        found = _normal_equations(matrix, wanted)
        squared = float(np.sum((matrix @ found - wanted) ** 2))
    else:
        seen = np.moveaxis(observed, k, -1).reshape(wanted.shape)
        columns, squared = [], 0.0
        for c in range(wanted.shape[1]):
            rows = seen[:, c]
            column = _normal_equations(matrix[rows], wanted[rows, c : c + 1])
            squared += float(np.sum((matrix[rows] @ column - wanted[rows, c : c + 1]) ** 2))
            columns.append(column)
        found = np.concatenate(columns, axis=1)
    return np.moveaxis(found.reshape(*shape, -1), -1, k), squared


def _normal_equations(matrix: Floats, wanted: Floats) -> Floats:
    found: Floats
    if len(matrix) <= 4 * matrix.shape[1]:
        found = np.linalg.lstsq(matrix, wanted, rcond=1e-12)[0]
        return found
    gram = matrix.T @ matrix
    gram[np.diag_indices_from(gram)] += RIDGE * max(float(np.trace(gram)), 1e-300)
    try:
        found = np.linalg.solve(gram, matrix.T @ wanted)
    except np.linalg.LinAlgError:
        found = np.linalg.lstsq(matrix, wanted, rcond=1e-12)[0]
    return found
