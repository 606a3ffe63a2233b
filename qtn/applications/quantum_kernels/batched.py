r"""Chains of many rows at once: gates applied without truncation, kernels by batched contraction.

A gate on neighbouring sites is split into its operator Schmidt terms, which multiply the bond;
a bond wider than one of its sides is narrowed by a QR decomposition, which loses nothing. So bonds
are at most 2 to the number of qubits on the shorter side, and the kernel is exact to rounding.

The overlaps of all pairs of two blocks of rows are contracted site by site: with E of shape
(rows x, rows y, a, b), first the tensors of y are multiplied in, one matrix product per row of y
over all rows of x, then those of x likewise.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._memory import check_memory
from qtn._progress import inner_bar
from qtn.applications.quantum_kernels.diagonal import mirrored
from qtn.applications.quantum_kernels.fusion import Gate, fused

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Chains = list[Complexes]  # per site (rows, left, 2, right); a single row stands for all

SMALL = 1e-15  # of an operator Schmidt value that is rounding, beside the largest
BLOCK = 48  # rows of a block on each side
WIDEST = 256  # bond of a chain that is built


def chains(gates: Iterable[Gate], n: int) -> Chains:
    """Return the states of all rows, from |0…0⟩.

    Raises:
        ArgumentError: a gate on sites that are no neighbours, a bond beyond 256, or more memory
            than is free.

    Example:
        >>> turn, cx = np.array([[[1, 1], [1, -1]]]) / 2**0.5, np.eye(4)[None, [0, 1, 3, 2]]
        >>> [tensor.shape for tensor in chains([Gate((0,), turn), Gate((0, 1), cx)], 2)]
        [(1, 1, 2, 2), (1, 2, 2, 1)]
    """
    zero = np.array([1, 0], dtype=complex).reshape(1, 1, 2, 1)
    found = [zero] * n
    for gate in fused(gates):
        site = gate.sites[0]
        if len(gate.sites) == 1:
            found[site] = np.einsum("rst,rltm->rlsm", gate.matrices, found[site])
            continue
        if gate.sites[1] != site + 1:
            raise fail(
                "feature_map", "a map of neighbours for a chain", gate.sites,
                'Take method="vector" for few qubits, or pairs="neighbours".',
            )  # fmt: skip
        found[site], found[site + 1] = _applied(gate.matrices, found[site], found[site + 1])
    return found


def _applied(matrices: Complexes, left: Complexes, right: Complexes) -> tuple[Complexes, Complexes]:
    """Return two tensors after a gate on both."""
    rows = len(matrices)
    flat = matrices.reshape(rows, 2, 2, 2, 2).swapaxes(2, 3).reshape(rows, 4, 4)
    u, values, v = np.linalg.svd(flat)
    kept = int((values > SMALL * values[:, :1]).any(axis=0).sum())
    root = np.sqrt(values[:, :kept])
    u = (u[:, :, :kept] * root[:, None]).reshape(rows, 2, 2, kept)
    v = (v[:, :kept] * root[:, :, None]).reshape(rows, kept, 2, 2)
    bond, all_rows = left.shape[3] * kept, max(rows, len(left), len(right))
    check_memory(64.0 * all_rows * bond * (left.shape[1] + right.shape[3]), "A chain of all rows")
    left = np.einsum("rstg,rltm->rlsmg", u, left).reshape(-1, left.shape[1], 2, bond)
    right = np.einsum("rgst,rmtn->rmgsn", v, right).reshape(-1, bond, 2, right.shape[3])
    return _narrowed(left, right)


def _narrowed(left: Complexes, right: Complexes) -> tuple[Complexes, Complexes]:
    """Return the tensors with a bond no wider than either of them needs."""
    outer, bond = 2 * left.shape[1], left.shape[3]
    if bond > outer:
        q, r = np.linalg.qr(left.reshape(len(left), outer, bond))
        left = q.reshape(len(left), left.shape[1], 2, outer)
        right = np.einsum("rab,rbsn->rasn", r, right)
        bond = outer
    outer = 2 * right.shape[3]
    if bond > outer:
        flat = right.reshape(len(right), bond, outer).swapaxes(1, 2)
        q, r = np.linalg.qr(flat)  # of the transpose
        right = q.swapaxes(1, 2).reshape(len(right), outer, 2, right.shape[3])
        left = np.einsum("rlsm,ram->rlsa", left, r)
        bond = outer
    if bond > WIDEST:
        raise fail("feature_map", f"a map whose chain has at most bond {WIDEST}", bond,
                   "Take fewer layers or steps.")  # fmt: skip
    return left, right


def chain_kernel(x: Chains, y: Chains | None = None) -> Floats:
    """Return |⟨x_i|y_j⟩|² of rows of chains; of rows with themselves half the blocks are computed.

    Args:
        x: chains.
        y: others with as many sites; None for a symmetric matrix.

    Cost: per pair and site 4 χ³ complex products at bond χ.
    """
    other = x if y is None else y
    rows, columns = (max(len(t) for t in c) for c in (x, other))
    found = np.zeros((rows, columns))
    blocks = [
        (i, j) for i in range(0, rows, BLOCK) for j in range(i if y is None else 0, columns, BLOCK)
    ]
    with inner_bar(len(blocks), "blocks") as bar:
        for i, j in blocks:
            values = _block(_part(x, i), _part(other, j))
            found[i : i + BLOCK, j : j + BLOCK] = values
            bar.update()
    return found if y is not None else mirrored(found)


def _part(tensors: Chains, first: int) -> Chains:
    rows = max(len(t) for t in tensors)
    count = min(BLOCK, rows - first)
    return [
        t[first : first + count] if len(t) > 1 else np.broadcast_to(t, (count, *t.shape[1:]))
        for t in tensors
    ]


def _block(x: Chains, y: Chains) -> Floats:
    """Return the squared overlaps of two blocks of rows."""
    rows, columns = len(x[0]), len(y[0])
    e = np.ones((rows, columns, 1, 1), dtype=complex)
    for left, right in zip(x, y, strict=True):
        a, b = e.shape[2:]
        p, q = left.shape[3], right.shape[3]
        # Row by row of y: (rows x · a, b) times (b, 2 q).
        t = e.transpose(1, 0, 2, 3).reshape(columns, rows * a, b) @ right.reshape(columns, b, -1)
        # Row by row of x: (p, 2 a) times (2 a, rows y · q), both with the bit before the bond.
        t = t.reshape(columns, rows, a, 2, q).transpose(1, 3, 2, 0, 4)
        bra = left.conj().transpose(0, 3, 2, 1).reshape(rows, p, 2 * a)
        e = (bra @ t.reshape(rows, 2 * a, columns * q)).reshape(rows, p, columns, q)
        e = e.transpose(0, 2, 1, 3)
    return np.asarray(np.abs(e[:, :, 0, 0]) ** 2)
