"""Kernels and costs chosen by cross-validation, on training rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import derived_seed, generator
from qtn.applications.quantum_kernels.base import FeatureMap
from qtn.applications.quantum_kernels.door import CONCENTRATED, exact_kernel, off_diagonal
from qtn.applications.quantum_kernels.feature_maps import read_map

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COSTS = (1.0, 10.0, 100.0)
MOST_ROWS = 600  # that a choice looks at
FEW_ROWS = 64  # that bandwidths are looked up with
MOST_BANDWIDTHS = 7
HALVINGS = np.arange(4, -21, -1) / 2  # log2 of the bandwidths that are looked at
ALIKE = 0.95  # median off the diagonal above which smaller bandwidths change nothing


@dataclass(frozen=True, slots=True)
class Choice:
    """What cross-validation chose.

    Args:
        label: of the kernel.
        cost: C of the support vector machine.
        accuracy: mean over the folds.
        tried: (label, cost, accuracy) of every candidate.
    """

    label: Any
    cost: float
    accuracy: float
    tried: tuple[tuple[Any, float, float], ...]


def chosen(
    kernels: Iterable[tuple[Any, Floats]],
    y: Integers,
    costs: Sequence[float],
    folds: int,
    seed: int,
) -> Choice:
    """Return the kernel and cost of the best mean accuracy over stratified folds.

    Args:
        kernels: label and symmetric matrix of every candidate; of equals the first wins.
        y: class numbers of the rows.
        costs: values of C.
        folds: number of folds.
        seed: of the folds.

    Example:
        >>> apart = np.kron(np.eye(2), np.ones((4, 4))) + 1e-3 * np.eye(8)
        >>> chosen([("apart", apart)], np.repeat([0, 1], 4), (1.0,), 2, 0).accuracy
        1.0
    """
    from sklearn.svm import SVC

    splits = _splits(y, folds, seed)
    tried = []
    for label, kernel in kernels:
        for cost in costs:
            hits = [
                SVC(C=cost, kernel="precomputed")
                .fit(kernel[np.ix_(train, train)], y[train])
                .score(kernel[np.ix_(test, train)], y[test])
                for train, test in splits
            ]
            tried.append((label, float(cost), float(np.mean(hits)) if hits else 0.0))
    label, cost, accuracy = max(tried, key=lambda found: found[2])
    return Choice(label, cost, accuracy, tuple(tried))


def _splits(y: Integers, folds: int, seed: int) -> list[tuple[Integers, Integers]]:
    from sklearn.model_selection import KFold, StratifiedKFold

    smallest, stream = int(np.bincount(y).min()), derived_seed(seed, "folds")
    kind = StratifiedKFold if smallest >= 2 else KFold
    count = min(folds, smallest if smallest >= 2 else len(y))
    parts = kind(count, shuffle=True, random_state=stream).split(np.zeros(len(y)), y)
    return [(train, test) for train, test in parts if len(np.unique(y[train])) > 1]


def a_part(y: Integers, most: int, seed: int) -> Integers:
    """Return the sorted numbers of at most about `most` rows, each class with its share.

    Example:
        >>> np.bincount(np.repeat([0, 1], [90, 10])[a_part(np.repeat([0, 1], [90, 10]), 20, 0)])
        array([18,  2])
    """
    if len(y) <= most:
        return np.arange(len(y))
    rng, kept = generator(seed, "part"), []
    for number in np.unique(y):
        members = np.flatnonzero(y == number)
        count = min(len(members), max(2, -(-most * len(members) // len(y))))
        kept.append(rng.choice(members, count, replace=False))
    return np.sort(np.concatenate(kept))


def bandwidths(known: FeatureMap, rows: Floats, seed: int) -> list[float]:
    """Return bandwidths, the largest first, whose kernels are neither concentrated nor flat.

    Args:
        known: the feature map.
        rows: training rows.
        seed: of the rows looked at.

    Example:
        >>> x = np.random.default_rng(0).uniform(-1, 1, (20, 50))
        >>> found = bandwidths(read_map("rotations"), x, 0)
        >>> 0.2 < found[0] < 0.6
        True
    """
    few = rows[generator(seed, "bandwidths").permutation(len(rows))[:FEW_ROWS]]
    found = []
    for bandwidth in 2.0**HALVINGS:
        median = off_diagonal(exact_kernel(few, None, read_map(known, float(bandwidth))))
        if median >= CONCENTRATED:
            found.append(float(bandwidth))
        if median > ALIKE:
            break
    kept = np.unique(np.linspace(0, len(found) - 1, MOST_BANDWIDTHS).round().astype(int))
    return [found[i] for i in kept] if found else [1.0]
