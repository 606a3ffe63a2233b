"""Channels on small registers as plain matrices, so that a batch of rows is one matrix product.

A gate U (orthogonal) acts on a left and a right register, keeps some qubits and discards others,

    ρ_up = Σ_e K_e (ρ_l ⊗ ρ_r) K_eᵀ,        U = (K_0; K_1; …).

Everything here is real, so a density matrix is symmetric and given by its d(d+1)/2 entries
v = (ρ₀₀, ρ₀₁, ρ₁₁, ρ₀₂, …), ordered by the larger index. The channel becomes a matrix on v_l ⊗ v_r
that is built once per gate and used for all rows. The order makes a register that gains qubits in
|0⟩ as its high qubits a vector with zeros behind.
"""

from __future__ import annotations

from functools import cache

from qtn._optional import Tensor, torch


def entries(dimension: int) -> int:
    """Return the number of entries of a symmetric matrix."""
    return dimension * (dimension + 1) // 2


@cache
def index_pairs(dimension: int) -> tuple[list[int], list[int]]:
    """Return the rows and the columns of the entries."""
    pairs = [(a, b) for b in range(dimension) for a in range(b + 1)]
    return [a for a, _ in pairs], [b for _, b in pairs]


@cache
def units(dimension: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the symmetric unit matrices that the entries multiply, shape (entries, d·d)."""
    out = torch.zeros(entries(dimension), dimension, dimension, dtype=dtype, device=device)
    for p, (a, b) in enumerate(zip(*index_pairs(dimension), strict=True)):
        out[p, a, b] = out[p, b, a] = 1.0
    return out.flatten(1)


def pure(x: Tensor) -> Tensor:
    """Return the entries of |φ⟩⟨φ|.

    Args:
        x: vectors, shape (sites, d, batch).

    Returns:
        Shape (sites, entries, batch).
    """
    first, second = index_pairs(x.shape[1])
    return x[:, first] * x[:, second]


def density(v: Tensor, dimension: int) -> Tensor:
    """Return symmetric matrices (..., d, d) from entries (..., entries)."""
    return (v @ units(dimension, v.dtype, v.device)).unflatten(-1, (dimension, dimension))


def channel(u: Tensor, left: int, right: int, kept: int, noise: float = 0.0) -> Tensor:
    """Return the matrices of gates that keep the register of dimension `kept`.

    Args:
        u: orthogonal matrices, shape (gates, left·right, left·right); the index of a row is
            (discarded, kept), that of a column (left, right).
        left: dimension of the left register.
        right: dimension of the right register.
        kept: dimension of the register that goes on.
        noise: probability that the gate leaves its register completely mixed.

    Returns:
        Shape (gates, entries of kept, entries of left · entries of right).
    """
    first, second = index_pairs(kept)
    kraus = u.unflatten(1, (-1, kept))
    out = _quadratic(kraus[:, :, first], kraus[:, :, second], left, right)
    if noise:
        diagonal = torch.tensor([a == b for a, b in zip(first, second, strict=True)])
        mixed = out[:, diagonal].mean(dim=1, keepdim=True) * diagonal[:, None].to(out)
        out = (1 - noise) * out + noise * mixed
    return out


def readout(u: Tensor, left: int, right: int, noise: float = 0.0) -> Tensor:
    """Return the matrices that give the distribution of all outcomes after a gate.

    Args:
        u, left, right, noise: as in `channel`.

    Returns:
        Shape (gates, left·right, entries of left · entries of right).
    """
    out = _quadratic(u[:, None], u[:, None], left, right)
    return out if not noise else (1 - noise) * out + noise * out.mean(dim=1, keepdim=True)


def _quadratic(a: Tensor, b: Tensor, left: int, right: int) -> Tensor:
    """Return Σ_e a_e ⊗ b_e for a, b (gates, e, out, left·right), acting on symmetric pairs."""
    return on_pairs(torch.einsum("neoi,neoj->noij", a, b), left, right)


def on_pairs(observables: Tensor, left: int, right: int) -> Tensor:
    """Return tr(O (ρ_l ⊗ ρ_r)) as matrices on the entries v_l ⊗ v_r.

    Args:
        observables: O, shape (gates, out, left·right, left·right).
        left: dimension of the left register.
        right: dimension of the right register.

    Returns:
        Shape (gates, out, entries of left · entries of right).
    """
    full = observables.unflatten(3, (left, right)).unflatten(2, (left, right))
    full = full.transpose(3, 4).flatten(4, 5).flatten(2, 3)
    half = full @ units(right, full.dtype, full.device).T
    return (units(left, full.dtype, full.device) @ half).flatten(2)
