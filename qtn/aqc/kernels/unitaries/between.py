r"""Layered kernel for operators: the circuit as matrix product operators between its layers.

The first layers on the identity, :math:`F_l = V_l \cdots V_1`, and the inverse of the last ones on
the target, :math:`B_l = V_{l+1}^\dagger \cdots V_D^\dagger U`, give
:math:`\mathrm{Tr}(U^\dagger V) = \mathrm{Tr}(B_l^\dagger V_l F_{l-1})` for every layer, and the
environments of its gates by one pass to the left and one to the right. Operators are chains of
dimension four per site (index 2 out + in) whose gates act on outputs; a truncation keeps the
eigenvectors of largest weight of the density matrix of a block.

Cost: O(n D (4χ)³), for circuits too deep for the transverse kernel.
"""

from __future__ import annotations

import math

import numpy as np

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states.kernels.gauge import split_left, split_right
from qtn.states.kernels.overlap import log_overlap
from qtn.states.kernels.truncate import kept_rank
from qtn.states.schmidt import SchmidtForm

Chain = list[np.ndarray]
LEAST = 1e-15  # relative weight that eigenvalues cannot tell from rounding


class BetweenKernel:
    """Overlap Tr(U†V)/2ⁿ and environments of layers of disjoint gates.

    Args:
        target: the operator as a chain of dimension four per site (index 2 out + in), norm 1.
        ansatz: layers of gates that share no site.
        cut: relative weight that one truncation may drop; may be changed at any time.
    """

    def __init__(self, target: SchmidtForm, ansatz: Ansatz, cut: float = 1e-6) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self._target = target

    @property
    def products(self) -> float | None:
        """Not counted: bonds come out while it runs."""
        return None

    def overlap(self, gates: np.ndarray) -> complex:
        """Return f alone, at the cost of all environments."""
        return self.evaluate(gates)[0]

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        matrices = joined(gates)
        layers = list(zip(self.ansatz.layers, self.ansatz.slices, strict=True))
        cut = max(self.cut, LEAST)
        forward = [[np.eye(2, dtype=complex).reshape(1, 4, 1) * math.sqrt(0.5)] * self.ansatz.n]
        for layer, part in layers[:-1]:
            pairs = dict(zip(layer.bonds, matrices[part], strict=True))
            forward.append(applied(forward[-1], pairs, cut))
        goal = self._target.sliced(cut)
        goal[0] = goal[0] / math.exp(0.5 * log_overlap(goal, goal)[1])
        back, found = _swept_left([t.astype(complex) for t in goal]), np.empty_like(matrices)
        overlap = 0j
        for k in range(len(layers) - 1, -1, -1):
            layer, part = layers[k]
            pairs = dict(zip(layer.bonds, matrices[part], strict=True))
            overlap, here = environments(back, forward[k], pairs)
            found[part] = here
            if k:
                undo = {bond: gate.conj().T for bond, gate in pairs.items()}
                back = applied(back, undo, cut)
        return overlap, parted(found)


def _swept_left(chain: Chain) -> Chain:
    """Return the chain with its centre moved to site 0."""
    out = list(chain)
    for k in range(len(out) - 1, 0, -1):
        rest, out[k] = split_right(out[k])
        out[k - 1] = np.tensordot(out[k - 1], rest, 1)
    return out


def applied(chain: Chain, gates: dict[int, np.ndarray], cut: float) -> Chain:
    """Return the chain, centre at site 0, after gates on the outputs; centre at site 0 again.

    The way to the right applies the gates and truncates nothing but zeros, the way back truncates,
    so that each truncation is the best one for the whole layer.
    """
    out = list(chain)
    for k in range(len(out) - 1):
        here, there = out[k], out[k + 1]
        if k in gates:
            here, there = _gated(here, there, gates[k])
        here, rest = split_left(here)
        out[k], out[k + 1] = here, np.tensordot(rest, there, 1)
    for k in range(len(out) - 1, 0, -1):
        left, phys, right = out[k].shape
        flat = out[k].reshape(left, phys * right)
        values, vectors = np.linalg.eigh(flat @ flat.conj().T)
        weights = np.maximum(values[::-1], 0.0)
        keep = kept_rank(weights, None, cut)[0]
        basis = vectors[:, : -keep - 1 : -1]
        tensor = basis.conj().T @ flat
        rest, out[k] = split_right(tensor.reshape(keep, phys, right))
        out[k - 1] = np.tensordot(out[k - 1], basis @ rest, 1)
    out[0] = out[0] / np.linalg.norm(out[0])
    return out


