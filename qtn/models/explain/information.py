"""What a trained chain knows about its features: exact probabilities, entropies, information.

All functions take a matrix product state, so they explain Born machines and the class states of
classifiers alike. Entropies and information are in nats. What belongs to features comes in the
order of the columns, also where a model put them in another order along its chain (its states
remember it as their origin); what belongs to cuts comes in the order of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import choice, fail
from qtn._display import Display, Displayed, Table
from qtn.states.views import mutual

if TYPE_CHECKING:
    from qtn.states import MPS

Floats = NDArray[np.float64]
_TINY = 1e-300
_SHOWN = 100  # rows that are shown


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Anomaly(Displayed):
    """Scores of rows, and how much every feature contributes.

    Args:
        score: -log p of every row, shape (rows,); high is strange.
        surprise: -log p(feature | all other features), shape (rows, features).
    """

    score: Floats
    surprise: Floats

    def _brief(self) -> str:
        rows, features = self.surprise.shape
        return f"{rows} rows of {features} features, highest score {self.score.max():.4g}"

    def _display(self) -> Display:
        order = np.argsort(self.score)[::-1][:_SHOWN]
        rows = [
            (int(row), float(self.score[row]),
             ", ".join(f"{feature} ({nats:.2g})" for feature, nats in self.causes(row)))
            for row in order
        ]  # fmt: skip
        table = Table(("row", "score (nats)", "features that surprise (nats)"), rows)
        return Display("Strangest rows", [("rows", len(self.score))], [table])

    def causes(self, row: int, count: int = 3) -> list[tuple[int, float]]:
        """Return the `count` most surprising features of a row, with their surprise in nats."""
        order = np.argsort(self.surprise[row])[::-1][:count]
        return [(int(i), float(self.surprise[row, i])) for i in order]


def site_densities(state: MPS) -> list[NDArray[np.complex128]]:
    """Return the reduced density matrix of every site, shape (phys, phys) each.

    Cost: sites · phys² · bond³.
    """
    found = mutual.site_densities(state.normalised().tensors)
    return [found[site] for site in _by_column(state)]


def marginals(state: MPS) -> list[Floats]:
    """Return the distribution of every feature on its own, shape (levels,) each.

    Example:
        >>> from qtn.states import MPS
        >>> [p.round(2).tolist() for p in marginals(MPS.product([[1, 0], [0.6, 0.8]]))]
        [[1.0, 0.0], [0.36, 0.64]]
    """
    return [np.asarray(np.diag(rho).real) for rho in site_densities(state)]


def site_entropies(state: MPS) -> Floats:
    """Return the von Neumann entropy of every site, in nats, shape (sites,)."""
    return np.array([mutual.entropy_of(rho) for rho in site_densities(state)])


def cut_entropies(state: MPS) -> Floats:
    """Return the entanglement entropy of every cut of the chain, in nats, shape (sites - 1,)."""
    return state.entropies()


def mutual_information(state: MPS, kind: str = "quantum") -> Floats:
    """Return the mutual information of all pairs of sites.

        I_ij = S_i + S_j - S_ij

    Args:
        state: a matrix product state.
        kind: "quantum", with von Neumann entropies of the reduced density matrices, or
            "classical", with Shannon entropies of the measured values.

    Returns:
        Symmetric matrix (sites, sites) in nats; the diagonal holds the entropy of the site.

    Raises:
        ArgumentError: another kind.

    Cost: sites² · phys³ · bond³ for "quantum", one factor phys less for "classical": one batched
        pass carries the environments of all first sites together.
    """
    choice("kind", kind, ("quantum", "classical"))
    out = mutual.mutual_information(state.normalised().tensors, kind == "quantum")
    sites = _by_column(state)
    return out[np.ix_(sites, sites)]


def conditionals(state: MPS, rows: ArrayLike) -> list[Floats]:
    """Return p(feature | all other features of the row), for every row and feature.

    Args:
        state: a matrix product state.
        rows: integers, shape (rows, sites).

    Returns:
        One array (rows, levels) per site.

    Raises:
        ArgumentError: another shape, or values outside the levels.

    Cost: rows · sites · phys · bond², by two sweeps for all sites together.
    """
    values = _checked(state, rows)
    tensors = state.tensors
    left = [np.ones((len(values), 1), dtype=state.dtype)]
    for i, t in enumerate(tensors[:-1]):
        left.append(_scaled(np.einsum("na,ans->ns", left[-1], t[:, values[:, i]], optimize=True)))
    right = np.ones((len(values), 1), dtype=state.dtype)
    out: list[Floats] = []
    for i in range(len(tensors) - 1, -1, -1):
        t = tensors[i]
        turned = np.einsum("asb,nb->nas", t, right, optimize=True)
        p = np.abs(np.einsum("na,nas->ns", left[i], turned)) ** 2
        out.append(p / np.maximum(p.sum(axis=1, keepdims=True), _TINY))
        right = _scaled(turned[np.arange(len(values)), :, values[:, i]])
    out.reverse()
    return [out[site] for site in _by_column(state)]


def anomaly(state: MPS, rows: ArrayLike) -> Anomaly:
    """Score rows by how improbable they are, with the features that make them so.

    Args:
        state: a matrix product state, for instance `MPSBornMachine.state()`.
        rows: integers, shape (rows, sites).

    Raises:
        ArgumentError: another shape, or values outside the levels.
    """
    values = _checked(state, rows)
    parts, given = conditionals(state, rows), np.asarray(rows)
    surprise = np.stack(
        [
            -np.log(np.maximum(p[np.arange(len(values)), given[:, i]], _TINY))
            for i, p in enumerate(parts)
        ],
        axis=1,
    )
    return Anomaly(-_log_probabilities(state, values), surprise)


# --------------------------------------------------------------------- kernels


def _scaled(h: np.ndarray) -> np.ndarray:
    return np.asarray(h / np.maximum(np.abs(h).max(axis=1, keepdims=True), _TINY))


def _by_column(state: MPS) -> NDArray[np.int64]:
    """Return the sites in the order of the columns that they hold."""
    columns = getattr(state.origin, "columns", range(state.n))
    return np.argsort(np.asarray(columns), kind="stable")


def _checked(state: MPS, rows: ArrayLike) -> NDArray[np.int64]:
    """Return what the sites hold for rows in the order of the columns."""
    values, sites = np.asarray(rows), _by_column(state)
    good = values.ndim == 2 and values.shape[1] == state.n and values.dtype.kind in "iub"
    levels = np.array(state.phys)[sites]
    if not good or (values < 0).any() or (values >= levels).any():
        raise fail("rows", f"integers of shape (rows, {state.n}) within the levels", rows)
    return values[:, np.argsort(sites)].astype(np.int64)


def _log_probabilities(state: MPS, values: NDArray[np.int64]) -> Floats:
    h = np.ones((len(values), 1), dtype=state.dtype)
    total = np.zeros(len(values))
    for i, t in enumerate(state.tensors):
        h = np.einsum("na,anb->nb", h, t[:, values[:, i]], optimize=True)
        c = np.maximum(np.abs(h).max(axis=1), _TINY)
        h, total = h / c[:, None], total + np.log(c)
    last = np.log(np.maximum(np.abs(h[:, 0]), _TINY))
    return np.asarray(2 * (total + last - state.log_norm()))
