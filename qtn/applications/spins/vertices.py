r"""Gates that commute with all rotations, as combinations of a few real operators.

Two spins couple to S = 0 or 1: one relative phase,

.. math:: V = 1 + (e^{i\theta} - 1)\, P_s .

Three spins couple to S = 3/2 once and to S = 1/2 twice: a phase, and a matrix of SU(2) between the
two ways (by a singlet, or by a triplet, of the first two),

.. math:: V = e^{i\varphi} Q + \sum_{ab} U_{ab} E_{ab}, \quad U = e^{i(x X + y Y + z Z)} .

With :math:`U = e^{-i\theta Y}` and :math:`\varphi = 0` it is real: a chiral gate,
:math:`e^{i c\, S_1 \cdot (S_2 \times S_3)}`. All operators are polynomials of the swaps
:math:`P_{12}, P_{23}`, so that one table makes them on qubits and on paths.

Reference: East, Alonso-Linaje and Park, arXiv:2309.07250, section III; there the matrices stand
between Schur transforms, here they are written by swaps, without a singular point of the angles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.operators import PAULI

Array = NDArray[Any]
Floats = NDArray[np.float64]
Coefficients = tuple[Array, list[Array]]
_SMALL = 1e-3  # rotation below which derivatives come from a series


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of gates.

    Args:
        name: "pairs", "triples" or "chiral".
        spins: that a gate acts on.
        angles: of a gate; all 0 make the identity.
        real: whether it is real.
        coefficients: from angles to the coefficients of the operators and their derivatives.
    """

    name: str
    spins: int
    angles: int
    real: bool
    coefficients: Callable[[Floats], Coefficients]


def operators(swaps: Callable[[int, int], Array], spins: int) -> Array:
    """Return the operators of the gates on some spins from their swaps, (operators, dim, dim).

    Args:
        swaps: gives the swap of two of the gate's spins.
        spins: 2 or 3.
    """
    first = swaps(0, 1)
    one = np.eye(len(first))
    if spins == 2:
        return np.array([(one + first) / 2, (one - first) / 2])
    second = swaps(1, 2)
    third = first @ second @ first
    quartet = (one + first + second + first @ second + second @ first + third) / 6
    singlet = (one - first) / 2
    triplet = one - singlet - quartet
    across = singlet @ second @ triplet * (2 / np.sqrt(3))
    return np.array([quartet, singlet, across, across.T, triplet])


def _pair(angles: Floats) -> Coefficients:
    phase = np.exp(1j * angles[0])
    return np.array([1.0, phase]), [np.array([0.0, 1j * phase])]


def _triple(angles: Floats) -> Coefficients:
    phase, (turn, slopes) = np.exp(1j * angles[0]), su2(angles[1:])
    rest = [np.r_[0.0, slope.reshape(-1)] for slope in slopes]
    return np.r_[phase, turn.reshape(-1)], [np.r_[1j * phase, 0.0, 0.0, 0.0, 0.0], *rest]


def _chiral(angles: Floats) -> Coefficients:
    c, s = np.cos(angles[0]), np.sin(angles[0])
    return np.array([1.0, c, -s, s, c]), [np.array([0.0, -s, -c, c, -s])]


KINDS = {
    "pairs": Kind("pairs", 2, 1, False, _pair),
    "triples": Kind("triples", 3, 4, False, _triple),
    "chiral": Kind("chiral", 3, 1, True, _chiral),
}


def su2(vector: Floats) -> tuple[Array, list[Array]]:
    """Return exp(i(x X + y Y + z Z)) and its derivatives by x, y and z."""
    r = float(np.linalg.norm(vector))
    cos, sinc = np.cos(r), np.sinc(r / np.pi)
    bend = (cos - sinc) / r**2 if r > _SMALL else -1.0 / 3.0 + r**2 / 30.0
    axes = PAULI[1:]
    inner = np.tensordot(vector, axes, 1)
    slopes = [
        -sinc * v * np.eye(2) + 1j * (bend * v * inner + sinc * axis)
        for v, axis in zip(vector, axes, strict=True)
    ]
    return cos * np.eye(2) + 1j * sinc * inner, slopes


def gate_matrix(kind: Kind, angles: Floats) -> Array:
    """Return the matrix of a gate on qubits, the first spin most significant.

    Example:
        >>> swap = gate_matrix(KINDS["pairs"], np.array([np.pi]))
        >>> np.round(swap.real).astype(int).tolist()
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    """
    coefficients, _ = kind.coefficients(angles)
    return np.tensordot(coefficients, on_qubits(kind.spins), 1)


def on_qubits(spins: int) -> Array:
    """Return the operators as matrices on qubits."""

    def swap(i: int, j: int) -> Array:
        axes = list(range(2 * spins))
        axes[i], axes[j] = axes[j], axes[i]
        one = np.eye(2**spins).reshape((2,) * (2 * spins))
        return one.transpose(axes).reshape(2**spins, 2**spins)

    return operators(swap, spins)
