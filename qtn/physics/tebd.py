"""Time-evolving block decimation: layers of two-site gates on a right-canonical MPS.

The state is kept as right-canonical tensors B_i together with the Schmidt values lambda_b of every
bond. For a gate G on sites (i, i+1) (Hastings' form, which never divides by a Schmidt value)::

    theta = G B_i B_{i+1}           psi = lambda_{i} theta
    psi+ psi = V diag(w) V+         (w = squared Schmidt values; V from the Gram matrix)
    B_{i+1} <- V+                   B_i <- theta V

so one gate costs two matrix products and one Hermitian eigenproblem of size 2 chi. If the gates and
the state conserve the total Z, every bond index carries a charge, and theta, the Gram matrix and
its eigenproblem fall into blocks: the arrays stay dense, the loops visit only the blocks.

Reference: M. B. Hastings, J. Math. Phys. 50, 095207 (2009); G. Vidal, PRL 93, 040502 (2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics import tebd_kernels as kernels

__all__ = ["Chain", "apply_layer", "bond_charges", "canonicalise", "gate_table", "open_chain"]

Tensor = NDArray[Any]
LEFT_OUT = 1e-12
"""Relative norm that may lie outside the charges of a state that is called sharp."""


@dataclass(slots=True)
class Chain:
    """A right-canonical state in the middle of an evolution (mutable work space).

    `data[i]` holds tensor i, shape (dims[i], 2, dims[i+1]), at the start of a row of fixed length;
    `weights[b]` the Schmidt values of the bond left of site b; `labels[b]` the charge of each index
    of that bond, in steps of `unit` per excited site (all zero, with unit 0, if nothing is
    conserved); `discarded[b]` the squared weight thrown away so far between sites b and b+1.
    """

    data: Tensor
    weights: NDArray[np.float64]
    labels: NDArray[np.int64]
    dims: NDArray[np.int64]
    unit: int
    discarded: NDArray[np.float64]

    @property
    def n(self) -> int:
        return len(self.data)

    @property
    def room(self) -> int:
        """Largest bond dimension that fits without growing."""
        return int(self.weights.shape[1])

    @property
    def max_bond(self) -> int:
        return int(self.dims.max())

    def tensor(self, site: int) -> Tensor:
        """Return tensor `site` (a view)."""
        left, right = self.dims[site], self.dims[site + 1]
        view: Tensor = self.data[site, : left * 2 * right].reshape(left, 2, right)
        return view

    def arrays(self) -> list[Tensor]:
        """Return copies of the tensors."""
        return [self.tensor(site).copy() for site in range(self.n)]

    def copy(self) -> Chain:
        """Return an independent copy."""
        return Chain(
            self.data.copy(),
            self.weights.copy(),
            self.labels.copy(),
            self.dims.copy(),
            self.unit,
            self.discarded.copy(),
        )

    def grow(self, room: int) -> None:
        """Make room for bonds up to `room` (in place)."""
        old = self.room
        data = np.zeros((self.n, 2 * room * room), dtype=self.data.dtype)
        weights = np.zeros((self.n + 1, room))
        labels = np.zeros((self.n + 1, room), np.int64)
        data[:, : self.data.shape[1]] = self.data
        weights[:, :old], labels[:, :old] = self.weights, self.labels
        self.data, self.weights, self.labels = data, weights, labels


def open_chain(tensors: Sequence[Tensor], conserve: bool) -> Chain:
    """Bring an MPS into the right-canonical form with Schmidt values and charges.

    Args:
        tensors: arrays (left, 2, right), outer bonds 1, not all zero.
        conserve: look for a charge label of every bond index (total Z).

    Returns:
        The normalised chain, ready for `apply_layer`.
    """
    arrays = [np.asarray(t, dtype=complex) for t in tensors]
    found = bond_charges(arrays) if conserve else None
    found = found if found and _left_out(arrays, found) <= LEFT_OUT else None
    labels = found or [np.zeros(d, np.int64) for d in [*(a.shape[0] for a in arrays), 1]]
    arrays, labels = _left_canonical(arrays, labels, int(found is not None))
    dims = np.array([1, *(a.shape[2] for a in arrays)], np.int64)
    n, room = len(arrays), max(8, int(dims.max()))
    state = Chain(
        np.zeros((n, 2 * room * room), dtype=complex),
        np.ones((n + 1, room)),
        np.zeros((n + 1, room), np.int64),
        dims,
        int(found is not None),
        np.zeros(n - 1),
    )
    for site, array in enumerate(arrays):
        state.data[site, : array.size] = array.reshape(-1)
    for bond, label in enumerate(labels):
        state.labels[bond, : len(label)] = label
    canonicalise(state)
    return state


def bond_charges(tensors: Sequence[Tensor]) -> list[NDArray[np.int64]] | None:
    """Return the number of ones left of every bond, per bond index, or None if it is not sharp."""
    labels = [np.zeros(1, np.int64)]
    for tensor in tensors:
        size = np.abs(tensor)
        filled = size > 1e-15 * max(float(size.max()), 1e-300)
        total = (labels[-1][:, None] + np.arange(2)[None, :])[:, :, None]
        high = np.where(filled, total, -1).max(axis=(0, 1))
        low = np.where(filled, total, np.iinfo(np.int64).max).min(axis=(0, 1))
        if (high != low).any():
            return None
        labels.append(high.astype(np.int64))
    return labels


def _left_out(tensors: Sequence[Tensor], labels: Sequence[NDArray[np.int64]]) -> float:
    """Bound the part of a state that lies outside the charges found for its bonds.

    With T the tensors and M those without the entries outside the blocks, T - M telescopes into
    the states M … M (T_k - M_k) T … T, whose norms add up. A small entry may carry much of a state
    whose bonds are badly scaled, so that the size of entries alone proves nothing.

    Returns: relative norm, 0 if every entry left out is 0. Cost: O(n chi^3).
    """
    tensors = [t / max(float(np.abs(t).max()), 1e-300) for t in tensors]
    inside = [
        np.where((a[:, None] + np.arange(2))[:, :, None] == b, t, 0.0)
        for t, a, b in zip(tensors, labels, labels[1:], strict=False)
    ]
    if all((t == m).all() for t, m in zip(tensors, inside, strict=True)):
        return 0.0
    behind, logs = _environments(tensors)
    total, front, level = 0.0, np.ones((1, 1)), 0.0
    for k, (t, m) in enumerate(zip(tensors, inside, strict=True)):
        rest = t - m
        turned = np.tensordot(front, np.tensordot(rest, behind[k + 1], 1), 1)
        weight = max(0.0, float(np.vdot(rest, turned).real))
        if weight > 0.0:
            total += float(np.exp((np.log(weight) + level + logs[k + 1] - logs[0]) / 2.0))
        front = np.tensordot(m.conj(), np.tensordot(front, m, 1), ((0, 1), (0, 1)))
        size = float(np.abs(front).max())
        if size == 0.0:
            return 1.0
        front, level = front / size, level + float(np.log(size))
    return total


def _environments(tensors: Sequence[Tensor]) -> tuple[list[Tensor], list[float]]:
    """Return the environments of the norm right of every bond, scaled, and the logs of scales."""
    behind, logs = [np.ones((1, 1))], [0.0]
    for t in reversed(tensors):
        moved = np.tensordot(np.tensordot(t, behind[-1], 1), t.conj(), ((1, 2), (1, 2)))
        size = float(np.abs(moved).max())
        behind.append(moved / size)
        logs.append(logs[-1] + float(np.log(size)))
    return behind[::-1], logs[::-1]


def canonicalise(state: Chain) -> None:
    """Restore the right-canonical form and the Schmidt values (in place).

    Needed at the start and after gates that are not unitary. Left Gram matrices G_b, then one sweep
    to the left with the eigenvectors of M+ G M. Charges are kept, because it works block by block.

    Cost: O(n chi^3).
    """
    grams = [np.ones((1, 1), state.data.dtype)]
    for site in range(state.n - 1):
        tensor = state.tensor(site)
        gram = np.tensordot(tensor.conj(), np.tensordot(grams[-1], tensor, 1), ((0, 1), (0, 1)))
        grams.append(gram / np.trace(gram).real)
    centre = state.tensor(state.n - 1).copy()
    for site in range(state.n - 1, 0, -1):
        left, _, right = centre.shape
        theta = centre.reshape(left, 2 * right)
        factor, isometry, schmidt, middle, _ = kernels.split(
            theta, grams[site] @ theta, state.labels[site, :left], state.labels[site + 1],
            right, state.unit, (0.0, 0),
        )  # fmt: skip
        bond = len(schmidt)
        centre = np.tensordot(state.tensor(site - 1), factor, 1)
        state.data[site, : isometry.size] = isometry.reshape(-1)
        state.dims[site] = bond
        state.weights[site, :bond], state.labels[site, :bond] = schmidt, middle
    state.data[0, : centre.size] = (centre / np.linalg.norm(centre)).reshape(-1)


def gate_table(
    bonds: NDArray[Any], step: complex
) -> Callable[[int, float], NDArray[np.complex128]]:
    """Return a function (part, fraction) -> exp(-i h_b step fraction) for all bonds, cached.

    Args:
        bonds: Hermitian matrices h_b, shape (n - 1, 4, 4).
        step: real, or negative imaginary.
    """
    energies, vectors = np.linalg.eigh(bonds)
    table: dict[float, NDArray[Any]] = {}

    def gates(_: int, fraction: float) -> NDArray[Any]:
        key = round(fraction, 14)
        if key not in table:
            phases = np.exp(-1j * step * fraction * energies)
            dense = (vectors * phases[:, None, :]) @ vectors.conj().transpose(0, 2, 1)
            # The kernel skips exact zeros, and a conserved charge must not leak by rounding.
            dense[np.abs(dense) < 1e-16] = 0.0
            table[key] = np.ascontiguousarray(dense)
        return table[key]

    return gates


def apply_layer(state: Chain, gates: Tensor, first: int, cutoff: float, max_bond: int) -> None:
    """Apply the gates of bonds first, first + 2, … and truncate (in place).

    Args:
        state: the chain.
        gates: (n - 1, 4, 4), complex; only every second one is used.
        first: 0 for even bonds, 1 for odd bonds.
        cutoff: relative squared weight that may be discarded per gate.
        max_bond: largest bond dimension; 0 for no limit.

    Cost: O(n chi^3), in blocks if a charge is conserved.
    """
    bond = first
    while bond < state.n - 1:
        bond = kernels.layer(
            (state.data, state.weights, state.labels, state.dims), state.unit,
            gates, bond, (cutoff, max_bond), state.discarded,
        )  # fmt: skip
        if bond < state.n - 1:
            state.grow(2 * state.room)


def _left_canonical(
    tensors: list[Tensor], labels: list[NDArray[np.int64]], unit: int
) -> tuple[list[Tensor], list[NDArray[np.int64]]]:
    """Return left-canonical tensors by QR, block by block so that the charges stay sharp."""
    done, kept = [], [labels[0]]
    carry = np.ones((1, 1))
    for site, tensor in enumerate(tensors):
        centre = np.tensordot(carry, tensor, 1)
        left, _, right = centre.shape
        matrix = centre.reshape(2 * left, right)
        rows = (kept[-1][:, None] + unit * np.arange(2)).reshape(-1)
        isometries, factors, middle = [], [], []
        for charge in np.unique(labels[site + 1]):
            up, down = np.flatnonzero(rows == charge), np.flatnonzero(labels[site + 1] == charge)
            if not len(up):
                continue
            q, r = np.linalg.qr(matrix[np.ix_(up, down)])
            isometry, factor = (
                np.zeros((2 * left, len(r)), q.dtype),
                np.zeros((len(r), right), q.dtype),
            )
            isometry[up], factor[:, down] = q, r
            isometries.append(isometry)
            factors.append(factor)
            middle.append(np.full(len(r), charge))
        done.append(np.concatenate(isometries, axis=1).reshape(left, 2, -1))
        carry = np.concatenate(factors)
        carry = carry / np.linalg.norm(carry)
        kept.append(np.concatenate(middle).astype(np.int64))
    # What is left is the norm and the phase; the phase belongs to the state.
    done[-1] = done[-1] * (carry[0, 0] / abs(carry[0, 0]))
    return done, kept
