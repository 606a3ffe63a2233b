"""Weighted least squares that know their rank and their misfit.

Data y[s, c] at x[s] have variances; the columns c are independent problems with one design. A
chi-squared per degree of freedom beyond `MISFIT` is more than shot noise explains: the model does
not describe the data, and the error of what it says is widened by that factor (Birge).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
MAX_CONDITION = 1e8  # of a design; beyond, shot noise is amplified beyond any use
MISFIT = 4.0  # chi-squared per degree of freedom beyond which the fit does not describe the data


def check_rank(x: Floats, fit: str, order: int) -> None:
    """Check that noise factors tell the parameters of a fit apart.

    Raises:
        ArgumentError: the least-squares problem has no rank to speak of.

    Example:
        >>> check_rank(np.array([1.0, 3.0, 5.0]), "polynomial", 2)
    """
    degrees = {"richardson": len(x) - 1, "polynomial": order, "poly-exponential": order}
    design = x[:, None] ** np.arange(degrees.get(fit, 1) + 1)
    if np.linalg.cond(design / np.abs(design).max(axis=0)) > MAX_CONDITION:
        raise ArgumentError(
            f"Argument `factors` is {x.tolist()}, which the {fit} fit cannot tell apart. Give "
            "factors further apart, fewer of them, or a fit with fewer parameters."
        )


def weighted_fit(design: Floats, y: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares per column: fitted data and derivatives of coefficient 0, (S, C)."""
    projector = _projector(design, variances)
    return np.einsum("sp,cpu,uc->sc", design, projector, y), projector[:, 0].T


def coefficients(design: Floats, y: Floats, variances: Floats) -> Floats:
    """Return the coefficients (parameters, columns) of the same fits."""
    return np.einsum("cpu,uc->pc", _projector(design, variances), y)


def _projector(design: Floats, variances: Floats) -> Floats:
    """Return derivatives (C, P, S) of the coefficients by the data."""
    root = 1 / np.sqrt(variances.T)[:, :, None]  # (C, S, 1)
    scale = np.abs(design).max(axis=0)
    q, r = np.linalg.qr(root * (design / scale))
    return np.asarray(np.linalg.solve(r, np.swapaxes(q * root, 1, 2)) / scale[:, None])


def per_freedom(y: Floats, fitted: Floats, variances: Floats, parameters: int) -> Floats:
    """Chi-squared per degree of freedom (columns,); 0 where the fit passes through all data."""
    freedom = len(y) - parameters
    if freedom < 1:
        return np.zeros(y.shape[1:])
    return np.asarray(((y - fitted) ** 2 / variances).sum(0) / freedom)


def widened(jacobian: Floats, variances: Floats, chi: Floats) -> Floats:
    """Variance beyond shot noise (columns,) of a fit with this chi-squared per freedom."""
    return np.where(chi > MISFIT, chi - 1, 0.0) * (jacobian**2 * variances).sum(0)
