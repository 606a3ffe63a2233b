r"""Natural gradient by windows: what a small turn of each gate does to the state, window by window.

Near a good circuit the Hessian of :math:`-\ln F` is twice the metric of Fubini and Study,

.. math:: S_{ij} = \mathrm{Re}\bigl(\langle\partial_i\varphi|\partial_j\varphi\rangle
    - \langle\partial_i\varphi|\varphi\rangle\langle\varphi|\partial_j\varphi\rangle\bigr),

whose eigenvalues spread over many orders of magnitude in deep circuits, so that quasi-Newton
steps crawl. The metric couples gates that are close. It is found exactly in windows of a few sites,
each taken as a circuit of its own with the gates inside, and the inverses of the damped windows
are added with weights that fall to zero at a window's ends and whose squares add up to one. The sum
is positive definite and serves quasi-Newton steps as the first guess of the inverse Hessian.

Reference: Amari, Neural Comput. 10, 251 (1998) for the natural gradient; Dryja and Widlund, in
"Third International Symposium on Domain Decomposition Methods" (1990) for overlapping windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.shape.ansatz import Ansatz

WIDEST = 12  # sites of a window
DAMPING = 1e-2


@dataclass(frozen=True, slots=True)
class Window:
    """The damped metric of one window, factorised, and how much each of its gates counts."""

    gates: np.ndarray
    factor: tuple[np.ndarray, bool]
    weights: np.ndarray


class WindowMetric:
    """Inverse of the metric of a circuit, window by window.

    Args:
        ansatz: the circuit shape.
        gates: its gates in parts (gates, 2, 4, 4).
        width: sites of a window; one that covers the chain gives the exact metric.
        damping: added to the eigenvalues of twice the metric.

    Cost: 2^width gates² per window.
    """

    def __init__(
        self, ansatz: Ansatz, gates: np.ndarray, width: int = WIDEST, damping: float = DAMPING
    ) -> None:
        width = min(width, ansatz.n)
        matrices = joined(gates).astype(np.complex64)
        bonds = np.empty(ansatz.size, int)
        for number, bond in ansatz.sequence():
            bonds[number] = bond
        totals = np.zeros(ansatz.size)
        found = []
        for start in _starts(ansatz.n, width):
            numbers, metric = window_metric(ansatz, matrices, start, width)
            weights = _falling(bonds[numbers] - start, width, start == 0, start + width == ansatz.n)
            totals[numbers] += weights**2
            found.append((numbers, metric, weights))
        self._windows = [
            Window(
                numbers,
                cho_factor(2.0 * metric + damping * np.eye(len(metric)), overwrite_a=True),
                weights / np.sqrt(totals[numbers]),
            )
            for numbers, metric, weights in found
        ]

    def __call__(self, gradient: np.ndarray) -> np.ndarray:
        """Return the inverse metric times a gradient, both in parts (gates, 2, 4, 4)."""
        coordinates = np.einsum("kij,gij->gk", BASIS.conj(), joined(gradient)).real
        out = np.zeros_like(coordinates)
        for window in self._windows:
            part = coordinates[window.gates] * window.weights[:, None]
            solved = cho_solve(window.factor, part.reshape(-1), check_finite=False)
            out[window.gates] += solved.reshape(part.shape) * window.weights[:, None]
        return parted(np.einsum("gk,kij->gij", out, BASIS))


def window_metric(
    ansatz: Ansatz, gates: np.ndarray, start: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the gates inside a window and their metric, 16 directions each.

    Args:
        ansatz: the circuit shape.
        gates: complex (gates, 4, 4); their precision is that of the metric.
        start: first site of the window.
        width: its number of sites.
    """
    inside = [(g, b - start) for g, b in ansatz.sequence() if start <= b < start + width - 1]
    state = np.zeros((2**width, 1), gates.dtype)
    state[0] = 1.0
    # Derivatives come in blocks of few gates, state index first: long rows for the products.
    blocks: list[np.ndarray] = []
    together = max(1, width // 2)
    for count, (number, bond) in enumerate(inside):
        state = _turned(state, gates[number], bond)
        blocks = [_turned(block, gates[number], bond) for block in blocks]
        pairs = state.reshape(2**bond, 4, -1)
        new = np.einsum("kab,xbr->xark", BASIS.astype(gates.dtype), pairs).reshape(2**width, 16)
        if count % together:
            blocks[-1] = np.concatenate([blocks[-1], new], axis=1)
        else:
            blocks.append(new)
    changes = np.concatenate(blocks, axis=1)
    changes -= state * (state.conj().T @ changes)
    both = np.concatenate([changes.real, changes.imag])
    return np.array([g for g, _ in inside]), (both.T @ both).astype(float)


def _turned(states: np.ndarray, gate: np.ndarray, bond: int) -> np.ndarray:
    """Return gate times states (2^sites, batch), first site most significant."""
    shape = (2**bond, 4, states.size // (4 * 2**bond))
    turned: np.ndarray = np.matmul(gate, states.reshape(shape)).reshape(states.shape)
    return turned


def _starts(n: int, width: int) -> list[int]:
    """Return the first sites of windows that overlap by two thirds."""
    step = max(1, width // 3)
    return [*range(0, n - width, step), n - width]


def _falling(places: np.ndarray, width: int, first: bool, last: bool) -> np.ndarray:
    """Return weights that fall linearly to the ends of a window, except at the chain's ends."""
    left = np.ones(len(places)) if first else (places + 0.5) / (0.5 * width)
    right = np.ones(len(places)) if last else (width - 1.5 - places) / (0.5 * width)
    return np.clip(np.minimum(left, right), 0.0, 1.0)


def _basis() -> np.ndarray:
    """Return an orthonormal basis of u(4)."""
    out = []
    for i in range(4):
        for j in range(i, 4):
            for value in (1.0, 1.0j) if i < j else (1.0j,):
                matrix = np.zeros((4, 4), complex)
                matrix[i, j] = value
                matrix[j, i] = -np.conj(value)
                out.append(matrix / math.sqrt(2.0 if i < j else 1.0))
    return np.array(out)


BASIS = _basis()
