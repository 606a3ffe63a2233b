"""States that textbooks name: GHZ, W, cluster and AKLT states, bars and stripes.

Chains are written down tensor by tensor, exactly; what a tree of few bonds holds too is written as
one where that is asked for, since its circuit is then logarithmic in depth.
"""

from __future__ import annotations

import numpy as np

from qtn.states import MPS, TTN
from qtn.states.node_pairs import balanced


def ghz(qubits: int, tree: bool) -> MPS | TTN:
    """Return (|0…0⟩ + |1…1⟩)/√2."""
    if tree:
        return _tree(qubits, np.einsum("lr,lu->lru", np.eye(2), np.eye(2)), np.ones(2))
    copy = np.einsum("lp,pr->lpr", np.eye(2), np.eye(2))
    return _chain(qubits, copy, np.ones(2), np.ones(2))


def w(qubits: int, tree: bool) -> MPS | TTN:
    """Return the sum of all basis states with a single 1, over √n."""
    # The bond counts the 1s on one side: 0 or 1.
    if tree:
        node = np.zeros((2, 2, 2))
        node[0, 0, 0] = node[0, 1, 1] = node[1, 0, 1] = 1.0
        return _tree(qubits, node, np.array([0.0, 1.0]))
    site = np.zeros((2, 2, 2))
    site[0, 0, 0] = site[0, 1, 1] = site[1, 0, 1] = 1.0
    return _chain(qubits, site, np.array([1.0, 0.0]), np.array([0.0, 1.0]))


def cluster(qubits: int) -> MPS:
    """Return the linear cluster state, ∏ CZ(i, i+1) |+…+⟩."""
    site = np.einsum("lp,pr->lpr", np.array([[1.0, 1.0], [1.0, -1.0]]), np.eye(2))
    return _chain(qubits, site, np.array([1.0, 0.0]), np.ones(2))


def aklt(spins: int) -> MPS:
    """Return the AKLT state of spins 1 between two spins 1/2, on 2 · spins + 2 qubits.

    Singlets join neighbours, the spins 1/2 at the ends included; the two spins 1/2 that meet in one
    place are made symmetric, and the pair of qubits is a spin 1. It is the only ground state of
    the AKLT Hamiltonian with couplings to the ends.

    Reference: Affleck, Kennedy, Lieb and Tasaki, Phys. Rev. Lett. 59, 799 (1987).
    """
    symmetric = 0.5 * (np.eye(4) + np.eye(4)[[0, 2, 1, 3]])
    singlet = np.array([[0.0, 1.0], [-1.0, 0.0]])
    spin = np.einsum("stlb,br->lstr", symmetric.reshape(2, 2, 2, 2), singlet)
    u, s, vh = np.linalg.svd(spin.reshape(4, 4), full_matrices=False)
    halves = [u.reshape(2, 2, 4), (s[:, None] * vh).reshape(4, 2, 2)]
    keep = int(np.count_nonzero(s > 1e-12))  # the antisymmetric part is gone
    halves = [halves[0][..., :keep], halves[1][:keep]]
    return MPS((singlet[None], *halves * spins, np.eye(2)[..., None])).normalised()


def bars_and_stripes(rows: int, columns: int) -> np.ndarray:
    """Return all images of which every row, or every column, has one colour, as rows of bits.

    Shape (2^rows + 2^columns - 2, rows · columns).

    Example:
        >>> bars_and_stripes(2, 2).shape
        (6, 4)
    """
    high, wide = (np.array(list(np.ndindex(*(2,) * side))) for side in (rows, columns))
    images = np.vstack([high.repeat(columns, axis=1), np.tile(wide, (1, rows))])
    return np.unique(images, axis=0)


def _chain(n: int, site: np.ndarray, left: np.ndarray, right: np.ndarray) -> MPS:
    """Return n equal sites between two vectors, normalised."""
    first, last = np.tensordot(left, site, 1)[None], np.tensordot(site, right, 1)[..., None]
    return MPS((first, *[site] * (n - 2), last)).normalised()


def _tree(n: int, node: np.ndarray, root: np.ndarray) -> TTN:
    """Return equal nodes below a root that is closed by a vector, normalised."""
    top = np.tensordot(node, root, 1)[..., None]
    return TTN((*[node] * (n - 2), top), balanced(n)).normalised()
