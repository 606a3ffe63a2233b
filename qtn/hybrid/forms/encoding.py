r"""Rows as rotations: site vectors of any norm become unit vectors on one or two qubits per site.

A real unit vector (c, s) is :math:`R_Y(2\,\mathrm{atan2}(s, c))|0\rangle`. One of up to four
levels is written on two qubits, the first most significant; with the singular value decomposition
:math:`U\,\mathrm{diag}(\sigma)\,V^T` of its 2 × 2 matrix

.. math:: |v\rangle = (R_Y(\beta) \otimes R_Y(\gamma))\,
    \mathrm{CX}\, (R_Y(\alpha) \otimes 1)|00\rangle

with the angles of σ, of U and of V, signs moved into σ where a determinant is -1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
WIDEST = 4  # levels of a site


def check_levels(levels: Sequence[int]) -> None:
    """Raise `ArgumentError` unless rows of such sites can be written by rotations."""
    if max(levels) > WIDEST:
        raise ArgumentError(
            f"The model's features have dimension {max(levels)}, but a row is written on at most "
            'two qubits per column: 4 levels. Train with features="trigonometric" or "polynomial", '
            "or with less categories."
        )


def width(levels: int) -> int:
    """Return the qubits of a site of so many levels."""
    return 1 if levels <= 2 else 2


def encoding_angles(vectors: Sequence[Floats]) -> Floats:
    """Return the angles of rows: one per site on one qubit, three on two.

    Args:
        vectors: per site (batch, levels), of any norm but 0.

    Returns:
        Shape (batch, angles), sites in turn, radian.

    Cost: O(batch · sites).
    """
    columns: list[Floats] = []
    for v in vectors:
        if v.shape[1] <= 2:
            columns.append(2.0 * np.arctan2(v[:, 1] if v.shape[1] > 1 else 0.0 * v[:, 0], v[:, 0]))
            continue
        pairs = np.pad(v, ((0, 0), (0, 4 - v.shape[1]))).reshape(-1, 2, 2)
        u, sigma, vt = np.linalg.svd(pairs)
        sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
        columns.append(2.0 * np.arctan2(sign * sigma[:, 1], sigma[:, 0]))
        columns.append(2.0 * np.arctan2(u[:, 1, 0], u[:, 0, 0]))
        columns.append(2.0 * np.arctan2(vt[:, 0, 1], vt[:, 0, 0]))
    return np.stack(columns, axis=1)


def undo_rows(circuit: QuantumCircuit, places: Sequence[Sequence[int]]) -> None:
    """Append the inverse of an unbound row's encoding.

    Args:
        circuit: gets one parameter per angle of `encoding_angles`, x[0], x[1], …
        places: the qubits of every site, most significant first.
    """
    angles = iter(ParameterVector("x", sum(1 if len(p) == 1 else 3 for p in places)))
    for qubits in places:
        if len(qubits) == 1:
            circuit.ry(-next(angles), qubits[0])
            continue
        first, second = qubits
        alpha, beta, gamma = next(angles), next(angles), next(angles)
        circuit.ry(-beta, first)
        circuit.ry(-gamma, second)
        circuit.cx(first, second)
        circuit.ry(-alpha, first)
