r"""Weights of the Ising model on the square lattice, and its exact solution without a field.

:math:`Z = \sum_{s} \exp(β \sum_{⟨ij⟩} s_i s_j + β h \sum_i s_i)`. With
:math:`e^{β s s'} = \sum_k W_{sk} W_{s'k}`, with columns √cosh β (1, 1) and √sinh β (1, -1), Z
is a network of tensors :math:`T_{lrud} = \sum_s e^{β h s} W_{sl} W_{sr} W_{su} W_{sd}`, one a site.
All weights are divided by their largest, so that no β overflows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

Array = NDArray[Any]
CRITICAL = 0.5 * math.asinh(1.0)
"""β at which the infinite lattice without a field orders: ln(1 + √2) / 2."""


def bond_weights(beta: float) -> Array:
    """Return e^{β(s s' - 1)}, rows and columns s = 1, -1."""
    low = math.exp(-2.0 * beta)
    return np.array([[1.0, low], [low, 1.0]])


def field_weights(beta: float, field: float) -> Array:
    """Return e^{β(h s - |h|)} for s = 1, -1."""
    return np.exp(beta * (field * np.array([1.0, -1.0]) - abs(field)))


def log_scale(beta: float, field: float) -> float:
    """Return the logarithm per site of what the weights of two bonds and a site were divided by."""
    return beta * (2.0 + abs(field))


def bond_root(beta: float) -> Array:
    """Return W of the divided weights, axes (spin, k)."""
    even, odd = 0.5 * (1.0 + math.exp(-2.0 * beta)), -0.5 * math.expm1(-2.0 * beta)
    return np.array([[1.0, 1.0], [1.0, -1.0]]) * np.sqrt([even, odd])


def site_tensor(beta: float, field: float) -> Array:
    """Return T of the divided weights, axes (left, right, up, down)."""
    w = bond_root(beta)
    return np.asarray(np.einsum("s,sl,sr,su,sd->lrud", field_weights(beta, field), w, w, w, w))


def onsager(beta: float) -> float:
    r"""Return ln Z per site of the infinite lattice without a field, -βf.

    .. math:: -βf = \ln(2 \cosh 2β) + \frac{1}{π} \int_0^{π/2} dφ\,
        \ln \frac{1 + \sqrt{1 - κ^2 \sin^2 φ}}{2}, \quad κ = \frac{2 \sinh 2β}{\cosh^2 2β}

    Example:
        >>> round(onsager(CRITICAL), 12)
        0.929695398342

    Reference: L. Onsager, Phys. Rev. 65, 117 (1944), equation 109b.
    """
    small = math.exp(-4.0 * beta)
    # 1 - κ² = ((1 - sinh² 2β) / cosh² 2β)², written without a difference of large numbers.
    kappa = 4.0 * math.exp(-2.0 * beta) * (1.0 - small) / (1.0 + small) ** 2
    sinh = -0.5 * math.expm1(-4.0 * beta)  # times e^{2β}
    cosh = 0.5 * (1.0 + small)
    rest = ((small - sinh**2) / cosh**2) ** 2

    def integrand(phi: float) -> float:
        # φ from the end of the interval, where the root is smallest.
        root = math.sqrt(rest + (kappa * math.sin(phi)) ** 2)
        return math.log(0.5 * (1.0 + root))

    places = sorted({min(abs(math.sqrt(rest)) * k, 1.5) for k in (0.1, 1.0, 10.0)} - {0.0})
    value = quad(integrand, 0.0, math.pi / 2, points=places or None, epsabs=1e-14, limit=200)[0]
    return 2.0 * beta + math.log1p(small) + float(value) / math.pi
