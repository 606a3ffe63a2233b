r"""One analytic staircase that prepares the bond-2 approximation of a state.

A right-canonical tensor :math:`B_k[l, s, r]` of bond dimension 2 is an isometry from the bond on
its left to its site and the bond on its right, so the gate on sites (k, k+1) whose columns
:math:`|l, 0\rangle` are :math:`B_k[l, s, r] |s, r\rangle` prepares the state site by site from
|0...0>. Applied to the residual :math:`U^\dagger|\psi\rangle` it gives the start of the next layer
of a grown staircase. The columns that the state leaves free are chosen as close to the identity
as unitarity allows.

Reference: Ran, Phys. Rev. A 101, 032310 (2020), equations (5)-(9).
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import nearest_unitary
from qtn.states.kernels.truncate import truncate_chain


def staircase_gates(chain: list[np.ndarray]) -> np.ndarray:
    """Return the n-1 gates, bond 0 first, that prepare the bond-2 truncation of `chain`.

    Args:
        chain: arrays `(left, 2, right)` of a state of any norm above 0, at least 2 sites.

    Returns:
        Array (n-1, 4, 4); real chains give gates of SO(4).

    Cost: O(n χ³).
    """
    short, _ = truncate_chain(chain, 2)
    scale = np.linalg.norm(short[0])
    short[0] = short[0] / scale
    n = len(short)
    gates = []
    for k in range(n - 1):
        tensor = short[k]
        if k == n - 2:
            tensor = np.tensordot(tensor, short[k + 1][:, :, 0], 1)
        left, _, right = tensor.shape
        columns = np.zeros((left, 2, 2), tensor.dtype)
        columns[:, :, :right] = tensor
        gates.append(complete(columns.reshape(left, 4).T, [0, 2][:left]))
    return np.stack(gates)


def complete(columns: np.ndarray, positions: list[int]) -> np.ndarray:
    """Return the unitary nearest to the identity with given orthonormal columns.

    A real unitary gets determinant 1.
    """
    columns = nearest_unitary_columns(columns)
    free = [i for i in range(4) if i not in positions]
    w = np.linalg.svd(columns, full_matrices=True)[0][:, len(positions) :]
    gate = np.empty((4, 4), columns.dtype)
    gate[:, positions] = columns
    gate[:, free] = w @ nearest_unitary(w.conj().T @ np.eye(4)[:, free])
    if not np.iscomplexobj(gate) and np.linalg.det(gate) < 0:
        gate[:, free[-1]] *= -1.0
    return gate


def nearest_unitary_columns(columns: np.ndarray) -> np.ndarray:
    """Return the isometry nearest to `columns`."""
    u, _, vh = np.linalg.svd(columns, full_matrices=False)
    return u @ vh
