"""Matrix product operators of Pauli sums, with the smallest bond that the coefficients allow.

At every cut the terms that cross it form a matrix C[left word, right word] of coefficients. With
C = U S V+ the left words enter the bond only through the combinations U, so the bond dimension is
2 + rank(C): one channel "nothing yet", one "all done", and the rank. Exact up to the tolerance on
the singular values; couplings that decay as a sum of exponentials compress to few channels.

Reference: G. K.-L. Chan et al., J. Chem. Phys. 145, 014102 (2016), section on delinearised MPOs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.long_range.given import Given
from qtn.physics.terms import Terms
from qtn.states.operators import FACTORS

__all__ = [
    "apply_operator",
    "apply_operator_cut",
    "assembled",
    "expectation",
    "operator_tensors",
    "variance",
]

Word = tuple[tuple[int, str], ...]
Tensor = NDArray[Any]


def operator_tensors(terms: Terms | Given, tolerance: float = 1e-13) -> list[Tensor]:
    """Return H as arrays (left, right, out, in), outer bonds 1.

    Args:
        terms: the Pauli sum; an MPO is returned as it was read.
        tolerance: singular values of the coefficients below this fraction of the largest are
            dropped.

    Returns:
        n arrays, real if the matrix of H is real in the computational basis.

    Cost: one SVD per cut, of size (words left) x (words right).
    """
    if isinstance(terms, Given):
        return list(terms.tensors)
    letters, products = real_letters(terms)
    return assembled(products, letters, terms.n, terms.constant, tolerance)[0]


def assembled(
    products: Mapping[Word, Any],
    letters: Mapping[str, Tensor],
    n: int,
    constant: float,
    tolerance: float = 1e-13,
    charge: Callable[[Word], int] | None = None,
) -> tuple[list[Tensor], list[list[int]]]:
    """Return the tensors of a sum of words in any letters, and a charge of every bond index.

    Args:
        products: {word: coefficient}, a word being (site, letter) pairs in rising site order.
        letters: the matrix of every letter, and of "I".
        n: number of sites.
        constant: multiple of the identity.
        tolerance: as in `operator_tensors`.
        charge: the charge of a word, additive, 0 for every word of the sum; a bond index joins
            left words of equal charge only, and has that charge. None: no charges.
    """
    cuts = [_cut(products, b, tolerance, charge) for b in range(n + 1)]
    dtype = np.result_type(float, *letters.values(), *(type(v) for v in products.values()))
    tensors = []
    for site in range(n):
        here, following = cuts[site], cuts[site + 1]
        tensor = np.zeros((here.rank + 2, following.rank + 2, 2, 2), dtype=dtype)
        tensor[0, 0] = tensor[-1, -1] = np.eye(2)
        _continue_words(tensor, here, following, site, letters)
        for k, (letter, value) in _endings(here, site):
            tensor[k + 1, -1] += value * letters[letter]
        for letter, matrix in letters.items():
            tensor[0, -1] += products.get(((site, letter),), 0.0) * matrix
        tensor[0, -1] += np.eye(2) * constant / n
        tensors.append(tensor)
    tensors[0] = np.ascontiguousarray(tensors[0][:1])
    tensors[-1] = np.ascontiguousarray(tensors[-1][:, -1:])
    labels = [[0, *cut.charges, 0] for cut in cuts]
    return tensors, [[0], *labels[1:-1], [0]]


class _Cut:
    """The words on both sides of one cut and the combinations that cross it."""

    def __init__(
        self, rights: list[Word], isometry: dict[Word, Tensor], carried: Tensor, charges: list[int]
    ) -> None:
        self.rights, self.isometry, self.carried = rights, isometry, carried
        self.charges = charges

    @property
    def rank(self) -> int:
        return int(self.carried.shape[0])


def real_letters(terms: Terms) -> tuple[dict[str, Tensor], dict[Word, float]]:
    """Replace Y by iY where the sum is real: Y(x)Y = -(iY)(x)(iY) keeps all arrays real."""
    if not terms.real:
        return {x: FACTORS[x] for x in "IXYZ"}, dict(terms.products)
    letters = {x: (FACTORS[x] * (1j if x == "Y" else 1)).real for x in "IXYZ"}
    signs = {
        word: value * (-1.0) ** (sum(letter == "Y" for _, letter in word) // 2)
        for word, value in terms.products.items()
    }
    return letters, signs


def _cut(
    products: Mapping[Word, Any],
    place: int,
    tolerance: float,
    charge: Callable[[Word], int] | None,
) -> _Cut:
    crossing = [
        (tuple(f for f in word if f[0] < place), tuple(f for f in word if f[0] >= place), value)
        for word, value in products.items()
        if word[0][0] < place <= word[-1][0]
    ]
    lefts = list(dict.fromkeys(left for left, _, _ in crossing))
    rights = list(dict.fromkeys(right for _, right, _ in crossing))
    if not crossing:
        return _Cut([], {}, np.zeros((0, 0)), [])
    row = {word: i for i, word in enumerate(lefts)}
    column = {word: i for i, word in enumerate(rights)}
    matrix = np.zeros((len(lefts), len(rights)), np.result_type(*(v for _, _, v in crossing)))
    for left, right, value in crossing:
        matrix[row[left], column[right]] += value
    groups: dict[int, list[int]] = {}
    for word, i in row.items():
        groups.setdefault(charge(word) if charge else 0, []).append(i)
    parts = {q: np.linalg.svd(matrix[i], full_matrices=False) for q, i in groups.items()}
    largest = max(s[0] for _, s, _ in parts.values())
    ranks = {q: int((s > tolerance * largest).sum()) for q, (_, s, _) in parts.items()}
    basis = np.zeros((len(lefts), sum(ranks.values())), matrix.dtype)
    carried, start = np.zeros((basis.shape[1], len(rights)), matrix.dtype), 0
    for q, (u, s, vh) in parts.items():
        stop = start + ranks[q]
        basis[groups[q], start:stop] = u[:, : ranks[q]]
        # No rounding where a right word does not continue this group.
        carried[start:stop] = s[: ranks[q], None] * vh[: ranks[q]] * matrix[groups[q]].any(axis=0)
        start = stop
    isometry = {word: basis[i] for word, i in row.items()}
    charges = [q for q in parts for _ in range(ranks[q])]
    return _Cut(rights, isometry, carried, charges)


def _continue_words(
    tensor: Tensor, here: _Cut, following: _Cut, site: int, letters: Mapping[str, Tensor]
) -> None:
    """Fill W[k, k'] = sum over words a' = a P of conj(U[a, k]) U'[a', k'] times P."""
    for word, row in following.isometry.items():
        if word[-1][0] == site:
            before, letter = word[:-1], word[-1][1]
        else:
            before, letter = word, "I"
        if not before:
            tensor[0, 1:-1] += row[:, None, None] * letters[letter]
        elif before in here.isometry:
            block = np.outer(here.isometry[before].conj(), row)
            tensor[1:-1, 1:-1] += block[:, :, None, None] * letters[letter]


def _endings(here: _Cut, site: int) -> list[tuple[int, tuple[str, Any]]]:
    return [
        (k, (word[0][1], here.carried[k, j]))
        for j, word in enumerate(here.rights)
        if word[0][0] == site and len(word) == 1
        for k in range(here.rank)
    ]


def expectation(operator: Sequence[Tensor], tensors: Sequence[Tensor]) -> float:
    """Return <psi|H|psi> / <psi|psi> of an MPS and an MPO.

    Cost: O(n (chi^3 D + chi^2 D^2)).
    """
    block = np.ones((1, 1, 1))
    plain = np.ones((1, 1))
    for w, a in zip(operator, tensors, strict=True):
        block = _grow(block, a, w)
        plain = np.tensordot(np.tensordot(plain, a, (1, 0)), a.conj(), ((0, 1), (0, 1))).T
        scale = np.linalg.norm(plain)
        block, plain = block / scale, plain / scale
    return float((block[0, 0, 0] / plain[0, 0]).real)


def _grow(block: Tensor, a: Tensor, w: Tensor) -> Tensor:
    """Move a left block (bra, operator, ket) over one site."""
    step = np.tensordot(block, a, (2, 0))
    step = np.tensordot(step, w, ((1, 2), (0, 3)))
    return np.tensordot(a.conj(), step, ((0, 1), (0, 3))).transpose(0, 2, 1)


def variance(operator: Sequence[Tensor], tensors: Sequence[Tensor], energy: float) -> float:
    """Return <(H - energy)^2> of a normalised MPS; an eigenvalue lies within its square root.

    Cost: O(n (chi^3 D^2 + chi^2 D^3)).
    """
    n = len(operator)
    block = np.ones((1, 1, 1, 1))
    for w, a in zip(operator, tensors, strict=True):
        shifted = w.copy()
        # The channel from "nothing yet" to "all done" holds the one-site terms and the constant.
        shifted[0, -1] -= np.eye(2) * energy / n
        step = np.tensordot(block, a, (3, 0))
        step = np.tensordot(step, shifted, ((2, 3), (0, 3)))
        step = np.tensordot(step, shifted, ((1, 4), (0, 3)))
        block = np.tensordot(a.conj(), step, ((0, 1), (0, 4))).transpose(0, 3, 2, 1)
    return float(max(block[0, 0, 0, 0].real, 0.0))


def apply_operator(operator: Sequence[Tensor], tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the tensors of H|psi> with bonds chi D (not truncated)."""
    product = []
    for w, a in zip(operator, tensors, strict=True):
        merged = np.tensordot(w, a, (3, 1)).transpose(0, 3, 2, 1, 4)
        left, right = w.shape[0] * a.shape[0], w.shape[1] * a.shape[2]
        product.append(merged.reshape(left, 2, right))
    return product


def apply_operator_cut(
    operator: Sequence[Tensor], tensors: Sequence[Tensor], bond: int, rng: np.random.Generator
) -> list[Tensor]:
    """Return the tensors of H|psi> with bonds up to `bond`, without the exact product.

    What lies right of every cut is sketched by `bond` random product vectors; a sweep from the left
    keeps the directions that the sketches see, which are nearly the best where `bond` is some more
    than is needed, and all of them where it is enough.

    Args:
        operator: the MPO, of bond D.
        tensors: the state, of bond chi.
        bond: largest bond of the result.
        rng: of the sketches.

    Cost: O(n bond chi D (chi + D + bond)), where cutting the exact product takes O(n (chi D)^3).

    Reference: C. Camaño, E. N. Epperly and J. A. Tropp, arXiv:2504.06475.
    """
    seen = _sketches(operator, tensors, bond, rng)
    product = []
    carry = np.ones((1, 1, 1))
    for site, (w, a) in enumerate(zip(operator, tensors, strict=True)):
        step = np.tensordot(np.tensordot(carry, a, (2, 0)), w, ((1, 2), (0, 3)))
        rows = step.transpose(0, 3, 2, 1).reshape(2 * len(carry), -1)
        if site == len(tensors) - 1:
            product.append(rows.reshape(len(carry), 2, 1))
            break
        q = np.linalg.qr(rows @ seen[site].T)[0]
        product.append(q.reshape(len(carry), 2, -1))
        carry = (q.conj().T @ rows).reshape(-1, w.shape[1], a.shape[2])
    return product


def _sketches(
    operator: Sequence[Tensor], tensors: Sequence[Tensor], count: int, rng: np.random.Generator
) -> list[Tensor]:
    """Return, per site, random vectors on all sites behind it applied to H|psi>: (count, D chi)."""
    behind = np.ones((count, 1, 1))
    found = [behind.reshape(count, -1)]
    for w, a in zip(operator[:0:-1], tensors[:0:-1], strict=True):
        drawn = np.tensordot(rng.normal(size=(count, 2)), w, (1, 2))  # sketch, left, right, in
        ket = np.tensordot(behind, a, (2, 2)).transpose(0, 2, 1, 3)  # sketch, left, right, in
        behind = drawn.reshape(count, len(w), -1) @ ket.reshape(count, len(a), -1).transpose(
            0, 2, 1
        )
        behind = behind / (np.linalg.norm(behind) or 1.0)
        found.append(behind.reshape(count, -1))
    return found[::-1]
