r"""Gates on one and two qubits as Cliffords, which cost nothing, and rotations about strings.

Tried in this order, and the first that fits is taken:

1. U is a Clifford: U†PU is a string for every generator P = X_a, Z_a, X_b, Z_b.
2. All strings of a logarithm of U commute: U = ∏ exp(-iθP/2), one rotation per string.
3. One qubit: three rotations about the axes a, b, a, where the choice with the fewest that are no
   quarter turns is taken: one, if U is a rotation and a Clifford.
4. Two qubits: the canonical decomposition U = (K ⊗ K') exp(i(αXX + βYY + γZZ)) (L ⊗ L'), in the
   magic basis, with the four one-qubit gates as in 3.

Whole quarter turns of a rotation are Cliffords: what counts is what is left, |θ| ≤ π/4.

Reference: Kraus and Cirac, Phys. Rev. A 63, 062309 (2001), appendix A, for 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import schur

from qtn.states.operators import FACTORS

__all__ = ["LETTERS", "NONE", "Clifford", "Rotation", "local_string", "quarters", "split_gate"]

Array = NDArray[Any]
LETTERS = "IXZY"  # letter of the number x + 2 z
NONE = 1e-14  # an angle, in rad, that is rounding
MIXTURES = np.arctan(np.sqrt(3.0) / 5.0) + np.pi * np.arange(7) / 7
_MAGIC = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)


@dataclass(frozen=True, slots=True)
class Clifford:
    """A Clifford gate by what it makes of the generators in the Heisenberg picture.

    Args:
        images: (x, z, sign) of U†PU for P = X_a, Z_a (X_b, Z_b): bits of a (and b), sign 0 or 1.
    """

    images: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """exp(-i angle P / 2).

    Args:
        letters: numbers x + 2 z of the letters of P on the gate's qubits.
        angle: in rad.
    """

    letters: tuple[int, ...]
    angle: float


def local_string(letters: tuple[int, ...]) -> Array:
    """Return the matrix of a string on one or two qubits, its first qubit least significant."""
    out = np.eye(1, dtype=complex)
    for letter in letters:
        out = np.kron(FACTORS[LETTERS[letter]], out)
    return out


def split_gate(matrix: Array) -> tuple[Clifford | Rotation, ...]:
    """Return a gate as Cliffords and rotations in the order of time, up to its phase.

    Args:
        matrix: unitary on one or two qubits, the first least significant.

    Cost: some hundred microseconds; once for equal matrices.
    """
    matrix = np.ascontiguousarray(matrix, complex)
    return _split(matrix.tobytes(), len(matrix))


@lru_cache(maxsize=4096)
def _split(data: bytes, size: int) -> tuple[Clifford | Rotation, ...]:
    matrix = np.frombuffer(data, complex).reshape(size, size)
    qubits = size.bit_length() - 1
    images = _images(matrix, qubits)
    if images is not None:
        return (Clifford(images),)
    found = _commuting(matrix, qubits)
    if found is not None:
        return found
    return _one_qubit(matrix) if qubits == 1 else _two_qubits(matrix)


@lru_cache(maxsize=2)
def _strings(qubits: int) -> tuple[list[tuple[int, ...]], Array]:
    """Return all strings on one or two qubits, and their matrices over 2^qubits as rows."""
    letters = list(product(range(4), repeat=qubits))
    return letters, np.array([local_string(one).conj().ravel() for one in letters]) / 2**qubits


@lru_cache(maxsize=2)
def _generators(qubits: int) -> Array:
    """Return the matrices of X and Z of every qubit."""
    bare = (0,) * qubits
    strings = [(*bare[:q], letter, *bare[q + 1 :]) for q in range(qubits) for letter in (1, 2)]
    return np.array([local_string(letters) for letters in strings])


def _images(matrix: Array, qubits: int) -> tuple[tuple[int, int, int], ...] | None:
    """Return what a Clifford makes of the generators, or None if it is none."""
    letters, rows = _strings(qubits)
    turned = matrix.conj().T @ _generators(qubits) @ matrix
    weights = (turned.reshape(2 * qubits, -1) @ rows.T).real
    places = np.abs(weights).argmax(axis=1)
    found = weights[np.arange(2 * qubits), places]
    # The other strings are to vanish: cos θ of the found one is 1 to rounding for θ up to 1e-8.
    weights[np.arange(2 * qubits), places] = 0.0
    if (np.abs(weights) > NONE).any():
        return None
    out = []
    for place, weight in zip(places, found, strict=True):
        x = sum((code & 1) << q for q, code in enumerate(letters[place]))
        z = sum((code >> 1) << q for q, code in enumerate(letters[place]))
        out.append((x, z, int(weight < 0)))
    return tuple(out)


def _turns(parts: tuple[Clifford | Rotation, ...]) -> float:
    """Return how much a sum grows by some parts: rotations, and of equally many the smaller."""
    angles = [part.angle for part in parts if isinstance(part, Rotation)]
    rests = [abs(angle - quarters(angle) * np.pi / 2) for angle in angles]
    return sum(rest > NONE for rest in rests) + 1e-3 * sum(rests)


def quarters(angle: float) -> int:
    """Return the whole quarter turns of an angle, in rad."""
    return round(angle / (np.pi / 2))


def _commuting(matrix: Array, qubits: int) -> tuple[Clifford | Rotation, ...] | None:
    """Return one rotation per string of a logarithm, if there is one whose strings commute."""
    letters, rows = _strings(qubits)
    triangle, vectors = schur(matrix, output="complex")
    phases = np.angle(np.diag(triangle))
    best: tuple[Clifford | Rotation, ...] | None = None
    for first in phases:
        turned = np.angle(np.exp(1j * (phases - first)))
        turned[np.abs(turned + np.pi) < 1e-9] += 2 * np.pi
        weights = (rows @ ((vectors * turned) @ vectors.conj().T).ravel()).real[1:]
        places = np.flatnonzero(np.abs(weights) > NONE)
        found = [letters[1 + place] for place in places]
        if len(found) < 2**qubits and all(_commute(a, b) for a in found for b in found):
            angles = -2.0 * weights[places]
            parts = tuple(Rotation(*pair) for pair in zip(found, angles.tolist(), strict=True))
            if best is None or _turns(parts) < _turns(best):
                best = parts
    return best


def _commute(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    clashes = sum(a != b and a != 0 and b != 0 for a, b in zip(one, other, strict=True))
    return clashes % 2 == 0


def _one_qubit(matrix: Array) -> tuple[Clifford | Rotation, ...]:
    """Return three rotations, about the axes that leave the fewest; see 3 above."""
    return min((_euler(matrix, cycle) for cycle in range(3)), key=_turns)


def _euler(matrix: Array, cycle: int) -> tuple[Clifford | Rotation, ...]:
    """Return rotations about the axes Z, Y, Z, or the same with X → Y → Z → X taken `cycle` times.

    From the matrix [[c e^{-i(α+γ)/2}, ·], [s e^{i(α-γ)/2}, ·]] of Rz(α) Ry(β) Rz(γ).
    """
    letters = {1: 1, 3: 3, 2: 2}
    for _ in range(cycle):
        around = np.array([[1, -1j], [1, 1j]]) / np.sqrt(2)  # takes X to Y, Y to Z, Z to X
        matrix = around @ matrix @ around.conj().T
        letters = {key: {1: 2, 2: 3, 3: 1}[letter] for key, letter in letters.items()}
    matrix = matrix / np.sqrt(np.linalg.det(matrix))
    low, high = matrix[1, 0], matrix[0, 0]
    beta = 2.0 * np.arctan2(abs(low), abs(high))
    of_low = float(np.angle(low)) if abs(low) > NONE else 0.0
    of_high = float(np.angle(high)) if abs(high) > NONE else 0.0
    parts = [((letters[2],), -of_high - of_low), ((letters[3],), beta),
             ((letters[2],), of_low - of_high)]  # fmt: skip
    return tuple(Rotation(letter, float(angle)) for letter, angle in parts)


def _two_qubits(matrix: Array) -> tuple[Clifford | Rotation, ...]:
    """Return the canonical decomposition: see 4 above."""
    if np.linalg.svd(_side_by_side(matrix), compute_uv=False)[1] < NONE:
        return tuple(_locals(matrix))
    inside = _MAGIC.conj().T @ (matrix / np.linalg.det(matrix) ** 0.25) @ _MAGIC
    square = inside.T @ inside
    basis = _common_basis(square)
    if np.linalg.det(basis) < 0:
        basis[:, 0] *= -1
    phases = np.angle(np.einsum("ai,ab,bi->i", basis, square, basis)) / 2.0
    after = inside @ basis @ np.diag(np.exp(-1j * phases))
    if np.linalg.det(after.real) < 0:
        phases[0] += np.pi
        after[:, 0] *= -1
    middle = (_MAGIC * phases) @ _MAGIC.conj().T
    out: list[Clifford | Rotation] = _locals(_MAGIC @ basis.T @ _MAGIC.conj().T)
    for letter in (1, 3, 2):
        weight = np.trace(local_string((letter, letter)) @ middle).real / 4.0
        out.append(Rotation((letter, letter), -2.0 * weight))
    return (*out, *_locals(_MAGIC @ after.real @ _MAGIC.conj().T))


def _common_basis(square: Array) -> Array:
    """Return orthonormal eigenvectors of the real and the imaginary part of a symmetric unitary.

    Those of cos t Re + sin t Im are common ones unless two phases x and x' have x + x' = 2t, which
    any of the six pairs has for one t at most: of seven t the best is taken.
    """
    best, least = np.eye(4), np.inf
    for t in MIXTURES:
        basis = np.linalg.eigh(np.cos(t) * square.real + np.sin(t) * square.imag)[1]
        turned = basis.T @ square @ basis
        rest = float(np.abs(turned - np.diag(np.diag(turned))).max())
        if rest < least:
            best, least = basis, rest
        if least <= NONE:
            break
    return best


def _locals(pair: Array) -> list[Clifford | Rotation]:
    """Return the two gates of a product, as parts on two qubits."""
    left, values, right = np.linalg.svd(_side_by_side(pair))
    out: list[Clifford | Rotation] = []
    for place, factor in ((1, left[:, 0]), (0, right[0])):
        gate = np.ascontiguousarray(np.sqrt(values[0]) * factor.reshape(2, 2))
        out += [_widened(part, place) for part in _split(gate.tobytes(), 2)]
    return out


def _side_by_side(pair: Array) -> Array:
    """Return a matrix on two qubits with the indices of each qubit together: of products rank 1."""
    return pair.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)


def _widened(part: Clifford | Rotation, place: int) -> Clifford | Rotation:
    """Return a part on one qubit as one on the first or second of two."""
    if isinstance(part, Rotation):
        letter = part.letters[0]
        return Rotation((letter, 0) if place == 0 else (0, letter), part.angle)
    own = [(x << place, z << place, sign) for x, z, sign in part.images]
    other = 1 - place
    rest = [(1 << other, 0, 0), (0, 1 << other, 0)]
    return Clifford(tuple(own + rest if place == 0 else rest + own))
