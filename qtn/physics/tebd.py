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

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numba.typed import List
from numpy.typing import NDArray

__all__ = ["Chain", "apply_layer", "canonicalise", "charges", "open_chain"]

# Squared Schmidt values from a Gram matrix are exact to about this fraction of their sum.
GRAM_FLOOR = 1e-15
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@dataclass(slots=True)
class Chain:
    """A right-canonical state in the middle of an evolution.

    `tensors` (left, 2, right); `weights[b]` the Schmidt values of the bond left of site b;
    `labels[b]` the charge of each index of that bond, in steps of `unit` per excited site (all
    zero, with unit 0, if nothing is conserved);
    `discarded[b]` the squared weight thrown away so far between sites b and b+1.
    """

    tensors: Any
    weights: Any
    labels: Any
    unit: int
    discarded: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def n(self) -> int:
        return len(self.tensors)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.tensors[0].dtype)

    def copy(self) -> Chain:
        """Return an independent copy."""
        # The kernels replace arrays and never write into them, so the arrays can be shared.
        return Chain(
            self.tensors.copy(),
            self.weights.copy(),
            self.labels.copy(),
            self.unit,
            self.discarded.copy(),
        )

    def arrays(self) -> list[NDArray[Any]]:
        """Return copies of the tensors."""
        return [np.array(tensor) for tensor in self.tensors]


def open_chain(tensors: Sequence[NDArray[Any]], dtype: Any, conserve: bool) -> Chain:
    """Bring an MPS into the right-canonical form with Schmidt values and charges.

    Args:
        tensors: arrays (left, 2, right), outer bonds 1.
        dtype: float64 or complex128.
        conserve: look for a charge label of every bond index (total Z).

    Returns:
        The normalised chain, ready for `apply_layer`.
    """
    arrays = [np.ascontiguousarray(t, dtype=dtype) for t in tensors]
    found = charges(arrays) if conserve else None
    labels = found if found is not None else [np.zeros(t.shape[0], np.int64) for t in arrays]
    if found is None:
        labels.append(np.zeros(arrays[-1].shape[2], np.int64))
    state = Chain(
        List(arrays),
        List([np.ones(t.shape[0]) for t in arrays] + [np.ones(1)]),
        List(labels),
        int(found is not None),
        np.zeros(len(arrays) - 1),
    )
    if max(t.shape[0] for t in arrays) == 1:
        _normalise_product(state.tensors)
    else:
        canonicalise(state)
    return state


def charges(tensors: Sequence[NDArray[Any]]) -> list[NDArray[np.int64]] | None:
    """Return the number of ones left of every bond, per bond index, or None if it is not sharp."""
    labels = [np.zeros(1, np.int64)]
    for tensor in tensors:
        size = np.abs(tensor)
        filled = size > 1e-15 * max(float(size.max()), 1e-300)
        total = labels[-1][:, None] + np.arange(2)[None, :]
        high = np.where(filled, total[:, :, None], -1).max(axis=(0, 1))
        low = np.where(filled, total[:, :, None], np.iinfo(np.int64).max).min(axis=(0, 1))
        if (high != low).any():
            return None
        labels.append(high.astype(np.int64))
    return labels


def canonicalise(state: Chain) -> None:
    """Restore the right-canonical form and the Schmidt values exactly (in place).

    One QR sweep to the right, one sweep of Gram eigenproblems to the left. Needed at the start and
    after gates that are not unitary; charges are kept because both factorisations work per block.
    """
    _sweep_right(state.tensors, state.labels, state.unit)
    _sweep_left(state.tensors, state.weights, state.labels, state.unit)


def apply_layer(
    state: Chain,
    gates: NDArray[Any],
    first: int,
    cutoff: float,
    max_bond: int,
) -> None:
    """Apply the gates of bonds first, first + 2, … and truncate (in place).

    Args:
        state: the chain.
        gates: (n - 1, 4, 4) of the state's dtype; only every second one is used.
        first: 0 for even bonds, 1 for odd bonds.
        cutoff: relative squared weight that may be discarded per gate.
        max_bond: largest bond dimension; 0 for no limit.

    Cost: O(n chi^3), in blocks if a charge is conserved.
    """
    parts = (state.tensors, state.weights, state.labels, state.unit)
    _layer(*parts, gates, first, cutoff, max_bond, state.discarded)


def _normalise_product(tensors: Any) -> None:
    for i in range(len(tensors)):
        tensors[i] = tensors[i] / np.linalg.norm(tensors[i])


