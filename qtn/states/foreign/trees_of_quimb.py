"""Trees of quimb as binary trees, and back.

A network whose graph has no loop is a tree, whatever the numbers of legs of its tensors. From a
tensor in the middle every tensor hands its parent one leg: a site for an open index, a node of ours
for what lies below. A tensor with many children becomes several nodes, two children at a time, by
QR decompositions; one with a single child is a matrix, which the child takes in. Nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.states.foreign.exponents import NO_SITES, with_exponent
from qtn.states.kernels.tree_sweeps import Pairs

__all__ = ["tree_from_quimb", "tree_to_quimb"]

Array = NDArray[Any]
NO_TREE = (
    "must be a tree with one open index per site. A network with loops goes to "
    "qtn.MPS.from_quimb, which sweeps it to a chain."
)


class _Builder:
    """Nodes made so far; a leg is a number (site or node) and what still belongs on it."""

    def __init__(self, sites: int) -> None:
        self.sites = sites
        self.tensors: list[Array] = []
        self.pairs: list[tuple[int, int]] = []

    def leg(self, array: Array, children: list[int]) -> tuple[int, Array | None]:
        """Return the leg that stands for `array`, axes (*children, up).

        It is a number and None, or a site and the matrix (site, up) that belongs on its index.
        """
        if len(children) == 1:
            number = children[0]
            if number < self.sites:
                return number, array
            last = self.tensors[number - self.sites]
            self.tensors[number - self.sites] = last @ array
            return number, None
        while len(children) > 2:
            array, children = self._paired(array, children)
        return self._node(array, children), None

    def _paired(self, array: Array, children: list[int]) -> tuple[Array, list[int]]:
        """Join the first two children below a node of their own, which comes last in turn."""
        two, rest = array.shape[:2], array.shape[2:]
        q, r = np.linalg.qr(array.reshape(two[0] * two[1], -1))
        number = self._node(q.reshape(*two, -1), children[:2])
        left = np.moveaxis(r.reshape(-1, *rest), 0, len(rest) - 1)
        return left, [*children[2:], number]

    def _node(self, array: Array, children: list[int]) -> int:
        self.tensors.append(array)
        self.pairs.append((children[0], children[1]))
        return self.sites + len(self.pairs) - 1


@few_threads(1)
def tree_from_quimb(source: Any) -> tuple[list[Array], Pairs]:
    """Return the tensors (left, right, up) and the pairs of a tree; site i is the i-th of `sites`.

    Args:
        source: a tensor network of quimb without loops, with one open index per site.

    Raises:
        ArgumentError: an operator, a network with a loop, without sites, or of a single site.

    Cost: O(D⁴) per node.
    """
    if hasattr(source, "tensors") and not hasattr(source, "sites"):
        raise ArgumentError(f"The {type(source).__name__} of quimb {NO_SITES}")
    if not all(hasattr(source, part) for part in ("tensors", "sites", "site_ind")):
        raise _refused(source)
    network = source.copy()
    network.fuse_multibonds_()
    leaves = {network.site_ind(site): k for k, site in enumerate(network.sites)}
    _check(source, network, leaves)
    below: dict[str, Any] = {}  # the leg that stands for a bond, or an array without a leg
    builder = _Builder(len(leaves))
    for tensor, up in _upwards(network):
        array, children = _gathered(tensor, up, leaves, below)
        if up is not None:
            below[up] = builder.leg(array, children) if children else array[None]
        elif children:
            builder.leg(array, children)
    if not builder.pairs:
        raise _refused(source)
    return with_exponent(builder.tensors, network.exponent), tuple(builder.pairs)


def tree_to_quimb(tensors: Any, pairs: Pairs) -> Any:
    """Return the tensor network of a tree: indices `k{site}`, tags `I{site}` and `N{node}`."""
    import quimb.tensor as qtensor

    n = len(tensors) + 1
    names = [f"k{site}" for site in range(n)] + [qtensor.rand_uuid() for _ in tensors]
    made = []
    for k, (array, pair) in enumerate(zip(tensors, pairs, strict=True)):
        root = k == len(pairs) - 1
        inds = [names[child] for child in pair] + ([] if root else [names[n + k]])
        tags = [f"N{k}", *(f"I{child}" for child in pair if child < n)]
        made.append(qtensor.Tensor(array[:, :, 0] if root else array, inds=inds, tags=tags))
    return qtensor.TensorNetwork(made).view_as_(
        qtensor.TensorNetworkGenVector, sites=range(n), site_ind_id="k{}", site_tag_id="I{}"
    )


def _check(source: Any, network: Any, leaves: dict[str, int]) -> None:
    """Refuse what is no tree of a state."""
    bonds = [index for index in network.ind_map if index not in leaves]
    ends = [len(network.ind_map[index]) for index in bonds]
    one_tree = len(bonds) == network.num_tensors - 1 and len(network.subgraphs()) == 1
    if not one_tree or set(ends) - {2} or set(network.outer_inds()) != set(leaves):
        raise _refused(source)


def _upwards(network: Any) -> Iterator[tuple[Any, str | None]]:
    """Yield every tensor after all below it, with the index to its parent; the middle comes last.

    The middle is the tensor from which the farthest one is nearest: the tree is then shallow.
    """
    first = next(iter(network.tensor_map))
    path = _farthest(network, _farthest(network, first)[-1])
    order: list[tuple[int, str | None]] = [(path[len(path) // 2], None)]
    for tid, up in order:
        for index in network.tensor_map[tid].inds:
            if index != up:
                order += [(other, index) for other in network.ind_map[index] if other != tid]
    for tid, up in reversed(order):
        yield network.tensor_map[tid], up


def _farthest(network: Any, start: int) -> list[int]:
    """Return the longest path of tensors from `start`."""
    before: dict[int, int] = {start: start}
    order = [start]
    for tid in order:
        for index in network.tensor_map[tid].inds:
            for other in set(network.ind_map[index]) - before.keys():
                before[other] = tid
                order.append(other)
    path = [order[-1]]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


def _gathered(
    tensor: Any, up: str | None, leaves: dict[str, int], below: dict[str, Any]
) -> tuple[Array, list[int]]:
    """Return a tensor with axes (*children, up) and the numbers of its children."""
    inner = [index for index in tensor.inds if index != up]
    array = np.asarray(tensor.transpose(*inner, *([] if up is None else [up])).data)
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    if up is None:
        array = array[..., None]
    children: list[int] = []
    axis = 0
    for index in inner:
        number, matrix = (leaves[index], None) if index in leaves else _leg(below.pop(index))
        if matrix is not None:  # (child, bond) in the place of the bond; without a child, summed
            array = np.moveaxis(np.tensordot(matrix, array, (1, axis)), 0, axis)
        if number is None:
            array = array.squeeze(axis)
            continue
        children.append(number)
        axis += 1
    return array, children


def _leg(found: Any) -> tuple[int | None, Array | None]:
    """Return number and matrix of a leg; an array (1, bond) without sites below has no number."""
    return found if isinstance(found, tuple) else (None, found)


def _refused(source: Any) -> ArgumentError:
    return ArgumentError(f"The {type(source).__name__} of quimb {NO_TREE}")