def _gated(here: np.ndarray, there: np.ndarray, gate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put a gate on the outputs of two tensors as a sum of products, bonds multiplied."""
    legs = gate.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    u, s, vh = np.linalg.svd(legs)
    rank = int(np.count_nonzero(s > 1e-14 * s[0]))
    first = (u[:, :rank] * s[:rank]).reshape(2, 2, rank)
    second = vh[:rank].reshape(rank, 2, 2)
    a, b = here.reshape(len(here), 2, 2, -1), there.reshape(len(there), 2, 2, -1)
    left = np.einsum("xyk,ayic->axikc", first, a, optimize=True)
    right = np.einsum("kxy,cyib->kcxib", second, b, optimize=True)
    return left.reshape(len(here), 4, -1), right.reshape(-1, 4, there.shape[2])


def environments(
    bra: Chain, ket: Chain, gates: dict[int, np.ndarray]
) -> tuple[complex, np.ndarray]:
    """Return Tr(bra† layer ket) and the environments of the layer's gates by their bonds."""
    n = len(bra)
    bras = [t.conj().reshape(len(t), 2, 2, -1) for t in bra]
    kets = [t.reshape(len(t), 2, 2, -1) for t in ket]
    rights: list[np.ndarray] = [np.ones((1, 1))] * (n + 1)
    site = n - 1
    while site >= 0:
        if site - 1 in gates:
            rights[site - 1] = _pair_right(bras, kets, site - 1, gates[site - 1], rights[site + 1])
            site -= 2
        else:
            half = np.tensordot(kets[site], rights[site + 1], ((3,), (1,)))
            rights[site] = np.tensordot(bras[site], half, ((1, 2, 3), (1, 2, 3)))
            site -= 1
    found, carry, site, overlap = [], np.ones((1, 1)), 0, 0j
    while site < n:
        half = np.tensordot(carry, kets[site], ((1,), (0,)))  # bra, out, in, ket
        if site in gates:
            block = np.tensordot(bras[site], half, ((0, 2), (0, 2)))  # o, bra, o', ket
            tail = np.tensordot(kets[site + 1], rights[site + 2], ((3,), (1,)))
            tail = np.tensordot(bras[site + 1], tail, ((2, 3), (2, 3)))  # bra, p, ket, p'
            whole = np.tensordot(block, tail, ((1, 3), (0, 2)))  # o, o', p, p'
            found.append(whole.transpose(0, 2, 1, 3).reshape(4, 4))
            overlap = complex(np.sum(found[-1] * gates[site]))
            turned = np.tensordot(gates[site].reshape(2, 2, 2, 2), block, ((0, 2), (0, 2)))
            second = np.tensordot(turned, kets[site + 1], ((1, 3), (1, 0)))  # p, bra, in, ket
            carry = np.tensordot(bras[site + 1], second, ((1, 0, 2), (0, 1, 2)))
            site += 2
        else:
            carry = np.tensordot(bras[site], half, ((0, 1, 2), (0, 1, 2)))
            site += 1
    return overlap if gates else complex(carry[0, 0]), np.array(found).reshape(-1, 4, 4)


def _pair_right(
    bras: Chain, kets: Chain, site: int, gate: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Return what two sites with their gate make of the environment from the right."""
    tail = np.tensordot(kets[site + 1], right, ((3,), (1,)))
    tail = np.tensordot(bras[site + 1], tail, ((2, 3), (2, 3)))  # bra, p, ket, p'
    legs = gate.reshape(2, 2, 2, 2)  # o, p, o', p'
    tail = np.tensordot(legs, tail, ((1, 3), (1, 3)))  # o, o', bra, ket
    half = np.tensordot(kets[site], tail, ((1, 3), (1, 3)))  # ket, in, o, bra
    return np.tensordot(bras[site], half, ((1, 2, 3), (2, 1, 3)))