@numba.njit(**_OPTIONS)
def _layer(tensors, weights, labels, unit, gates, first, cutoff, max_bond, discarded):  # type: ignore[no-untyped-def]
    for b in range(first, len(tensors) - 1, 2):
        left, right = tensors[b], tensors[b + 1]
        dl, dm, dr = left.shape[0], left.shape[2], right.shape[2]
        pair = np.dot(left.reshape(2 * dl, dm), right.reshape(dm, 2 * dr))
        theta = _rotate(gates[b], pair, dl, dr)
        rows = _row_charges(labels[b], unit)
        new_left, new_right, schmidt, middle, lost = _split(
            theta, np.repeat(weights[b], 2), rows, labels[b + 2], unit, cutoff, max_bond
        )
        k = len(schmidt)
        tensors[b], tensors[b + 1] = new_left.reshape(dl, 2, k), new_right.reshape(k, 2, dr)
        weights[b + 1], labels[b + 1] = schmidt, middle
        discarded[b] += lost


@numba.njit(**_OPTIONS)
def _sweep_left(tensors, weights, labels, unit):  # type: ignore[no-untyped-def]
    for b in range(len(tensors) - 1, 0, -1):
        centre = tensors[b]
        dl, dr = centre.shape[0], centre.shape[2]
        factor, isometry, schmidt, middle, _ = _split(
            centre.reshape(dl, 2 * dr), np.ones(dl), labels[b], labels[b + 1], unit, 0.0, 0
        )
        k = len(schmidt)
        before = tensors[b - 1]
        rows = before.shape[0] * 2
        merged = np.dot(before.reshape(rows, dl), factor)
        tensors[b - 1], tensors[b] = merged.reshape(rows // 2, 2, k), isometry.reshape(k, 2, dr)
        weights[b], labels[b] = schmidt, middle
    first = tensors[0]
    tensors[0] = first / np.sqrt(np.sum(np.abs(first) ** 2))


@numba.njit(**_OPTIONS)
def _sweep_right(tensors, labels, unit):  # type: ignore[no-untyped-def]
    for b in range(len(tensors) - 1):
        centre, after = tensors[b], tensors[b + 1]
        dl, dr = centre.shape[0], centre.shape[2]
        rows = _row_charges(labels[b], unit)
        matrix = centre.reshape(2 * dl, dr)
        isometry = np.zeros((2 * dl, min(2 * dl, dr)), matrix.dtype)
        factor = np.zeros((min(2 * dl, dr), dr), matrix.dtype)
        middle = np.empty(min(2 * dl, dr), np.int64)
        k = 0
        for charge in np.unique(labels[b + 1]):
            up, down = np.nonzero(rows == charge)[0], np.nonzero(labels[b + 1] == charge)[0]
            if len(up) == 0:
                continue
            q, r = np.linalg.qr(_gather(matrix, up, down))
            for j in range(r.shape[0]):
                for i in range(len(up)):
                    isometry[up[i], k] = q[i, j]
                for i in range(len(down)):
                    factor[k, down[i]] = r[j, i]
                middle[k] = charge
                k += 1
        scale = np.sqrt(np.sum(np.abs(factor) ** 2))
        tensors[b] = np.ascontiguousarray(isometry[:, :k]).reshape(dl, 2, k)
        carried = np.dot(factor[:k] / scale, after.reshape(dr, 2 * after.shape[2]))
        tensors[b + 1] = carried.reshape(k, 2, after.shape[2])
        labels[b + 1] = middle[:k].copy()


@numba.njit(**_OPTIONS)
def _split(theta, row_weight, row_charge, right_charge, unit, cutoff, max_bond):  # type: ignore[no-untyped-def]
    """Split theta (rows x (2, right)) into (theta V, V+), V the leading right singular vectors.

    The Schmidt values are those of diag(row_weight) theta; the kept ones are normalised, and so is
    theta V. Only blocks of equal charge to the left and right of the cut are visited.
    """
    right = len(right_charge)
    width = 2 * right
    column_charge = np.empty(width, np.int64)
    column_charge[:right] = right_charge
    column_charge[right:] = right_charge - unit
    values = np.zeros(width)
    value_charge = np.zeros(width, np.int64)
    value_index = np.zeros(width, np.int64)
    blocks = np.unique(column_charge)
    offset = np.zeros(len(blocks), np.int64)
    flat = np.empty(width * width, theta.dtype)
    found, used = 0, 0
    for c in range(len(blocks)):
        rows = np.nonzero(row_charge == blocks[c])[0]
        columns = np.nonzero(column_charge == blocks[c])[0]
        size, rank = len(columns), min(len(rows), len(columns))
        offset[c] = used
        if rank == 0:
            continue
        psi = _gather(theta, rows, columns)
        for i in range(len(rows)):
            psi[i] *= row_weight[rows[i]]
        w, v = _gram_eigh(psi)
        for j in range(size - rank, size):
            values[found] = max(w[j], 0.0)
            value_charge[found], value_index[found] = c, j
            found += 1
        for i in range(size):
            flat[used + i * size : used + (i + 1) * size] = v[i]
        used += size * size
    total = values[:found].sum()
    keep, lost = _select(values[:found], total, cutoff, max_bond)
    k = keep.sum()
    new_left = np.zeros((theta.shape[0], k), theta.dtype)
    new_right = np.zeros((k, width), theta.dtype)
    schmidt, middle = np.empty(k), np.empty(k, np.int64)
    scale = 1.0 / np.sqrt(total - lost)
    entry, out = 0, 0
    for c in range(len(blocks)):
        rows = np.nonzero(row_charge == blocks[c])[0]
        columns = np.nonzero(column_charge == blocks[c])[0]
        size, start = len(columns), out
        while entry < found and value_charge[entry] == c:
            if keep[entry]:
                schmidt[out] = np.sqrt(values[entry]) * scale
                middle[out] = blocks[c]
                j = value_index[entry]
                for i in range(size):
                    new_right[out, columns[i]] = np.conj(flat[offset[c] + i * size + j])
                out += 1
            entry += 1
        if out > start:
            vectors = np.empty((size, out - start), theta.dtype)
            for i in range(size):
                for j in range(start, out):
                    vectors[i, j - start] = np.conj(new_right[j, columns[i]])
            part = np.dot(_gather(theta, rows, columns), vectors)
            for i in range(len(rows)):
                for j in range(start, out):
                    new_left[rows[i], j] = part[i, j - start] * scale
    return new_left, new_right, schmidt, middle, lost / total


@numba.njit(**_OPTIONS)
def _gram_eigh(psi):  # type: ignore[no-untyped-def]
    gram = np.dot(np.ascontiguousarray(np.conj(psi.T)), psi)
    if gram.shape[0] == 1:
        return np.array([gram[0, 0].real]), np.ones((1, 1), psi.dtype)
    return np.linalg.eigh(gram)


@numba.njit(**_OPTIONS)
def _select(values, total, cutoff, max_bond):  # type: ignore[no-untyped-def]
    order = np.argsort(values)
    keep = np.ones(len(values), np.bool_)
    limit = len(values) if max_bond == 0 else max_bond
    lost = 0.0
    for rank in range(len(values) - 1):
        value = values[order[rank]]
        small = lost + value <= cutoff * total or value <= GRAM_FLOOR * total
        if not small and len(values) - rank <= limit:
            break
        lost += value
        keep[order[rank]] = False
    return keep, lost


@numba.njit(**_OPTIONS)
def _gather(matrix, rows, columns):  # type: ignore[no-untyped-def]
    block = np.empty((len(rows), len(columns)), matrix.dtype)
    for i in range(len(rows)):
        for j in range(len(columns)):
            block[i, j] = matrix[rows[i], columns[j]]
    return block


@numba.njit(**_OPTIONS)
def _row_charges(left_charge, unit):  # type: ignore[no-untyped-def]
    rows = np.empty(2 * len(left_charge), np.int64)
    for i in range(len(left_charge)):
        rows[2 * i], rows[2 * i + 1] = left_charge[i], left_charge[i] + unit
    return rows


@numba.njit(**_OPTIONS)
def _rotate(gate, pair, dl, dr):  # type: ignore[no-untyped-def]
    """Apply a 4x4 gate to the two middle legs of pair, given as (2 dl, 2 dr)."""
    out = np.zeros((2 * dl, 2 * dr), pair.dtype)
    for a in range(4):
        for b in range(4):
            value = gate[a, b]
            if value == 0:
                continue
            s, t, u, v = a // 2, (a % 2) * dr, b // 2, (b % 2) * dr
            for i in range(dl):
                for j in range(dr):
                    out[2 * i + s, t + j] += value * pair[2 * i + u, v + j]
    return out
