"""Exact values of free-fermion circuits: covariance of the Majorana operators and Pfaffians.

Jordan-Wigner: γ_{2j} = Z_0 … Z_{j-1} X_j, γ_{2j+1} = Z_0 … Z_{j-1} Y_j, so every Pauli word is a
product of Majorana operators up to a phase. A gate that maps them linearly (XX, YY, XY, Z
rotations of neighbours, X flips) turns the covariance ⟨γ_a γ_b⟩ = i Γ_ab (a ≠ b), and a value is a
Pfaffian by Wick's theorem. Plain numpy, imports nothing of the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from oracles import PAULI

PAIR = [np.kron(PAULI[a], PAULI[b]) for a, b in ("IX", "IY", "XZ", "YZ")]  # qubit 0 last


def rotation(gate: np.ndarray) -> np.ndarray:
    """R with U† γ_a U = Σ_b R_ab γ_b for a gate on one qubit or on two neighbours."""
    basis = [PAULI["X"], PAULI["Y"]] if len(gate) == 2 else PAIR
    return np.array(
        [[np.trace(b @ gate.conj().T @ a @ gate).real / len(gate) for b in basis] for a in basis]
    )


def covariance(n: int, gates: Sequence[tuple[tuple[int, ...], np.ndarray]]) -> np.ndarray:
    """Γ after gates (qubits, matrix), first qubit least significant, on |0…0⟩."""
    gamma = np.zeros((2 * n, 2 * n))
    gamma[0::2, 1::2], gamma[1::2, 0::2] = np.eye(n), -np.eye(n)
    for qubits, gate in gates:
        low = min(qubits)
        if len(qubits) == 2 and qubits[0] > qubits[1]:
            gate = gate[np.ix_([0, 2, 1, 3], [0, 2, 1, 3])]
        turn = rotation(gate)
        assert np.allclose(turn @ turn.T, np.eye(len(turn)), atol=1e-9), "not a free-fermion gate"
        place = slice(2 * low, 2 * low + len(turn))
        gamma[place] = turn @ gamma[place]
        gamma[:, place] = gamma[:, place] @ turn.T
        if len(qubits) == 1 and np.linalg.det(turn) < 0:  # flips the strings that pass it
            gamma[2 * low + 2 :] *= -1
            gamma[:, 2 * low + 2 :] *= -1
    return gamma


def pfaffian(matrix: np.ndarray) -> float:
    """Pfaffian of a real antisymmetric matrix by elimination with pivots."""
    a, n, out = matrix.copy(), len(matrix), 1.0
    for k in range(0, n - 1, 2):
        pivot = k + 1 + int(np.argmax(np.abs(a[k + 1 :, k])))
        if pivot != k + 1:
            a[[k + 1, pivot]] = a[[pivot, k + 1]]
            a[:, [k + 1, pivot]] = a[:, [pivot, k + 1]]
            out = -out
        if a[k, k + 1] == 0.0:
            return 0.0
        out *= a[k, k + 1]
        row = a[k, k + 2 :] / a[k, k + 1]
        column = a[k + 2 :, k + 1]
        a[k + 2 :, k + 2 :] += np.outer(row, column) - np.outer(column, row)
    return float(out)


def pauli_value(gamma: np.ndarray, word: Mapping[int, str]) -> float:
    """⟨P⟩ of the Pauli word {site: letter}."""
    phase, factors = 1.0 + 0j, []
    for site, letter in sorted(word.items()):
        below = range(2 * site) if letter != "Z" else ()
        factors += [*below, *((2 * site, 2 * site + 1) if letter == "Z" else ())]
        phase *= (-1j) ** (len(below) // 2 + (letter == "Z"))
        if letter != "Z":
            factors.append(2 * site + (letter == "Y"))
    ordered: list[int] = []
    for factor in factors:
        place = len(ordered)
        while place and ordered[place - 1] > factor:
            place -= 1
        phase *= (-1) ** (len(ordered) - place)
        if place and ordered[place - 1] == factor:
            ordered.pop(place - 1)  # γ² = 1
        else:
            ordered.insert(place, factor)
    if len(ordered) % 2:
        return 0.0
    value = phase * 1j ** (len(ordered) // 2) * pfaffian(gamma[np.ix_(ordered, ordered)])
    return float(value.real)


def pauli_label(n: int, word: Mapping[int, str]) -> str:
    """Label as Qiskit prints it."""
    return "".join(word.get(k, "I") for k in reversed(range(n)))
