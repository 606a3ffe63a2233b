r"""State vectors of short circuits: the state, a Pauli sum on it, and the gradient by all gates.

For a loss L of the state :math:`|\psi\rangle = G_m \cdots G_1 |0\rangle` with
:math:`|\lambda\rangle = \partial L / \partial \bar\psi`, the gradient by gate g is

.. math:: \frac{\partial L}{\partial \bar G_{g,ab}} = \sum_r \lambda_g[a, r]\,\bar\psi_{g-1}[b, r],
   \quad \psi_{g-1} = G_g^\dagger \psi_g, \quad \lambda_{g-1} = G_g^\dagger \lambda_g ,

r the other qubits: one pass back over two vectors, whatever the depth. Gates are unitary, so that
no state is kept on the way. Blocks act on any two qubits. A real circuit stays in real numbers: a
Pauli word of an odd number of Y has no mean there.

Qubit i is bit i of an index; the first site of a block is the most significant one of its matrix.

Reference: Jones and Gacon, arXiv:2009.02823 (2020), adjoint differentiation; here by matrices of
gates instead of angles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import FAST, kernel
from qtn.states.operators import Term

Array = NDArray[Any]
Places = Sequence[tuple[int, ...]]
_compiled: Any = kernel(**FAST)


@dataclass(frozen=True, slots=True, eq=False)
class PauliSum:
    """A Hermitian sum of Pauli words as bit masks, c · i^(number of Y) · X^flips Z^signs.

    Args:
        flips: per word the bits of its X and Y.
        signs: per word the bits of its Z and Y.
        ys: per word its number of Y.
        coefficients: real.
    """

    flips: NDArray[np.int64]
    signs: NDArray[np.int64]
    ys: NDArray[np.int64]
    coefficients: NDArray[np.float64]

    @classmethod
    def of(cls, terms: Sequence[Term]) -> PauliSum:
        """Return the masks of terms of Pauli matrices, words of like flips together."""
        rows = []
        for term in terms:
            flips = sum(1 << q for q, letter in term.factors if letter in "XY")
            signs = sum(1 << q for q, letter in term.factors if letter in "ZY")
            ys = sum(letter == "Y" for _, letter in term.factors)
            rows.append((flips, signs, ys, term.coefficient))
        rows.sort(key=lambda row: row[:2])
        masks = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
        weights = np.array([row[3] for row in rows], dtype=float)
        flips, signs, ys = np.ascontiguousarray(masks.T)
        return cls(flips, signs, ys, weights)

    def on(self, state: Array) -> Array:
        """Return H|ψ⟩; of a real state the real part of H.

        Cost: words × 2^n.
        """
        out = np.zeros_like(state)
        # P = i^y X^flips Z^signs: the Z act first, and i^y is real where the number of Y is even.
        phases = self.coefficients * 1j**self.ys
        if state.dtype.kind == "f":
            even = self.ys % 2 == 0
            weights = np.ascontiguousarray(phases.real[even])
            _pauli_sum(state, self.flips[even], self.signs[even], weights, out)
        else:
            _pauli_sum(state, self.flips, self.signs, phases, out)
        return out


def prepared(n: int, sites: Places, matrices: Sequence[Array]) -> Array:
    """Return the state of a circuit on |0…0⟩, (2^n,).

    Args:
        n: number of qubits.
        sites: of every block, in time order.
        matrices: their unitaries, (2, 2) or (4, 4); all real ones give a real state.

    Cost: blocks × 2^(n+2).
    """
    real = all(matrix.dtype.kind == "f" for matrix in matrices)
    state = np.zeros(2**n, dtype=float if real else complex)
    state[0] = 1.0
    for where, matrix in zip(sites, matrices, strict=True):
        gate = np.ascontiguousarray(matrix, dtype=state.dtype)
        if len(where) == 1:
            _turn_one(state, gate, 1 << where[0])
        else:
            _turn_two(state, gate, 1 << where[0], 1 << where[1])
    return state


def adjoint_gradients(
    sites: Places, matrices: Sequence[Array], state: Array, derivative: Array
) -> list[Array]:
    """Return ∂L/∂Ḡ of all gates.

    Args:
        sites: of every block, in time order.
        matrices: their unitaries.
        state: what they make of |0…0⟩, (2^n,).
        derivative: ∂L/∂ψ̄ there, of the same type.

    Returns:
        Per gate ∂L/∂Ḡ, real for a real state: dL = 2 Re Σ conj(∂L/∂Ḡ) dG.

    Cost: three times that of the state.
    """
    ket, bra = state.copy(), derivative.astype(state.dtype)
    found: list[Array] = []
    for where, matrix in zip(reversed(sites), reversed(matrices), strict=True):
        gate = np.ascontiguousarray(np.asarray(matrix, dtype=state.dtype).conj().T)
        out = np.zeros_like(gate)
        if len(where) == 1:
            _back_one(ket, bra, gate, 1 << where[0], out)
        else:
            _back_two(ket, bra, gate, 1 << where[0], 1 << where[1], out)
        found.append(out)
    return found[::-1]


@_compiled
def _pauli_sum(state, flips, signs, weights, out):  # type: ignore[no-untyped-def]
    """out[k ^ flips] += Σ weight (-1)^|k & signs| state[k]; words of like flips are together."""
    first, count = 0, flips.shape[0]
    while first < count:
        last = first
        while last < count and flips[last] == flips[first]:
            last += 1
        mask = flips[first]
        for k in range(state.shape[0]):
            total = weights[first] * 0.0
            for w in range(first, last):
                odd = k & signs[w]
                odd ^= odd >> 32
                odd ^= odd >> 16
                odd ^= odd >> 8
                odd ^= odd >> 4
                odd ^= odd >> 2
                odd ^= odd >> 1
                total += weights[w] * (1 - 2 * (odd & 1))
            out[k ^ mask] += total * state[k]
        first = last


@_compiled
def _turn_one(state, gate, bit):  # type: ignore[no-untyped-def]
    """Apply a gate on one qubit in place."""
    for start in range(0, state.shape[0], 2 * bit):
        for k in range(start, start + bit):
            x, y = state[k], state[k + bit]
            state[k] = gate[0, 0] * x + gate[0, 1] * y
            state[k + bit] = gate[1, 0] * x + gate[1, 1] * y


@_compiled
def _turn_two(state, gate, high, low):  # type: ignore[no-untyped-def]
    """Apply a gate in place on two qubits, the first given one most significant in its matrix."""
    large, small = max(high, low), min(high, low)
    for outer in range(0, state.shape[0], 2 * large):
        for start in range(outer, outer + large, 2 * small):
            for k in range(start, start + small):
                a, b, c, d = state[k], state[k + low], state[k + high], state[k + high + low]
                state[k] = gate[0, 0] * a + gate[0, 1] * b + gate[0, 2] * c + gate[0, 3] * d
                state[k + low] = gate[1, 0] * a + gate[1, 1] * b + gate[1, 2] * c + gate[1, 3] * d
                state[k + high] = gate[2, 0] * a + gate[2, 1] * b + gate[2, 2] * c + gate[2, 3] * d
                state[k + high + low] = (
                    gate[3, 0] * a + gate[3, 1] * b + gate[3, 2] * c + gate[3, 3] * d
                )


@_compiled
def _back_one(ket, bra, gate, bit, out):  # type: ignore[no-untyped-def]
    """Undo a gate on the ket, add to its environment, undo it on the bra; `gate` is its inverse."""
    _turn_one(ket, gate, bit)
    for start in range(0, ket.shape[0], 2 * bit):
        for k in range(start, start + bit):
            x, y = np.conj(ket[k]), np.conj(ket[k + bit])
            out[0, 0] += bra[k] * x
            out[0, 1] += bra[k] * y
            out[1, 0] += bra[k + bit] * x
            out[1, 1] += bra[k + bit] * y
    _turn_one(bra, gate, bit)


@_compiled
def _back_two(ket, bra, gate, high, low, out):  # type: ignore[no-untyped-def]
    """The same on two qubits."""
    _turn_two(ket, gate, high, low)
    large, small = max(high, low), min(high, low)
    for row in range(4):
        place = (row >> 1) * high + (row & 1) * low
        w, x, y, z = out[row, 0], out[row, 1], out[row, 2], out[row, 3]
        for outer in range(0, ket.shape[0], 2 * large):
            for start in range(outer, outer + large, 2 * small):
                for k in range(start, start + small):
                    value = bra[k + place]
                    w += value * np.conj(ket[k])
                    x += value * np.conj(ket[k + low])
                    y += value * np.conj(ket[k + high])
                    z += value * np.conj(ket[k + high + low])
        out[row, 0], out[row, 1], out[row, 2], out[row, 3] = w, x, y, z
    _turn_two(bra, gate, high, low)
