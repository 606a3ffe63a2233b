r"""A network beside a known product state, told apart by one qubit, and products near all rows.

Probabilities lose the sign of an amplitude; beside a state whose amplitude is known it shows:

.. math:: |S\rangle = (|0\rangle|T\rangle + |1\rangle|\mathrm{ref}\rangle) / \sqrt 2 .

The reference is a product of one vector per site, near all rows that a model may see: the mean of
the unit vectors of a site over the range of its column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.models.forms.parts import State, doubled, parted, plus_product
from qtn.models.training.columns import Codes
from qtn.states import TTN

Floats = NDArray[np.float64]
STEPS = 33  # through the range of a column


def beside_reference(state: State, vectors: Sequence[Floats], site: int) -> State:
    """Return (|0⟩|T⟩ + |1⟩|ref⟩)/√2, the qubit that tells them apart beside a site.

    Args:
        state: T, normalised.
        vectors: unit vectors of the reference, one per site.
        site: before which the qubit stands in a chain; in a tree it is the last site and joined to
            this one first.

    Cost: one factorisation per site; bonds longer by one, in a chain twice as long at the qubit.
    """
    padded = [np.pad(v, (len(v) if k == site else 0, 0)) for k, v in enumerate(vectors)]
    return parted(plus_product(doubled(state, site), padded), site).normalised()


def on_site(state: State, site: int, matrix: Floats) -> State:
    """Return the state with a matrix applied to one site."""
    tensors = list(state.tensors)
    if isinstance(state, TTN):
        k, axis = next((k, p.index(site)) for k, p in enumerate(state.pairs) if site in p)
    else:
        k, axis = site, 1
    tensors[k] = np.moveaxis(np.tensordot(matrix, tensors[k], axes=(1, axis)), 0, axis)
    return replace(state, tensors=tuple(tensors))


def near_all_rows(model: Any) -> list[Floats]:
    """Return unit vectors whose product is near the rows that a fitted model may see.

    Args:
        model: with `columns_` and `site_vectors`.
    """
    columns, count = model.columns_, model.n_features_in_
    if isinstance(columns, Codes):
        steps = np.arange(int(columns.levels.max()))
        rows = (steps[:, None] % columns.levels[None]).astype(np.float64)
    else:
        low = np.zeros(count) if columns.low is None else columns.low
        reach = np.ones(count) if columns.width is None else columns.width
        reach = np.where(np.isfinite(reach), reach, 0.0)
        rows = low + np.linspace(0.0, 1.0, STEPS)[:, None] * reach
    found = []
    for vectors in model.site_vectors(rows):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        mean = (vectors / np.where(lengths > 0, lengths, 1.0)).mean(axis=0)
        size = np.linalg.norm(mean)
        found.append(mean / size if size > 0 else np.eye(len(mean))[0])
    return found
