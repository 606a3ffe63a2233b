r"""Clifford gates pushed out of a circuit: rotations about strings in one frame.

Let :math:`C_k` be the product of all Cliffords before the rotation k in the order of time. Then

.. math:: U = C \prod_k e^{-i \theta_k P'_k / 2} , \qquad P'_k = C_k^\dagger P_k C_k ,

and a sum O becomes C†OC before the first rotation is undone. Cliffords cost the loop over terms
nothing this way, and coefficients, hence all cuts by them, are those of the circuit as written.
The frame is a table of what C† … C makes of X_q and Z_q; a further gate g changes the rows of its
qubits, for (gC)†P(gC) = C†(g†Pg)C.

Reference: Aaronson and Gottesman, Phys. Rev. A 70, 052328 (2004), for the table.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import inner, kernel
from qtn.states.pauli_sums.bits import popcount

__all__ = ["CLIFFORD", "QUARTER", "Written", "conjugate", "walk"]

_compiled: Any = kernel()
_inner: Any = inner()
CLIFFORD, QUARTER = -1, -2  # steps that change the frame; other kinds have strings


class Written(NamedTuple):
    """Steps of a circuit in the order of time, flat.

    Args:
        kinds: `CLIFFORD`, `QUARTER` turn about a string, or else a step that has a string.
        starts: where the qubits of every step start, and the end.
        qubits: of all steps.
        letters: x + 2 z of every qubit; of a Clifford the number of its images.
        images: (number, generator, 3) images (x, z, sign) of X_a, Z_a, X_b, Z_b.
    """

    kinds: NDArray[Any]
    starts: NDArray[Any]
    qubits: NDArray[Any]
    letters: NDArray[Any]
    images: NDArray[Any]


@_inner
def _times(row, frame, k, x, z):
    """Multiply i^k X^x Z^z by a row of the frame; return the new k."""
    words = x.shape[0]
    swapped, own = np.uint64(0), np.uint64(0)
    for w in range(words):
        fx, fz = frame[row, w], frame[row, words + w]
        swapped += popcount(z[w] & fx)
        own += popcount(fx & fz)
        x[w] ^= fx
        z[w] ^= fz
    return (k + 2 * np.int64(swapped) + np.int64(own) + 2 * np.int64(frame[row, 2 * words])) & 3


@_inner
def _sign(k, x, z):
    """Return 1 if i^k X^x Z^z is minus its Hermitian string, else 0."""
    both = np.uint64(0)
    for w in range(x.shape[0]):
        both += popcount(x[w] & z[w])
    return ((k - np.int64(both)) & 3) >> 1


@_inner
def _image(begin, end, qubits, letters, frame, x, z):
    """Multiply the images of the letters of a string into (x, z); return the power of i."""
    k = 0
    for place in range(begin, end):
        letter = letters[place]
        k += (letter & 1) & (letter >> 1)
        if letter & 1:
            k = _times(2 * qubits[place], frame, k, x, z)
        if letter >> 1:
            k = _times(2 * qubits[place] + 1, frame, k, x, z)
    return k


@_inner
def _quarter(begin, end, qubits, letters, frame):
    """Turn the frame by π/2 about a string P: a row that anticommutes becomes i P times it."""
    words = frame.shape[1] // 2
    px, pz = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    x, z = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    power = _image(begin, end, qubits, letters, frame, px, pz)
    for place in range(begin, end):
        for part in range(2):  # X of the qubit, then Z
            if (letters[place] >> (1 - part)) & 1:
                row = 2 * qubits[place] + part
                x[:], z[:] = px, pz
                k = _times(row, frame, power + 1, x, z)
                frame[row, :words], frame[row, words:-1] = x, z
                frame[row, 2 * words] = _sign(k, x, z)


@_inner
def _clifford(begin, end, qubits, images, frame, room):
    """Change the rows of a gate's qubits to the images of its generators."""
    x, z, signs = room
    words, count = x.shape[1], end - begin
    for g in range(2 * count):
        x[g, :], z[g, :] = 0, 0
        ix, iz, k = images[g, 0], images[g, 1], 2 * images[g, 2]
        for place in range(count):
            one, two = (ix >> place) & 1, (iz >> place) & 1
            k += one & two
            if one:
                k = _times(2 * qubits[begin + place], frame, k, x[g], z[g])
            if two:
                k = _times(2 * qubits[begin + place] + 1, frame, k, x[g], z[g])
        signs[g] = _sign(k, x[g], z[g])
    for g in range(2 * count):
        row = 2 * qubits[begin + g // 2] + g % 2
        frame[row, :words], frame[row, words:-1] = x[g], z[g]
        frame[row, 2 * words] = signs[g]


@_compiled
def walk(circuit, frame, xs, zs, signs):
    """Carry a frame through steps in the order of time, and write their strings.

    Args:
        circuit: a `Written`.
        frame: rows X_0, Z_0, X_1, …: words of x, words of z, sign; changed in place.
        xs, zs, signs: of the strings, one row per step that has one.
    """
    made, words = 0, xs.shape[1]
    room = np.zeros((4, words), np.uint64), np.zeros((4, words), np.uint64), np.zeros(4, np.uint64)
    qubits, letters = circuit.qubits, circuit.letters
    for step in range(circuit.kinds.shape[0]):
        begin, end = circuit.starts[step], circuit.starts[step + 1]
        if circuit.kinds[step] == CLIFFORD:
            _clifford(begin, end, qubits, circuit.images[letters[begin]], frame, room)
        elif circuit.kinds[step] == QUARTER:
            _quarter(begin, end, qubits, letters, frame)
        else:
            k = _image(begin, end, qubits, letters, frame, xs[made], zs[made])
            signs[made] = _sign(k, xs[made], zs[made])
            made += 1


@_compiled
def conjugate(frame, xs, zs, values):
    """Replace every term by C†PC, in place."""
    words = xs.shape[1]
    x, z = np.zeros(words, np.uint64), np.zeros(words, np.uint64)
    for i in range(xs.shape[0]):
        x[:], z[:] = 0, 0
        k = np.int64(0)
        for w in range(words):
            left = xs[i, w] | zs[i, w]
            bit = 0
            while left:
                if left & np.uint64(1):
                    one = np.int64((xs[i, w] >> np.uint64(bit)) & np.uint64(1))
                    two = np.int64((zs[i, w] >> np.uint64(bit)) & np.uint64(1))
                    row = 2 * (64 * w + bit)
                    k = k + (one & two)
                    if one:
                        k = _times(row, frame, k, x, z)
                    if two:
                        k = _times(row + 1, frame, k, x, z)
                left >>= np.uint64(1)
                bit += 1
        if _sign(k, x, z):
            values[i] = -values[i]
        xs[i], zs[i] = x, z
