"""Density operators of qubit chains as real matrix product states in the Pauli basis.

With the orthonormal basis B_a = P_a / √2, P = (I, X, Y, Z), a density operator has real
coefficients c[a_1, …, a_n] = Tr(ρ B_{a_1} ⊗ … ⊗ B_{a_n}), kept here as a chain with four levels per
site. Unitaries and noise channels act by their real Pauli transfer matrices

    R[a, b] = Tr(P_a E(P_b)) / 2^k ,

so noise costs nothing extra and there is no sampling error. Dropping a singular value of the chain
is the best approximation of ρ in the Hilbert–Schmidt norm.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import fail, positive_int
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.states.kernels.circuit import Gate, apply_gates
from qtn.states.operators import PAULI

Array = NDArray[Any]

PAULI_INDEX = {"I": 0, "X": 1, "Y": 2, "Z": 3}
ROOT = float(np.sqrt(0.5))
ZERO: Array = np.array([ROOT, 0.0, 0.0, ROOT])
TRACE: Array = np.array([2 * ROOT, 0.0, 0.0, 0.0])
OUTCOMES: Array = np.array([[ROOT, 0.0, 0.0, ROOT], [ROOT, 0.0, 0.0, -ROOT]])
"""Rows: the linear forms ρ ↦ ⟨0|ρ|0⟩ and ρ ↦ ⟨1|ρ|1⟩ on one site."""


@functools.cache
def _pauli_products(k: int) -> Array:
    """All 4^k Pauli products on k sites, first site most significant, shape (4^k, 2^k, 2^k)."""
    if k == 1:
        return PAULI
    rest = _pauli_products(k - 1)
    return np.stack([np.kron(a, b) for a in PAULI for b in rest])


def ptm(kraus: Array) -> Array:
    """Return the Pauli transfer matrix of a unitary or of a list of Kraus operators.

    R[a, b] = Σ_m Tr(P_a K_m P_b K_m†) / 2^k

    Args:
        kraus: a unitary (2^k, 2^k) or Kraus operators (m, 2^k, 2^k); first site most significant.

    Returns:
        A real matrix (4^k, 4^k).

    Raises:
        ArgumentError: if the matrices are not square of side 2 or 4.

    Cost:
        O(m 16^k 2^k).

    Example:
        >>> ptm(np.diag([1, -1])).diagonal()
        array([ 1., -1., -1.,  1.])
    """
    operators = np.asarray(kraus, dtype=complex)
    operators = operators[None] if operators.ndim == 2 else operators
    side = operators.shape[-1]
    if operators.ndim != 3 or operators.shape[1] != side or side not in (2, 4):
        raise fail("kraus", "matrices of side 2 or 4", operators)
    products = _pauli_products(1 if side == 2 else 2)
    images = np.matmul(
        np.matmul(operators[:, None], products[None]), operators.conj().transpose(0, 2, 1)[:, None]
    ).sum(axis=0)
    flat = products.conj().reshape(len(products), -1)
    return np.ascontiguousarray((flat @ images.reshape(len(products), -1).T).real / side)


def ptm_of_superoperator(matrix: ArrayLike) -> Array:
    """Return the Pauli transfer matrix of a column-stacking superoperator (4^k, 4^k).

    Example:
        >>> bool(np.allclose(ptm_of_superoperator(np.eye(4)), np.eye(4)))
        True
    """
    superoperator = np.asarray(matrix, dtype=complex)
    if superoperator.shape not in ((4, 4), (16, 16)):
        raise fail("matrix", "a superoperator of side 4 or 16", superoperator)
    products = _pauli_products(1 if len(superoperator) == 4 else 2)
    columns = products.transpose(0, 2, 1).reshape(len(products), -1).T
    side = products.shape[1]
    return np.ascontiguousarray((columns.conj().T @ superoperator @ columns).real / side)


RESET: Array = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1.0, 0, 0, 0]])
"""Pauli transfer matrix of ρ ↦ |0⟩⟨0| Tr ρ."""


@dataclass(frozen=True, slots=True)
class DensityMPS:
    """A density operator as a real chain in the Pauli basis.

    Args:
        tensors: real arrays (left, 4, right), outer bonds 1, site 0 leftmost.
        center: site of the orthogonality centre, None if unknown.
        discarded: relative squared Hilbert–Schmidt weight lost per cut, shape (n-1,).

    Example:
        >>> state = DensityMPS.zeros(3)
        >>> state.trace(), state.expectation("ZIZ")
        (1.0, 1.0)
    """

    tensors: tuple[Array, ...]
    center: int | None = None
    discarded: Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def zeros(cls, n: int) -> DensityMPS:
        """Return |0…0⟩⟨0…0| on `n` sites."""
        n = positive_int("n", n)
        return cls((ZERO.reshape(1, 4, 1),) * n, 0, np.zeros(n - 1))

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The n-1 bond dimensions."""
        return tuple(t.shape[2] for t in self.tensors[:-1])

    @property
    def max_bond(self) -> int:
        """The largest bond dimension."""
        return max(self.bonds, default=1)

    def apply(
        self,
        gates: Sequence[Gate],
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-12,
        method: str = "auto",
    ) -> DensityMPS:
        """Apply Pauli transfer matrices `(sites, R)` in order and truncate.

        Args:
            gates: pairs of sites and real matrices (4, 4) or (16, 16).
            max_bond: upper limit of the bond dimensions; None for no limit.
            cutoff: relative squared Hilbert–Schmidt weight that one truncation may lose.
            method: "auto", "svd" or "gram", see `qtn.states.kernels.circuit.apply_gates`.

        Returns:
            The new density operator; `discarded` includes what this one had lost before.

        Cost:
            O(64 χ³) per two-site channel after fusing.
        """
        build = apply_gates(
            self.tensors,
            gates,
            center=self.center,
            max_bond=max_bond,
            cutoff=cutoff,
            method=method,
        )
        lost = self.discarded + build.discarded if self.discarded.size else build.discarded
        return DensityMPS(build.tensors, build.center, lost)

    def contract(self, forms: Sequence[Array] | Array) -> float:
        """Contract with one linear form (4,) per site: c · (f_1 ⊗ … ⊗ f_n)."""
        left = np.ones(1)
        for tensor, form in zip(self.tensors, forms, strict=True):
            left = left @ np.tensordot(form, tensor, axes=(0, 1))
        return float(left[0])

    def products(self, products: Sequence[Mapping[int, Array]]) -> Array:
        """Contract with many products of linear forms, each on a few sites, the trace elsewhere.

        Args:
            products: per product the form (4,) of every site that it has a say on.

        Returns:
            (products,) values, not divided by the trace.

        Cost: O(n χ²) once, then O(χ²) per site between the first and the last of each product.

        Example:
            >>> z = np.array([0, 0, 0, np.sqrt(2)])
            >>> DensityMPS.zeros(3).products([{1: z}, {0: z, 2: z}, {}])
            array([1., 1., 1.])
        """
        traced = [np.tensordot(TRACE, t, axes=(0, 1)) for t in self.tensors]
        left, right = [np.ones(1)], [np.ones(1)]
        for matrix in traced:
            left.append(left[-1] @ matrix)
        for matrix in reversed(traced):
            right.append(matrix @ right[-1])
        out = np.empty(len(products))
        for k, forms in enumerate(products):
            first, last = (min(forms), max(forms)) if forms else (0, -1)
            vector = left[first]
            for site in range(first, last + 1):
                inner = traced[site]
                if site in forms:
                    inner = np.tensordot(forms[site], self.tensors[site], axes=(0, 1))
                vector = vector @ inner
            out[k] = vector @ right[self.n - 1 - last]
        return out

    def trace(self) -> float:
        """Return Tr ρ (1 up to truncation)."""
        return self.contract([TRACE] * self.n)

    def purity(self) -> float:
        """Return Tr ρ²."""
        return self.overlap(self)

    def overlap(self, other: DensityMPS) -> float:
        """Return Tr ρσ, the Hilbert–Schmidt product with another density operator.

        Raises:
            ArgumentError: if the other one has another number of sites.

        Cost:
            O(n χ³).

        Example:
            >>> DensityMPS.zeros(2).overlap(DensityMPS.zeros(2))
            1.0
        """
        if other.n != self.n:
            raise fail("other", f"a density operator of {self.n} sites", other.n)
        left = np.ones((1, 1))
        for mine, theirs in zip(self.tensors, other.tensors, strict=True):
            half = np.tensordot(left, mine, axes=(0, 0))
            left = np.tensordot(half, theirs, axes=((0, 1), (0, 1)))
        return float(left[0, 0])

    def expectation(self, pauli: str) -> float:
        """Return Tr(ρ P) for a Pauli label in Qiskit order (last letter = site 0).

        Raises:
            ArgumentError: if the label has another length or other letters than I, X, Y, Z.
        """
        if len(pauli) != self.n or set(pauli) - set("IXYZ"):
            raise fail("pauli", f"a label of {self.n} letters I, X, Y, Z", pauli)
        forms = [2 * ROOT * np.eye(4)[PAULI_INDEX[letter]] for letter in reversed(pauli)]
        return self.contract(forms)

    def probabilities(self, bits: ArrayLike) -> Array:
        """Return ⟨b|ρ|b⟩ for rows of `bits`, shape (batch, n), column i = site i.

        Raises:
            ArgumentError: if `bits` is not a matrix of 0 and 1 with n columns.

        Cost:
            O(batch n χ²).
        """
        table = np.asarray(bits)
        if table.ndim != 2 or table.shape[1] != self.n or not np.isin(table, (0, 1)).all():
            raise fail("bits", f"rows of {self.n} zeros and ones", bits)
        left = np.ones((len(table), 1))
        for site, tensor in enumerate(self.tensors):
            split = np.einsum("oa,lar->olr", OUTCOMES, tensor)
            ones = table[:, site].astype(bool)
            new = np.empty((len(table), tensor.shape[2]))
            new[~ones] = left[~ones] @ split[0]
            new[ones] = left[ones] @ split[1]
            left = new
        return left[:, 0]

    def sample(self, shots: int, seed: int = 0) -> Array:
        """Return `shots` bit strings in the Z basis, uint8 (shots, n), column i = site i.

        Cost:
            O(n χ² u) with u the number of different prefixes, at most `shots`.
        """
        forms = np.broadcast_to(OUTCOMES, (self.n, 2, 4))
        return sample_forms(self.tensors, forms, shots, generator(seed, "density-sample"))

    def to_dense(self) -> Array:
        """Return ρ as a matrix (2^n, 2^n) in Qiskit order (site 0 = least significant bit).

        Raises:
            ArgumentError: for more than 10 sites.
        """
        if self.n > 10:
            raise ArgumentError(
                f"A dense density matrix needs at most 10 sites, but the state has {self.n}. "
                "Ask for expectation values or probabilities instead."
            )
        block = np.ones((1, 1, 1), dtype=complex)
        for tensor in self.tensors:
            local = np.tensordot(tensor, PAULI * ROOT, axes=(1, 0))
            block = np.einsum("ijl,lrab->aibjr", block, local)
            a, i, b, j, r = block.shape
            block = block.reshape(a * i, b * j, r)
        return block[:, :, 0]


