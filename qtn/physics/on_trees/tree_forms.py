"""Which tree a state stands on: shapes by name, checks of trees, chains as trees and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.states import MPS, TTN
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.kernels.truncate import svd
from qtn.states.node_pairs import balanced, checked_pairs

__all__ = [
    "as_tree",
    "chain_as_tree",
    "chain_cuts",
    "chain_pairs",
    "shape_pairs",
    "tree_as_chain",
]

Tensor = NDArray[Any]


def chain_pairs(sites: int) -> Pairs:
    """Return the tree that is a chain: two arms, site after site, and the root in the middle.

    With the root at an end the integrators would see far sites late: at the same step their error
    is some twenty times as large.

    Example:
        >>> chain_pairs(6)
        ((0, 1), (6, 2), (5, 4), (8, 3), (7, 9))
    """
    pairs: list[tuple[int, int]] = []
    ends = []
    middle = sites // 2
    for arm in (range(middle), range(sites - 1, middle - 1, -1)):
        top, *others = arm
        for site in others:
            pairs.append((top, site))
            top = sites + len(pairs) - 1
        ends.append(top)
    return (*pairs, (ends[0], ends[1]))


def shape_pairs(tree: Any, sites: int) -> Pairs:
    """Return the pairs of "balanced", "chain", or checked own pairs.

    Raises:
        ArgumentError: unknown name, or pairs that are no binary tree on the sites.
    """
    if sites < 2:
        raise fail("tree", "given for at least 2 sites", tree)
    if isinstance(tree, str):
        if tree not in ("balanced", "chain"):
            raise fail("tree", '"balanced", "chain", a TTN or a sequence of pairs', tree)
        return balanced(sites) if tree == "balanced" else chain_pairs(sites)
    pairs = checked_pairs(tree, "tree")
    early = all(max(pair) < sites + k for k, pair in enumerate(pairs))
    if not early or sorted(c for pair in pairs for c in pair) != list(range(2 * sites - 2)):
        way_out = "The form is that of qtn.TTN.pairs; site i is qubit i of the Hamiltonian."
        raise fail("tree", f"{sites - 1} pairs that join {sites} sites to one root", tree, way_out)
    return pairs


def as_tree(name: str, state: TTN, sites: int) -> TTN:
    """Return a tree of qubits on so many sites, canonical and of norm 1.

    Raises:
        ArgumentError: another number of sites, sites that are no qubits, or the zero state.
    """
    if state.n != sites or set(state.phys) != {2}:
        raise fail(name, f"a tree of {sites} qubits, as many as the Hamiltonian has", state)
    if state.log_norm() == -np.inf or not np.any(state.tensors[-1]):
        raise fail(name, "a non-zero state", state)
    return state.normalised()


def chain_as_tree(state: MPS) -> TTN:
    """Return a chain of at least two sites as the tree of `chain_pairs`, canonical, of norm 1."""
    middle = state.n // 2
    # A node has axes (bond, site, bond), towards the root.
    arms = list(state.tensors[:middle]), [t.T for t in state.tensors[: middle - 1 : -1]]
    nodes, ends = [], []
    for arm in arms:
        first, *rest = arm
        if rest:
            nodes += [np.tensordot(first[0], rest[0], 1), *rest[1:]]
        ends.append(np.eye(arm[-1].shape[2]) if rest else first[0])
    root = ends[0] @ ends[1].T
    return TTN((*nodes, root[:, :, None]), chain_pairs(state.n)).normalised()


def tree_as_chain(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the chain of what `chain_as_tree` made: first nodes are split into their two sites."""
    middle = (len(tensors) + 1) // 2
    left = _arm(tensors[: middle - 1])
    right = [t.T for t in _arm(tensors[middle - 1 : -1])[::-1]]
    root = tensors[-1][:, :, 0]
    if left:
        left[-1] = np.tensordot(left[-1], root, 1)
        return [*left, *right]
    if right:  # site 0 is a leg of the root
        return [root[None], *right]
    u, s, vh = svd(root)
    return [u[None], (s[:, None] * vh)[:, :, None]]


def _arm(nodes: Sequence[Tensor]) -> list[Tensor]:
    """Return the sites of an arm from its end, (bond, site, bond) towards the root."""
    if not nodes:
        return []
    u, s, vh = svd(nodes[0].reshape(2, -1))
    keep = max(1, int((s > 1e-15 * s[0]).sum()))
    second = (s[:keep, None] * vh[:keep]).reshape(keep, 2, -1)
    return [u[None, :, :keep], second, *nodes[1:]]


def chain_cuts(sites: int) -> list[int]:
    """Return the cut of the chain that the up bond of every node of `chain_pairs` is.

    Cut i lies between the sites i and i + 1; the one in the middle is the bond of both arms.
    """
    middle = sites // 2
    return [*range(1, middle), *range(sites - 3, middle - 2, -1)]
