"""The tree of a model: given, learned from the columns of the training rows, or from a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.models.networks.trees import Pairs, chosen_tree, tree_pairs
from qtn.models.recipes.settings import AUTO
from qtn.models.structure.linkages import TREES, information_tree
from qtn.models.structure.orders import ORDERS

Floats = NDArray[np.float64]


def learned_tree(model: Any, rows: Floats, weights: Floats, sites: int, instead: str) -> Pairs:
    """Return the pairs of a model's tree for the rows that it is trained on.

    Args:
        model: whose settings `tree` and `shape` are in force.
        rows: shape (rows, columns).
        weights: of the rows.
        sites: number of leaves.
        instead: class to name where there is one column only.

    Raises:
        ArgumentError: no such tree, or one to learn where a site holds several columns.
    """
    tree = model._setting("tree")
    if not (isinstance(tree, str) and tree in TREES):
        unset = isinstance(tree, str) and tree == AUTO
        return chosen_tree(None if unset else tree, sites, model.shape, instead)
    if sites != rows.shape[1]:
        raise ArgumentError(
            f'Argument `tree` must be given or "balanced" where sites hold several columns, but is '
            f"{tree!r}. Give it, or take other features."
        )
    chosen_tree(None, sites, model.shape, instead)  # refuses one column, and bad shapes
    return information_tree(tree, rows, weights)


def restored_tree(model: Any, header: dict[str, Any], sites: int, instead: str) -> Pairs:
    """Return the pairs of a model's tree from a file; older ones hold the parameter only.

    Raises:
        ArgumentError: they are no tree of so many leaves.
    """
    if "pairs" in header:
        return tree_pairs(header["pairs"], sites, None)
    return chosen_tree(model.tree, sites, model.shape, instead)


def structures_of(model: Any) -> tuple[str, tuple[str, ...]]:
    """Return the parameter that sets a model's structure, and what it may be: first, as given."""
    if not hasattr(model, "tree"):
        return "order", ORDERS
    given = "balanced" if model.shape is None else "patches"
    # Sites that hold several columns are joined as they come.
    learned = () if model._setting("features") == "amplitude" else TREES
    return "tree", (given, *learned)
