"""The pictures of states: entanglement along a chain, mutual information, a tree with its bonds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._figures.axes import axes_of, chosen
from qtn._figures.branches import draw_tree
from qtn._figures.heatmap import draw_matrix
from qtn._figures.profile import draw_cuts, draw_profile
from qtn._optional import data_frame
from qtn.states.views.mutual import entropy_of, mutual_information, site_densities

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ChainPictures", "TreePictures", "Truncating"]


class ChainPictures:
    """The pictures and the frame of an `MPS`."""

    __slots__ = ()

    def plot(self: Any, ax: Axes | None = None, *, kind: str = "entropy") -> Axes:
        """Draw the entanglement of the state.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "entropy", of every cut, below what its bond could hold, and of every site;
                "information", the mutual information of all pairs of sites.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, or a state of norm 0.

        Cost: that of the entropies, n · D³; for "information" n² · D³.

        Example:
            >>> from qtn.states import MPS
            >>> MPS.from_dense([0.6, 0, 0, 0.8]).plot().get_ylabel()
            'von Neumann entropy (nats)'
        """
        draw = chosen(kind, {
            "entropy": lambda axes: _profile(axes, self),
            "information": lambda axes: _information(axes, self.normalised()),
        })  # fmt: skip
        found: Axes = draw(axes_of(ax))
        return found

    def to_frame(self: Any) -> pd.DataFrame:
        """Return cut, bond dimension and entropy (nats) of every cut as a pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        found = zip(self.bonds, self.entropies(), strict=True)
        return data_frame(
            [{"cut": k + 1, "bond": bond, "entropy": float(s)} for k, (bond, s) in enumerate(found)]
        )


class TreePictures:
    """The pictures and the frame of a `TTN`."""

    __slots__ = ()

    def plot(self: Any, ax: Axes | None = None, *, kind: str = "tree") -> Axes:
        """Draw the tree, or the mutual information of its sites.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "tree", every bond with its dimension, as broad as its logarithm, coloured by the
                entropy between the sites below and the rest; "information", the mutual
                information of all pairs of sites.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, or a state of norm 0.

        Cost: n · D⁴; for "information" that of the chain that the tree is.
        """
        draw = chosen(kind, {
            "tree": lambda axes: _tree(axes, self),
            "information": lambda axes: _information(axes, self.to_mps().normalised()),
        })  # fmt: skip
        found: Axes = draw(axes_of(ax, (6.0, 3.8)))
        return found

    def to_frame(self: Any) -> pd.DataFrame:
        """Return every bond as a pandas data frame: what is below it, dimension, entropy (nats).

        Raises:
            MissingExtraError: pandas is not installed.
        """
        bonds, entropies = _bonds(self)
        return data_frame([
            {"below": k, "site": k < self.n, "bond": int(bond), "entropy": float(entropy)}
            for k, (bond, entropy) in enumerate(zip(bonds, entropies, strict=True))
        ])  # fmt: skip


class Truncating:
    """What was cut on the way to a state: `discarded`, relative squared weight per cut."""

    __slots__ = ()

    @property
    def truncation_error(self: Any) -> float:
        """Estimated norm of the error from truncation: sqrt of the discarded weight."""
        return float(np.sqrt(self.discarded.sum()))

    def plot(self: Any, ax: Axes | None = None) -> Axes:
        """Draw the weight that was lost at every cut, summed over the evolution.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes; their title says the truncation error.
        """
        label, error = "discarded weight (relative)", self.truncation_error
        return draw_cuts(axes_of(ax), self.discarded, total=error, xlabel="cut", ylabel=label)


def _profile(ax: Axes, state: Any) -> Axes:
    sites = [entropy_of(rho) for rho in site_densities(state.normalised().tensors)]
    return draw_profile(ax, state.entropies(), state.bonds, sites)


def _information(ax: Axes, state: Any) -> Axes:
    found = mutual_information(state.tensors)
    np.fill_diagonal(found, np.nan)  # the entropy of a site is no information about another
    return draw_matrix(ax, found, "mutual information (nats)", xlabel="site", ylabel="site")


def _bonds(tree: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return dimension and entropy of the bond above every site and node but the root."""
    return np.array([*tree.phys, *tree.bonds]), tree.entropies()


def _tree(ax: Axes, tree: Any) -> Axes:
    return draw_tree(ax, tree.pairs, *_bonds(tree))
