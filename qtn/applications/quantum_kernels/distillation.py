"""Class-balanced distillation: the rows nearest to the k-means centres of every class.

Reference: arXiv:2508.00024, which distils 200 rows per class. What differs: only training rows are
distilled, where the reference clusters all rows before it splits them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, finite_array, positive_int
from qtn._random import derived_seed
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError


def distil(x: ArrayLike, y: ArrayLike, per_class: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the numbers of the rows that stand for their classes, as many of each.

    The rows of a class are clustered by k-means, and of every cluster the row nearest to its
    centre is kept; of a class with fewer different rows, each of these.

    Args:
        x: training rows, shape (rows, features).
        y: their labels, shape (rows,).
        per_class: rows to keep of a class.
        seed: of the first centres.

    Returns:
        Sorted numbers of rows.

    Raises:
        ArgumentError: rows with NaN, labels of another number, no positive number of rows.

    Cost: k-means: rows · features · per_class per iteration.

    Example:
        >>> distil([[0.0], [0.1], [0.9], [5.0], [5.3], [5.5]], [0, 0, 0, 1, 1, 1], 1).tolist()
        [1, 4]
    """
    from sklearn.cluster import KMeans

    rows = finite_array("x", x, ndim=2, dtype=np.float64)
    labels = label_array("y", y)
    if labels.shape != (len(rows),):
        raise ArgumentError(
            f"Argument `y` must have one label per row, shape ({len(rows)},), but has shape "
            f"{labels.shape}."
        )
    positive_int("per_class", per_class)
    bounded_int("seed", seed, 0)
    kept: list[int] = []
    for number, label in enumerate(np.unique(labels)):
        members = np.flatnonzero(labels == label)
        different = np.unique(rows[members], axis=0, return_index=True)[1]
        members = members[np.sort(different)]
        if len(members) <= per_class:
            kept.extend(members)
            continue
        stream = derived_seed(seed, "distil", number)
        clusters = KMeans(per_class, n_init=1, random_state=stream).fit(rows[members])
        far = np.sum((rows[members] - clusters.cluster_centers_[clusters.labels_]) ** 2, axis=1)
        order = np.lexsort((far, clusters.labels_))
        first = np.unique(clusters.labels_[order], return_index=True)[1]
        kept.extend(members[order[first]])
    return np.sort(np.array(kept, dtype=np.int64))
