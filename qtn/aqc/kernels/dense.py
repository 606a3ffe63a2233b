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

from qtn._kernels import FAST, kernel
from qtn.aqc.kernels.gate_loops import polar_batch
from qtn.aqc.kernels.tiles import turns
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states import MPS

LARGEST = 16  # sites; longer vectors leave the caches of the processor

_compiled: Any = kernel(**FAST)


@_compiled
def turn(v, w, post, m):  # type: ignore[no-untyped-def]
    """w[:, p, a, j] = Σ_b m[a, b] v[:, p, b, j]; v and w are (parts, 2^n), m is (2, 4, 4)."""
    parts, size = v.shape
    x, u, part = v.ctypes.data, w.ctypes.data, 8 * size * (parts - 1)
    shape = (parts, size // (4 * post), 4, post)
    turns.turn((x, x + part), (u, u + part), shape, m.ctypes.data)


@_compiled
def environment(bra, ket, post, e):  # type: ignore[no-untyped-def]
    """e[a, b] = Σ_{p, j} bra[p, a, j] ket[p, b, j] (bilinear, nothing conjugated)."""
    parts, size = ket.shape
    x, u, part = bra.ctypes.data, ket.ctypes.data, 8 * size * (parts - 1)
    shape = (parts, size // (4 * post), 4, post)
    e[1] = 0.0
    turns.environment((x, x + part), (u, u + part), shape, e.ctypes.data)


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
