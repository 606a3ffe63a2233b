r"""Circuits whose qubits are modes of fermions on chains, read from their gates.

Jordan and Wigner map a gate on two neighbours of a chain that conserves the number of ones,

.. math:: G = 1 \oplus U \oplus e^{iw} \det U ,

to the one-body unitary U and a coupling :math:`e^{i w n_a n_b}`; diagonal gates on any two qubits
are couplings with phases. A circuit of such gates from a basis state is one of free fermions on
each chain (a path of the qubits that hops join) if its couplings lie between different chains and
are left out. Time-dependent Hartree keeps of a coupling what each chain feels of the other's
density, the phases :math:`w \langle n_b\rangle` on a and :math:`w \langle n_a\rangle` on b.

Reference: Terhal and DiVincenzo, Phys. Rev. A 65, 032325 (2002), for gates that are free fermions;
Negele, Rev. Mod. Phys. 54, 913 (1982), for the mean field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn.errors import ArgumentError
from qtn.states.kernels.circuit import fuse_gates

UNSEEN = 1e-9  # entries of gates below it are rounding
_TURNED = [0, 2, 1, 3]  # the order of levels where the two sites change places
Gate = tuple[tuple[int, ...], np.ndarray]


@dataclass(frozen=True, slots=True)
class Chain:
    """One species: what its modes do in the circuit, its couplings replaced by mean fields.

    Args:
        qubits: of the path, in its order.
        occupied: for every qubit whether it begins in |1⟩.
        total: the one-body unitary (L, L).
        bonds: the angle by which hops turn every bond in all.
    """

    qubits: tuple[int, ...]
    occupied: np.ndarray
    total: np.ndarray
    bonds: np.ndarray


@dataclass(frozen=True, slots=True)
class Couplings:
    """The couplings of a circuit in time order.

    Args:
        pairs: qubits a < b of every coupling exp(i w n_a n_b).
        weights: w of every coupling.
        rows: per coupling the rows of a and b of their chains' unitaries up to then.
    """

    pairs: tuple[tuple[int, int], ...]
    weights: np.ndarray
    rows: tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True, slots=True)
class Species:
    """A circuit as chains of fermions with couplings between them."""

    n: int
    chains: tuple[Chain, ...]
    couplings: Couplings

    def place(self, qubit: int) -> tuple[int, int]:
        """Return the number of the chain of a qubit and the place in it."""
        for number, chain in enumerate(self.chains):
            if qubit in chain.qubits:
                return number, chain.qubits.index(qubit)
        raise KeyError(qubit)


def read_species(n: int, gates: Sequence[Gate]) -> Species:
    """Read gates on one and two qubits, in time order from |0…0⟩, as chains of fermions.

    Args:
        n: number of qubits.
        gates: pairs (sites, matrix), the first site most significant.

    Raises:
        ArgumentError: the start is no basis state, a gate does not conserve the number of ones,
            hops form no paths, or a coupling lies within a chain.

    Cost: O(L) per gate for chains of L qubits.
    """
    occupied, later = _start(n, gates)
    parts = [(sites, *_split(sites, matrix)) for sites, matrix in later]
    joined = {frozenset(sites) for sites, u, _ in parts if abs(u[0, 1]) > UNSEEN}
    paths = _paths(n, joined)
    place = {q: (k, i) for k, path in enumerate(paths) for i, q in enumerate(path)}
    unitaries = [np.eye(len(path), dtype=complex) for path in paths]
    full = [np.array([occupied[q] for q in path]) for path in paths]
    bonds = [np.zeros(max(len(path) - 1, 0)) for path in paths]
    pairs, weights, rows = [], [], []
    for sites, u, w in parts:
        a, b = sites
        (k, i), (m, j) = place[a], place[b]
        if k == m and abs(i - j) == 1:
            unitaries[k][[i, j]] = u @ unitaries[k][[i, j]]
            angle = np.arctan2(abs(u[0, 1]), abs(u[0, 0]))
            bonds[k][min(i, j)] += angle * np.sign(u[0, 1].imag)
        else:
            unitaries[k][i] *= u[0, 0]
            unitaries[m][j] *= u[1, 1]
        if abs(w) <= UNSEEN:
            continue
        if k == m:
            raise ArgumentError(
                f"The qubits {a} and {b} are coupled within one chain of hops: the circuit is none "
                "of free fermions with couplings between chains."
            )
        pairs.append((a, b))
        weights.append(w)
        rows.append((unitaries[k][i].copy(), unitaries[m][j].copy()))
        here, there = (np.sum(np.abs(r[full[c]]) ** 2) for c, r in zip((k, m), rows[-1]))
        unitaries[k][i] *= np.exp(1j * w * there)
        unitaries[m][j] *= np.exp(1j * w * here)
    chains = tuple(map(Chain, paths, full, unitaries, bonds))
    return Species(n, chains, Couplings(tuple(pairs), np.array(weights), tuple(rows)))


def _start(n: int, gates: Sequence[Gate]) -> tuple[np.ndarray, list[Gate]]:
    """Return which qubits begin in |1⟩, and the gates from the first on two qubits on, fused."""
    vectors = np.tile(np.array([1.0, 0.0], complex), (n, 1))
    later: list[Gate] = []
    begun: set[int] = set()
    for sites, matrix in gates:
        if len(sites) == 1 and sites[0] not in begun:
            vectors[sites[0]] = matrix @ vectors[sites[0]]
            continue
        begun |= set(sites)
        if len(sites) == 2 and sites[0] > sites[1]:
            sites, matrix = sites[::-1], matrix[_TURNED][:, _TURNED]
        later.append((sites, matrix))
    if np.any(np.abs(vectors).min(axis=1) > UNSEEN):
        raise ArgumentError("The circuit does not begin in a basis state of its qubits.")
    return np.abs(vectors[:, 1]) > 0.5, fuse_gates(later, 2)[1]


def _split(sites: tuple[int, ...], matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the one-body unitary of a gate in the order of its sites, and its coupling w."""
    rest = np.array(matrix, complex)
    rest[0, 0] = rest[3, 3] = 0.0
    rest[1:3, 1:3] = 0.0
    if np.abs(rest).max() > UNSEEN:
        raise ArgumentError(
            f"A gate on the qubits {sites[0]} and {sites[1]} does not conserve the number of ones."
        )
    inner = matrix[1:3, 1:3][::-1, ::-1] / matrix[0, 0]
    w = float(np.angle(matrix[3, 3] / matrix[0, 0] / np.linalg.det(inner)))
    return inner, w


def _paths(n: int, joined: set[frozenset[int]]) -> list[tuple[int, ...]]:
    """Return the qubits in paths of hops, each from its end of the lower number.

    Raises:
        ArgumentError: a qubit hops to more than two others, or a ring.
    """
    near: list[list[int]] = [[] for _ in range(n)]
    for pair in joined:
        a, b = sorted(pair)
        near[a].append(b)
        near[b].append(a)
    found: list[tuple[int, ...]] = []
    seen: set[int] = set()
    for end in range(n):
        if end in seen or len(near[end]) > 1:
            continue
        path = [end]
        while steps := [q for q in near[path[-1]] if q not in path[-2:]]:
            path.append(steps[0])
            if len(near[path[-1]]) > 2:
                break
        found.append(tuple(path))
        seen |= set(path)
    if len(seen) < n or any(len(one) > 2 for one in near):
        raise ArgumentError("The hops of the circuit do not join its qubits to paths.")
    return found
