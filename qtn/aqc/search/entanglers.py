r"""Gates that are one CX between free one-qubit gates, as directions and steps of a search.

An entangler is :math:`G = (p \otimes q)\, C\, (u \otimes v)` with C = CX. All entanglers have u and
v; only those that are the last on a site have p and q as well, since elsewhere the next one takes
them up. A step moves :math:`u \to u\,e^{iX}` and :math:`p \to e^{iX} p` for X in the span of the
Pauli matrices: six real numbers per pair of one-qubit gates, three of them of either.
Real circuits have X in the span of Y alone.

Since C stays as it is, the circuit that is searched has the CX count of the one that is written.
Counting parameters, a CX here is worth four, where a block of SU(4) is worth three per CX.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qtn._kernels import FAST, inner, kernel

_compiled: Any = kernel(**FAST)
_inner: Any = inner(**FAST)
CX = np.eye(4)[[0, 1, 3, 2]]
_REAL = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
_HAAR = 3.0  # standard deviation of a random step that forgets where it began


class Entanglers:
    """The directions of the entanglers of a circuit.

    Args:
        size: number of entanglers.
        ends: numbers of those that have one-qubit gates behind their CX.
        real: only real one-qubit gates.
    """

    def __init__(self, size: int, ends: np.ndarray, real: bool) -> None:
        self.size, self.ends, self.real = size, ends, real

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of gradients and steps."""
        return self.size + len(self.ends), 6

    def gradient(self, gates: np.ndarray, environments: np.ndarray, overlap: complex) -> np.ndarray:
        """Return the gradient of -ln|f|²; gates and environments are (size, 2, 4, 4)."""
        out = np.empty(self.shape)
        room = np.empty((2, 4, 4))
        _gradient(gates, environments, self.ends, overlap.real, overlap.imag, room, out)
        return out * _REAL if self.real else out

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        out = np.empty_like(gates)
        one, turn = np.empty((2, 2, 2, 2)), np.empty((2, 2, 4, 4))
        _moved(gates, step, self.ends, one, turn, out)
        return out

    def random(self, rng: np.random.Generator) -> np.ndarray:
        """Return entanglers with random one-qubit gates, in parts (size, 2, 4, 4)."""
        gates = np.zeros((self.size, 2, 4, 4))
        gates[:, 0] = CX
        return self.moved(gates, self.direction(rng) * _HAAR)

    def direction(self, rng: np.random.Generator) -> np.ndarray:
        """Return a random step, entries of standard deviation 1."""
        step = rng.normal(size=self.shape)
        return step * _REAL if self.real else step


@_inner
def _turn(step, k, one, out):  # type: ignore[no-untyped-def]
    """out[0] = exp(i Σ a P) ⊗ exp(i Σ b P) in parts for row k of a step; `one` is room."""
    for q in range(2):
        x, y, z = step[k, 3 * q], step[k, 3 * q + 1], step[k, 3 * q + 2]
        angle = math.sqrt(x * x + y * y + z * z)
        c, s = math.cos(angle), 1.0
        if angle > 1e-8:
            s = math.sin(angle) / angle
        one[q, 0, 0, 0], one[q, 0, 0, 1], one[q, 0, 1, 0], one[q, 0, 1, 1] = c, s * y, -s * y, c
        one[q, 1, 0, 0], one[q, 1, 0, 1] = s * z, s * x
        one[q, 1, 1, 0], one[q, 1, 1, 1] = s * x, -s * z
    for i in range(4):
        for j in range(4):
            a, b = one[0, 0, i >> 1, j >> 1], one[0, 1, i >> 1, j >> 1]
            c, d = one[1, 0, i & 1, j & 1], one[1, 1, i & 1, j & 1]
            out[0, 0, i, j] = a * c - b * d
            out[0, 1, i, j] = a * d + b * c


@_inner
def _product(x, p, y, q, out, r):  # type: ignore[no-untyped-def]
    """out[r] = x[p] y[q] for matrices in parts."""
    for i in range(4):
        for j in range(4):
            a, b = 0.0, 0.0
            for k in range(4):
                a += x[p, 0, i, k] * y[q, 0, k, j] - x[p, 1, i, k] * y[q, 1, k, j]
                b += x[p, 0, i, k] * y[q, 1, k, j] + x[p, 1, i, k] * y[q, 0, k, j]
            out[r, 0, i, j] = a
            out[r, 1, i, j] = b


@_compiled
def _moved(gates, step, ends, one, turn, out):  # type: ignore[no-untyped-def]
    """See `Entanglers.moved`; one (2, 2, 2, 2) and turn (2, 2, 4, 4) are room."""
    for k in range(gates.shape[0] + ends.shape[0]):
        _turn(step, k, one, turn)
        if k < gates.shape[0]:
            _product(gates, k, turn, 0, out, k)
        else:
            e = ends[k - gates.shape[0]]
            _product(turn, 0, out, e, turn, 1)
            for part in range(2):
                for i in range(4):
                    for j in range(4):
                        out[e, part, i, j] = turn[1, part, i, j]


@_inner
def _along(matrix, out, k):  # type: ignore[no-untyped-def]
    """out[k] = -2 Re Σ matrix * i(P ⊗ 1), then 1 ⊗ P, for P = X, Y, Z."""
    x, y, z, u, v, w = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for q in range(2):
        r = 2 * q
        x -= matrix[1, q, 2 + q] + matrix[1, 2 + q, q]
        y += matrix[0, q, 2 + q] - matrix[0, 2 + q, q]
        z -= matrix[1, q, q] - matrix[1, 2 + q, 2 + q]
        u -= matrix[1, r, r + 1] + matrix[1, r + 1, r]
        v += matrix[0, r, r + 1] - matrix[0, r + 1, r]
        w -= matrix[1, r, r] - matrix[1, r + 1, r + 1]
    out[k, 0], out[k, 1], out[k, 2] = -2.0 * x, -2.0 * y, -2.0 * z
    out[k, 3], out[k, 4], out[k, 5] = -2.0 * u, -2.0 * v, -2.0 * w


@_compiled
def _gradient(gates, environments, ends, re, im, matrix, out):  # type: ignore[no-untyped-def]
    """See `Entanglers.gradient`; with e the environment, df = Σ e * (G X) and Σ e * (X G).

    The matrix, room (2, 4, 4), is G^T e / f, behind the CX e G^T / f.
    """
    size = re * re + im * im
    for k in range(gates.shape[0] + ends.shape[0]):
        behind = k >= gates.shape[0]
        g = ends[k - gates.shape[0]] if behind else k
        for i in range(4):
            for j in range(4):
                a, b = 0.0, 0.0
                for c in range(4):
                    p, q = gates[g, 0, c, i], gates[g, 1, c, i]
                    r, s = environments[g, 0, c, j], environments[g, 1, c, j]
                    if behind:
                        p, q = environments[g, 0, i, c], environments[g, 1, i, c]
                        r, s = gates[g, 0, j, c], gates[g, 1, j, c]
                    a += p * r - q * s
                    b += p * s + q * r
                matrix[0, i, j] = (a * re + b * im) / size
                matrix[1, i, j] = (b * re - a * im) / size
        _along(matrix, out, k)
