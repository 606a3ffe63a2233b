"""The energy variance ⟨(H - E)²⟩ of a tree, exactly, in one climb: two ways, by the channels.

Few channels: the products of two channels climb as one block each,

    V[(a, x) → (c, z)] = Σ W[a, b, c] W[x, y, z] (L[a, x] ⊗ R[b, y]),

of which most weights are zero. Many channels: (H - E)|ψ⟩ itself climbs. A node's images under all
channels, one beside the other, are Q R; R is what the parent needs, and the root's is a number
whose square is the variance. The rows are limited by the sites below, so that this stays cheap
where many channels meet small blocks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.on_trees.node_blocks import images
from qtn.physics.on_trees.tree_channels import TreeOperator, tree_operator
from qtn.physics.terms import Terms
from qtn.states import TTN

__all__ = ["tree_variance"]

Tensor = NDArray[Any]
FEW = 6
"""Up to so many channels their products are fewer than the rows of H|ψ⟩."""


def tree_variance(terms: Terms, state: TTN, energy: float) -> float:
    """Return ⟨(H - energy)²⟩ of a canonical tree; an eigenvalue lies within its square root.

    Args:
        terms: the Hamiltonian.
        state: canonical, of norm 1.
        energy: ⟨H⟩.

    Cost: O(n w⁴ χ⁴) for w channels; weights that are zero are left out.
    """
    shifted = tree_operator(replace(terms, constant=terms.constant - energy), state.pairs)
    few = max(leaf.shape[0] for leaf in shifted.leaves) <= FEW
    few = few and max(core.shape[2] for core in shifted.cores) <= FEW
    return _by_products(shifted, state) if few else _by_images(shifted, state)


def _by_products(operator: TreeOperator, state: TTN) -> float:
    blocks = [np.einsum("aij,bjk->abik", leaf, leaf).reshape(-1, 2, 2) for leaf in operator.leaves]
    for tensor, core, (a, b) in zip(state.tensors, operator.cores, state.pairs):
        weights = np.einsum("abc,xyz->axbycz", core, core)
        size = [side * side for side in core.shape]
        blocks.append(_joined(blocks[a], blocks[b], weights.reshape(size), tensor))
    return float(max(blocks[-1][0, 0, 0].real, 0.0))


def _joined(left: Tensor, right: Tensor, core: Tensor, tensor: Tensor) -> Tensor:
    """Return the block above a node, weight by weight."""
    a_side, b_side, up = tensor.shape
    dtype = np.result_type(left, right, tensor)
    moved = np.zeros((core.shape[2], a_side, b_side, up), dtype=dtype)
    for a in np.flatnonzero(core.any(axis=(1, 2))):
        lifted = (left[a] @ tensor.reshape(a_side, -1)).reshape(a_side, b_side, up)
        for c in np.flatnonzero(core[a].any(axis=0)):
            b = np.flatnonzero(core[a, :, c])
            joined = np.tensordot(core[a, b, c], right[b], 1)
            moved[c] += np.matmul(joined, lifted)
    return np.matmul(tensor.reshape(-1, up).conj().T, moved.reshape(len(moved), -1, up))


def _by_images(operator: TreeOperator, state: TTN) -> float:
    parts = list(operator.leaves)
    for tensor, core, (a, b) in zip(state.tensors, operator.cores, state.pairs):
        columns = images(parts[a], parts[b], core, tensor)
        r: Any = np.linalg.qr(columns.reshape(len(columns), -1), mode="r")
        parts.append(r.reshape(-1, core.shape[2], tensor.shape[2]).transpose(1, 0, 2))
    return float(np.linalg.norm(parts[-1]) ** 2)
