"""Rank-adaptive basis update & Galerkin (BUG) steps on a tree, from the leaves to the root.

One step of size h from a canonical tree:

1. The centre of orthogonality is moved to every node k in turn: C_k, beside what lies above it.
2. From the leaves to the root, node k evolves alone, ĉ_k = exp(-i h H_k) C_k, where H_k is the
   Hamiltonian that it feels: above it the state at the step's start, below it the children's new
   bases, in which C_k has zeros for the new directions.
3. Its own new basis are the columns of its old isometry T_k and the part of ĉ_k outside them.
4. The root's ĉ is the new state in all new bases (the Galerkin step). The bonds are cut.

The old directions stay, so that norm and energy are kept up to the cut in 4. Nothing is evolved
backwards and nothing is divided by a small singular value.

From a product state the published method can stand still: ZZ across a bond moves |++⟩ only to |--⟩,
which neither side finds in the mean field of the other. Where a bond is small (below `SMALL`), a
node therefore also takes the directions into which the terms that are continued above it send its
own, the largest of h s ‖(1 - P) O_c C_k‖ first, with s the strength of channel c; and a cut leaves
such a bond as many directions as there are, of whatever weight, up to `SMALL`.

Reference: G. Ceruti, C. Lubich and D. Sulz, SIAM J. Numer. Anal. 61, 194 (2023), arXiv:2201.10291.
There a Hamiltonian is any map; here it is a sum of products that climbs the tree, the differential
equations of nodes are linear and are solved by Lanczos; and small bonds are treated as above.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.krylov import exponential
from qtn.physics.on_trees.bonds import augmented, padded
from qtn.physics.on_trees.node_blocks import blocks_below, carried, frames, local_map, open_images
from qtn.physics.on_trees.tree_channels import TreeOperator

__all__ = ["FLOOR", "SMALL", "updated"]

Tensor = NDArray[Any]
FLOOR = 0.03
"""New directions of less than this share of what the cut may take are left out at once."""
SMALL = 16
"""Bonds below are given the directions of what is continued above, and are not cut by weight."""


def updated(
    operator: TreeOperator, tensors: Sequence[Tensor], factor: complex, floor: float,
    solver: tuple[int, float],
) -> list[Tensor]:  # fmt: skip
    """Return exp(factor H) of a tree in new, larger bases, not yet cut.

    Args:
        operator: the Hamiltonian.
        tensors: per node (left, right, up), canonical.
        factor: -i h, or -h in imaginary time.
        floor: singular value below which a new direction is left out.
        solver: largest Krylov dimension and tolerance.

    Cost: O(n w² χ⁴) per Lanczos vector, with bonds that may have doubled.
    """
    below = blocks_below(operator, tensors)
    start = frames(operator, tensors, below)
    out = list(tensors)
    for k, (a, b) in enumerate(operator.pairs):
        sides = below[a].shape[1], below[b].shape[1]
        centre = padded(start.centres[k], *sides)
        felt = local_map(below[a], below[b], operator.cores[k], start.above[k])
        moved = exponential(felt, centre.reshape(-1), factor, *solver).reshape(centre.shape)
        if k == len(tensors) - 1:
            out[k] = moved
            break
        out[k] = augmented(padded(tensors[k], *sides), moved, floor)
        room = SMALL - out[k].shape[2]
        if room > 0:
            images = open_images(below[a], below[b], operator.cores[k], centre)
            weights = abs(factor) * np.repeat(operator.scales[k], centre.shape[2])
            out[k] = augmented(out[k], images * weights, floor, room)
        below[operator.n + k] = carried(below[a], below[b], operator.cores[k], out[k])
    return out