def trace_environments(tensors: Sequence[Array], totals: Array) -> list[Array]:
    """Return for every site the vector of everything to its right, closed by `totals` (n, 4)."""
    right = np.ones(1)
    out = [right]
    for tensor, total in zip(reversed(tensors[1:]), totals[:0:-1], strict=True):
        right = np.tensordot(total, tensor, axes=(0, 1)) @ right
        out.append(right)
    return out[::-1]


def sample_forms(
    tensors: Sequence[Array], forms: Array, shots: int, rng: np.random.Generator
) -> Array:
    """Sample outcomes from local linear forms: p(o) = c · (f_{1,o_1} ⊗ … ⊗ f_{n,o_n}).

    The forms may contain a last one-site channel and a readout confusion matrix, so a sweep over
    measurement settings shares `tensors`. Equal prefixes are carried as one row with a count, and
    the number of shots that continue with 1 is drawn from the binomial distribution: the result
    has exactly the distribution of independent shots.

    Args:
        tensors: chain (left, 4, right).
        forms: linear forms (n, 2, 4), one pair per site.
        shots: number of samples.
        rng: random generator.

    Returns:
        uint8 (shots, n) in random order.

    Cost:
        One product (u, χ) · (χ, 2χ) per site, u = number of different prefixes.
    """
    n = len(tensors)
    rights = trace_environments(tensors, forms.sum(axis=1))
    counts = np.array([positive_int("shots", shots)])
    left = np.ones((1, 1))
    parents: list[Array] = []
    outcomes: list[Array] = []
    for site in range(n):
        tensor = tensors[site]
        local = np.matmul(forms[site], tensor)  # (left, 2, right)
        weights = np.maximum(left @ (local @ rights[site]), 0.0)
        total = weights.sum(axis=1)
        chance = np.divide(weights[:, 1], total, out=np.full(len(total), 0.5), where=total > 0)
        ones = rng.binomial(counts, np.minimum(chance, 1.0))
        zeros = counts - ones
        from_zero, from_one = np.flatnonzero(zeros), np.flatnonzero(ones)
        left = np.concatenate([left[from_zero] @ local[:, 0], left[from_one] @ local[:, 1]])
        counts = np.concatenate([zeros[from_zero], ones[from_one]])
        parents.append(np.concatenate([from_zero, from_one]))
        outcomes.append(np.repeat(np.array([0, 1], np.uint8), [len(from_zero), len(from_one)]))
        left /= np.abs(left).max(axis=1, keepdims=True)
    rows = np.empty((len(counts), n), np.uint8)
    index = np.arange(len(counts))
    for site in reversed(range(n)):
        rows[:, site] = outcomes[site][index]
        index = parents[site][index]
    table = np.repeat(rows, counts, axis=0)
    return rng.permutation(table, axis=0)
