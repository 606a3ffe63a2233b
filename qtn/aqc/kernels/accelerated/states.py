"""States in Hastings' form as padded tensors, several in one batch, and one layer's gates on them.

The algorithm is that of `layers_cpu`, term for term. What is done with a given guess for the spaces
kept is a function of tensors alone (`moved`), which can be recorded and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtn._optional import Tensor, torch
from qtn.states.gpu_linear import orthonormal

STEP = 8  # sizes of tensors are multiples of it, so that few of them occur


@dataclass(frozen=True, slots=True)
class Padded:
    """States of n sites each, one after the other.

    Args:
        tensors: right-canonical, (states · n, χ, 2, χ).
        rho: density matrices of the part left of each site, (states · n, χ, χ).
        bonds: the true dimension of the bond left of each site, (states · n).
        weight: logarithms of the squared norms that truncations have left, (states,).
    """

    tensors: Tensor
    rho: Tensor
    bonds: list[int]
    weight: Tensor

    @property
    def size(self) -> int:
        """The dimension that bonds are padded to."""
        return self.tensors.shape[1]

    def resized(self, size: int) -> Padded:
        """Return the states with bonds padded, or cut, to `size`."""
        if size == self.size:
            return self
        count = len(self.bonds)
        tensors = padded(self.tensors, (count, size, 2, size))
        rho = padded(self.rho, (count, size, size))
        return Padded(tensors, rho, self.bonds, self.weight)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the states that lie together in `whole`."""

    whole: Padded
    index: int

    def part(self, of: Tensor) -> Tensor:
        """Return this state's part of a tensor of all."""
        n = len(of) // len(self.whole.weight)
        return of[self.index * n : (self.index + 1) * n]

    def resized(self, size: int) -> Tensor:
        """Return the tensors with bonds padded, or cut, to `size`."""
        tensors = self.part(self.whole.tensors)
        return padded(tensors, (len(tensors), size, 2, size))


def together(members: list[Member]) -> Padded:
    """Return states as one batch: the one that they lie in, where they do."""
    first = members[0].whole
    same = all(m.whole is first and m.index == k for k, m in enumerate(members))
    if same and len(first.weight) == len(members):
        return first
    size = max(m.whole.size for m in members)
    wholes = [m.whole.resized(size) for m in members]
    split = [Member(w, m.index) for w, m in zip(wholes, members, strict=True)]
    bonds: list[int] = []
    for m in split:
        n = len(m.whole.bonds) // len(m.whole.weight)
        bonds += m.whole.bonds[m.index * n : (m.index + 1) * n]
    return Padded(
        torch.cat([m.part(m.whole.tensors) for m in split]),
        torch.cat([m.part(m.whole.rho) for m in split]),
        bonds,
        torch.cat([m.part(m.whole.weight) for m in split]),
    )


def padded(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the tensor cut or filled with zeros to `shape`."""
    if tensor.shape == shape:
        return tensor
    out = tensor.new_zeros(shape)
    part = tuple(slice(0, min(a, b)) for a, b in zip(tensor.shape, shape, strict=True))
    out[part] = tensor[part]
    return out


def room(bonds: int) -> int:
    """Return the size that tensors of a bond are padded to.

    Example:
        >>> [room(bonds) for bonds in (1, 5, 9, 64)]
        [1, 5, 16, 64]
    """
    return bonds if bonds < STEP else -(-bonds // STEP) * STEP


def gated(tensors: Tensor, rho: Tensor, gates: Tensor, index: Tensor) -> tuple[Tensor, ...]:
    """Return pairs after their gates, rho times them, and their weights.

    Args:
        tensors, rho: see `Padded`.
        gates: (m, 4, 4).
        index: the left sites of the gates, the right ones, and their states, (3 m).

    Returns:
        Pairs and rho times pairs as matrices [(l s), (t r)], (m, 2 χ, 2 χ); weights (m,).
    """
    m, chi = len(gates), tensors.shape[1]
    both = tensors.index_select(0, index[: 2 * m])
    bare = torch.bmm(both[:m].flatten(1, 2), both[m:].flatten(2, 3)).view(m, chi, 4, chi)
    pair = torch.matmul(gates[:, None], bare)
    heavy = torch.bmm(rho.index_select(0, index[:m]), pair.view(m, chi, 4 * chi))
    flat, heavy = pair.view(m, 2 * chi, 2 * chi), heavy.view(m, 2 * chi, 2 * chi)
    return flat, heavy, (_reals(flat) * _reals(heavy)).flatten(1).sum(1)


def _reals(numbers: Tensor) -> Tensor:
    return torch.view_as_real(numbers) if numbers.is_complex() else numbers


def divided(
    state: tuple[Tensor, Tensor, Tensor],
    pairs: tuple[Tensor, ...],
    basis: Tensor,
    index: Tensor,
) -> tuple[Tensor, ...]:
    """Split pairs by the spaces kept on their right.

    Args:
        state: tensors, rho and weight of `Padded`.
        pairs: what `gated` returned.
        basis: orthonormal columns, then zeros, (m, 2 χ, χ).
        index: as for `gated`.

    Returns:
        Tensors, rho and weight of the state after; the share of the weight kept, (m,).
    """
    (tensors, rho, weight), (flat, heavy, before) = state, pairs
    m, chi = len(flat), tensors.shape[1]
    left, held = torch.bmm(flat, basis), torch.bmm(heavy, basis)
    between = torch.bmm(left.view(m, 2 * chi, chi).mH, held.view(m, 2 * chi, chi))
    share = between.diagonal(dim1=1, dim2=2).real.sum(1) / before
    new = torch.cat([left, basis.mH.reshape(m, 2 * chi, chi)]).view(2 * m, chi, 2, chi)
    lost = share.double().clamp(max=1.0).log()
    return (
        tensors.index_copy(0, index[: 2 * m], new),
        rho.index_copy(0, index[m : 2 * m], between),
        weight.index_add(0, index[2 * m :], lost),
        share,
    )


def moved(
    tensors: Tensor,
    rho: Tensor,
    weight: Tensor,
    guess: Tensor,
    gates: Tensor,
    index: Tensor,
    least: Tensor,
) -> tuple[Tensor, ...]:
    """Apply gates and keep the spaces that a guess leads to by one step of subspace iteration.

    Args:
        tensors, rho, weight: see `Padded`.
        guess: for the right tensors, (m, χ, 2 χ), rows of zeros where less is kept.
        gates, index: see `gated`.
        least: shares of the weight that must be kept, (m,).

    Returns:
        Tensors, rho and weight of the state after, and whether all keep enough: not where columns
        were too alike to give numbers.
    """
    pairs = gated(tensors, rho, gates, index)
    flat, heavy, _ = pairs
    basis = orthonormal(torch.bmm(flat.mH, torch.bmm(heavy, guess.mH)))
    *after, share = divided((tensors, rho, weight), pairs, basis, index)
    return *after, (share >= least).all()
