r"""Dense kernel: overlap and environments on full state vectors, for short chains.

With the ket :math:`G_{g-1} \cdots G_1 |0\rangle` and the bra
:math:`\langle\psi| G_m \cdots G_{g+1}` of gate g at hand, its environment is the sum of their
products over all other sites. Gates are unitary, so the ket of the gate before is found by undoing
a gate instead of by storing every state, and two vectors are all the memory there is.

Cost: O(gates 2^n) whatever the depth and the entanglement: the choice for deep circuits on up to
some 16 sites.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from qtn.aqc.kernels.gate_loops import polar_batch
from qtn.aqc.kernels.tiles.writer import FAST
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states import MPS

LARGEST = 16  # sites; longer vectors leave the caches of the processor
NARROW = 4  # amplitudes to the right of a gate that are too few for loops

_compiled: Any = njit(nogil=True, **FAST)


@_compiled
def turn_wide(v, w, post, m):  # type: ignore[no-untyped-def]
    """w[:, p, a, j] = Σ_b m[a, b] v[:, p, b, j]; v and w are (parts, 2^n), m is (2, 4, 4)."""
    parts, size = v.shape
    pre = size // (4 * post)
    x, o = v[0].reshape(pre, 4, post), w[0].reshape(pre, 4, post)
    y, q = v[parts - 1].reshape(pre, 4, post), w[parts - 1].reshape(pre, 4, post)
    for a in range(4):
        r0, r1, r2, r3 = m[0, a, 0], m[0, a, 1], m[0, a, 2], m[0, a, 3]
        s0, s1, s2, s3 = m[1, a, 0], m[1, a, 1], m[1, a, 2], m[1, a, 3]
        for p in range(pre):
            for j in range(post):
                o[p, a, j] = (r0 * x[p, 0, j] + r1 * x[p, 1, j]) + (
                    r2 * x[p, 2, j] + r3 * x[p, 3, j]
                )
            if parts == 2:
                for j in range(post):
                    o[p, a, j] -= (s0 * y[p, 0, j] + s1 * y[p, 1, j]) + (
                        s2 * y[p, 2, j] + s3 * y[p, 3, j]
                    )
                for j in range(post):
                    q[p, a, j] = (r0 * y[p, 0, j] + r1 * y[p, 1, j]) + (
                        r2 * y[p, 2, j] + r3 * y[p, 3, j]
                    )
                for j in range(post):
                    q[p, a, j] += (s0 * x[p, 0, j] + s1 * x[p, 1, j]) + (
                        s2 * x[p, 2, j] + s3 * x[p, 3, j]
                    )


@_compiled
def environment_wide(bra, ket, post, e):  # type: ignore[no-untyped-def]
    """e[a, b] = Σ_{p, j} bra[p, a, j] ket[p, b, j] (bilinear, nothing conjugated)."""
    parts, size = ket.shape
    pre = size // (4 * post)
    for a in range(4):
        for part in range(2):
            for b in range(4):
                e[part, a, b] = 0.0
        for c in range(parts):
            w = bra[c].reshape(pre, 4, post)
            for d in range(parts):
                v = ket[d].reshape(pre, 4, post)
                e0, e1, e2, e3 = 0.0, 0.0, 0.0, 0.0
                for p in range(pre):
                    for j in range(post):
                        e0 += w[p, a, j] * v[p, 0, j]
                        e1 += w[p, a, j] * v[p, 1, j]
                        e2 += w[p, a, j] * v[p, 2, j]
                        e3 += w[p, a, j] * v[p, 3, j]
                part, sign = (c + d) % 2, (-1.0 if c + d == 2 else 1.0)
                e[part, a, 0] += sign * e0
                e[part, a, 1] += sign * e1
                e[part, a, 2] += sign * e2
                e[part, a, 3] += sign * e3


def turn(v: np.ndarray, w: np.ndarray, post: int, m: np.ndarray) -> None:
    """Write the state v with the gate m (2, 4, 4) on the sites before `post` amplitudes to w."""
    if post > NARROW:
        turn_wide(v, w, post, m)
        return
    # Loops over so few amplitudes are slow; a matrix product over the rest of the chain is not.
    width = 4 * post
    r, s = (m[:, :, None, :, None] * np.eye(post)[:, None, :]).reshape(2, width, width)
    x, o = (array.reshape(len(v), -1, width) for array in (v, w))
    np.matmul(x, r.T, out=o)
    if len(v) == 2:
        o[0] -= x[1] @ s.T
        o[1] += x[0] @ s.T


def environment(bra: np.ndarray, ket: np.ndarray, post: int, e: np.ndarray) -> None:
    """Write e[a, b] = Σ bra[p, a, j] ket[p, b, j] (bilinear, nothing conjugated), in parts."""
    if post > NARROW:
        environment_wide(bra, ket, post, e)
        return
    w, v = (array.reshape(len(array), -1, 4 * post) for array in (bra, ket))

    def summed(c: int, d: int) -> np.ndarray:
        return np.einsum("ajbj->ab", (w[c].T @ v[d]).reshape(4, post, 4, post))

    e[0] = summed(0, 0) if len(w) == 1 else summed(0, 0) - summed(1, 1)
    e[1] = 0.0 if len(w) == 1 else summed(0, 1) + summed(1, 0)


def changed(gate: np.ndarray, transposed: bool, conjugated: bool) -> np.ndarray:
    """Return a gate in parts, transposed, conjugated, or both."""
    out = np.ascontiguousarray(gate.transpose(0, 2, 1)) if transposed else gate.copy()
    if conjugated:
        out[1] *= -1.0
    return out


class DenseKernel:
    """Overlap, environments and polar sweeps by state vectors.

    Args:
        target: chain of arrays `(left, 2, right)`, norm 1.
        ansatz: the circuit shape, at most `LARGEST` sites.
        cut: no meaning here; kernels share it.
    """

    turn: int | None = None

    def __init__(self, target: list[np.ndarray], ansatz: Ansatz, cut: float = 0.0) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self._sequence = [(g, 2 ** (ansatz.n - 2 - b)) for g, b in ansatz.sequence()]
        # Site 0 is the most significant bit here, the least significant one in `to_dense`.
        vector = MPS(tuple(target)).to_dense().reshape((2,) * ansatz.n).transpose().reshape(-1)
        real = not np.iscomplexobj(vector)
        self._target = np.stack([vector] if real else [vector.real, -vector.imag])
        self._bra, self._ket, self._spare = (np.empty_like(self._target) for _ in range(3))
        self._last, self._at_end = np.empty(0), True

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, in parts (gates, 2, 4, 4)."""
        self._last = np.empty(0)
        overlap, out = self._begin(gates), np.zeros_like(gates)
        for g, post in reversed(self._sequence):
            self._turn_ket(gates[g], post, True)
            environment(self._bra, self._ket, post, out[g])
            self._turn_bra(gates[g], post, False)
        return overlap, out

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate (in parts) once by its polar factor, in place; return the overlap."""
        if self._last.shape != gates.shape or not np.array_equal(self._last, gates):
            self._begin(gates)
        found, real = np.zeros((1, 2, 4, 4)), len(self._ket) == 1
        for g, post in reversed(self._sequence) if self._at_end else self._sequence:
            first, last = self._turn_ket, self._turn_bra
            if not self._at_end:
                first, last = last, first
            first(gates[g], post, True)
            environment(self._bra, self._ket, post, found[0])
            polar_batch(found, gates[g : g + 1], real)
            last(gates[g], post, False)
        self._at_end = not self._at_end
        self._last = gates.copy()
        return self._overlap()

    def _begin(self, gates: np.ndarray) -> complex:
        """Set the bra to the target and the ket to U|0>; return f."""
        self._at_end = True
        self._bra[:], self._ket[:] = self._target, self._blank()
        for g, post in self._sequence:
            self._turn_ket(gates[g], post, False)
        return self._overlap()

    def _blank(self) -> np.ndarray:
        """Return what the circuit acts on: |0...0>."""
        state = np.zeros_like(self._ket)
        state[0, 0] = 1.0
        return state

    def _turn_ket(self, gate: np.ndarray, post: int, undo: bool) -> None:
        """Apply G to the ket, or G†."""
        turn(self._ket, self._spare, post, changed(gate, undo, undo))
        self._ket, self._spare = self._spare, self._ket

    def _turn_bra(self, gate: np.ndarray, post: int, undo: bool) -> None:
        """Apply G from the right to the bra, or G†."""
        turn(self._bra, self._spare, post, changed(gate, not undo, undo))
        self._bra, self._spare = self._spare, self._bra

    def _overlap(self) -> complex:
        bra, ket = self._bra, self._ket
        if len(ket) == 1:
            return complex(bra[0] @ ket[0])
        return complex(bra[0] @ ket[0] - bra[1] @ ket[1], bra[0] @ ket[1] + bra[1] @ ket[0])
