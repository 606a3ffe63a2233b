"""The parallel basis update & Galerkin integrator on a tree: all nodes at once.

One step of size h from a canonical tree, with C_k its tensor when the centre is at node k and Q_k^c
the isometry that is left of C_k towards child c:

1. All ĉ_k = exp(-i h H_k) C_k, with the Hamiltonian that node k feels at the step's start. Nothing
   in here waits for another node: this is the parallel part.
2. From the leaves to the root, with the new directions of the children a and b and their weights
   M_a, M_b known, node k becomes

       | ĉ_k        Q_k^b M_bᵀ |
       | M_a Q_k^a      0      |

   in the old and new directions of its children. Its own new directions Ũ are the columns of this
   outside the old isometry T_k, with weights M_k = Ũ† of it.
3. The root is the new state. The bonds are cut, and the norm is set to 1.

The block of two new directions is zero: the state misses h² (H_a ⊗ H_b) at every node, and with it
the norm drifts as h, whatever the tolerance.

Reference: G. Ceruti, J. Kusch, C. Lubich and D. Sulz, arXiv:2412.00858 (Tucker format and trees).
There a step that is found too long is repeated; here a largest bond is asked for, the drift of the
norm is told, and the first step is a rank-adaptive one, since a product state can stand still.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.krylov import exponential
from qtn.physics.on_trees.bonds import augmented, padded
from qtn.physics.on_trees.node_blocks import Frames, blocks_below, frames, local_map
from qtn.physics.on_trees.tree_channels import TreeOperator

__all__ = ["updated_in_parallel"]

Tensor = NDArray[Any]


def updated_in_parallel(
    operator: TreeOperator, tensors: Sequence[Tensor], factor: complex, floor: float,
    solver: tuple[int, float], workers: int = 1,
) -> list[Tensor]:  # fmt: skip
    """Return exp(factor H) of a tree in larger bases, not yet cut and not of norm 1.

    Args:
        operator: the Hamiltonian.
        tensors: per node (left, right, up), canonical.
        factor: -i h, or -h in imaginary time.
        floor: singular value below which a new direction is left out.
        solver: largest Krylov dimension and tolerance.
        workers: threads over the nodes; the result is the same for any number.

    Cost: O(n w² χ⁴) per Lanczos vector, all nodes at the same time.
    """
    below = blocks_below(operator, tensors)
    start = frames(operator, tensors, below)

    def evolved(k: int) -> Tensor:
        a, b = operator.pairs[k]
        felt = local_map(below[a], below[b], operator.cores[k], start.above[k])
        centre = start.centres[k]
        return exponential(felt, centre.reshape(-1), factor, *solver).reshape(centre.shape)

    nodes = range(len(tensors))
    if workers == 1:
        moved = [evolved(k) for k in nodes]
    else:
        with ThreadPoolExecutor(workers) as pool:
            moved = list(pool.map(evolved, nodes))
    return _connected(operator, tensors, start, moved, floor)


def _connected(
    operator: TreeOperator, tensors: Sequence[Tensor], start: Frames, moved: Sequence[Tensor],
    floor: float,
) -> list[Tensor]:  # fmt: skip
    """Join the nodes that evolved apart, from the leaves to the root."""
    n, out = operator.n, list(tensors)
    fresh: dict[int, Tensor] = {}  # M of a node: (new directions, bond to the rest)
    for k, pair in enumerate(operator.pairs):
        sides = [moved[k].shape[i] + len(fresh.get(child, ())) for i, child in enumerate(pair)]
        joined = padded(moved[k], *sides)
        old = moved[k].shape
        for axis, child in enumerate(pair):
            if child in fresh:
                added = np.tensordot(fresh[child], start.rests[child - n], (1, 2))
                if axis == 0:
                    joined[old[0] :, : old[1]] = added
                else:
                    joined[: old[0], old[1] :] = added.transpose(1, 0, 2)
        if k == len(tensors) - 1:
            out[k] = joined
            break
        out[k] = augmented(padded(tensors[k], *sides), joined, floor)
        new = out[k][:, :, tensors[k].shape[2] :]
        if new.shape[2]:
            flat = new.reshape(-1, new.shape[2]).conj().T
            fresh[n + k] = flat @ joined.reshape(-1, joined.shape[2])
    return out
