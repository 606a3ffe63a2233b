r"""Symmetric operations: bases of all maps between spins that commute with rotations.

.. math:: f : V_{j_1} \otimes \cdots \otimes V_{j_k} \to V_{l_1} \otimes \cdots \otimes V_{l_m},
   \quad f\, D(R) = D(R)\, f

for every rotation R. By Schur's lemma there are :math:`\sum_J m_{in}(J)\, m_{out}(J)` of them, m(J)
the ways in which the spins couple to J (Clebsch and Gordan). Each basis map couples its inputs
along one path to J and its outputs along another; divided by :math:`\sqrt{2J + 1}` they are
orthonormal. Invariant vectors are maps from nothing.

Reference: Singh, Pfeifer and Vidal, Phys. Rev. A 82, 050301 (2010), symmetric tensors as
degeneracy tensors upon a basis of intertwiners; the bases are built here for any number of legs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import factorial, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, items, real
from qtn._machine import few_threads
from qtn.errors import ArgumentError

Array = NDArray[Any]
Floats = NDArray[np.float64]
LARGEST = 2**24  # entries of a basis


@few_threads(1)
def equivariant_maps(inputs: Sequence[float], outputs: Sequence[float]) -> Floats:
    r"""Return an orthonormal basis of the maps that commute with all rotations.

    Args:
        inputs: spins 0, 1/2, 1, … of the legs that go in; may be empty.
        outputs: those that come out; may be empty.

    Returns:
        Array (maps, 2l_1 + 1, …, 2l_m + 1, 2j_1 + 1, …, 2j_k + 1), output legs first; index 0 of a
        leg is m = j. Inner products Σ A B of different maps are 0, of equal ones 1; there are
        `equivariant_count(inputs, outputs)`.

    Raises:
        ArgumentError: no spins, or a basis of more than 2²⁴ numbers.

    Cost: the size of the basis, times the dimension of an intermediate spin.

    Example:
        >>> gate = equivariant_maps([0.5, 0.5], [0.5, 0.5])  # of two spins: singlet and triplet
        >>> gate.shape
        (2, 2, 2, 2, 2)

    Reference: Singh, Pfeifer and Vidal, Phys. Rev. A 82, 050301 (2010).
    """
    into, out = _doubled("inputs", inputs), _doubled("outputs", outputs)
    count = _count(into, out)
    shape = (count, *(d + 1 for d in out), *(d + 1 for d in into))
    if np.prod(shape, dtype=float) > LARGEST:
        raise ArgumentError(
            f"A basis of {count} maps between {len(into)} and {len(out)} spins has more than "
            f"{LARGEST} numbers. Take fewer or smaller spins; `equivariant_count` counts them."
        )
    before, behind = _coupled(into), _coupled(out)
    found = [
        np.einsum("apx,bqx->abpq", behind[j], before[j]).reshape(-1, *shape[1:]) / sqrt(j + 1.0)
        for j in sorted(set(before) & set(behind))
    ]
    return np.concatenate(found) if found else np.zeros(shape)


def equivariant_count(inputs: Sequence[float], outputs: Sequence[float]) -> int:
    r"""Return how many independent maps commute with all rotations.

    .. math:: \sum_J m_{in}(J)\, m_{out}(J)

    Args:
        inputs: spins 0, 1/2, 1, … of the legs that go in.
        outputs: those that come out.

    Returns:
        The number, without making the maps.

    Raises:
        ArgumentError: no spins.

    Cost: legs × the largest total spin.

    Example:
        >>> equivariant_count([0.5] * 3, [0.5] * 3)
        5
    """
    return _count(_doubled("inputs", inputs), _doubled("outputs", outputs))


@few_threads(1)
def invariants(spins: Sequence[float]) -> Floats:
    r"""Return an orthonormal basis of the vectors that no rotation changes.

    Args:
        spins: 0, 1/2, 1, … of the legs.

    Returns:
        Array (vectors, 2j_1 + 1, …, 2j_k + 1), index 0 of a leg m = j; none where no way couples
        the spins to 0.

    Raises:
        ArgumentError: no spins, or a basis of more than 2²⁴ numbers.

    Cost: see `equivariant_maps`.

    Example:
        >>> invariants([0.5, 0.5])[0]
        array([[ 0.        ,  0.70710678],
               [-0.70710678,  0.        ]])

    Reference: Singh, Pfeifer and Vidal, Phys. Rev. A 82, 050301 (2010).
    """
    return equivariant_maps([], spins)


def _doubled(name: str, spins: Sequence[float]) -> tuple[int, ...]:
    """Return 2j of spins."""
    found = []
    for spin in items(name, spins, "spins 0, 1/2, 1, …"):
        twice = 2.0 * real(name, spin, 0.0, 100.0)
        if twice != round(twice):
            raise fail(name, "spins 0, 1/2, 1, …", spin)
        found.append(round(twice))
    return tuple(found)


def _count(into: Sequence[int], out: Sequence[int]) -> int:
    before, behind = _ways(into), _ways(out)
    return sum(count * behind.get(j, 0) for j, count in before.items())


def _ways(spins: Sequence[int]) -> dict[int, int]:
    """Return for every 2J in how many ways spins couple to J."""
    ways = {0: 1}
    for spin in spins:
        after: dict[int, int] = {}
        for j, count in ways.items():
            for total in range(abs(j - spin), j + spin + 1, 2):
                after[total] = after.get(total, 0) + count
        ways = after
    return ways


def _coupled(spins: Sequence[int]) -> dict[int, Floats]:
    """Return for every 2J the couplings of spins to J, (ways, product of dimensions, 2J + 1)."""
    found: dict[int, list[Floats]] = {0: [np.ones((1, 1, 1))]}
    for spin in spins:
        after: dict[int, list[Floats]] = {}
        for j, parts in found.items():
            known = np.concatenate(parts)
            for total in range(abs(j - spin), j + spin + 1, 2):
                table = clebsch_gordan(j, spin, total)
                new = np.einsum("wpm,mst->wpst", known, table)
                flat = new.reshape(len(known), -1, total + 1)
                after.setdefault(total, []).append(flat)
        found = after
    return {j: np.concatenate(parts) for j, parts in found.items()}


@lru_cache(maxsize=4096)
def clebsch_gordan(a: int, b: int, c: int) -> Floats:
    r"""Return ⟨a m, b n | c m + n⟩ for doubled spins, (a + 1, b + 1, c + 1), index 0 is m = j.

    Condon and Shortley's signs; Racah's sum in fractions.

    Reference: Varshalovich, Moskalev and Khersonskii, Quantum Theory of Angular Momentum (1988),
    equation 8.2.1(3).
    """
    out = np.zeros((a + 1, b + 1, c + 1))
    for i in range(a + 1):
        for k in range(b + 1):
            two_m = (a - 2 * i) + (b - 2 * k)
            if abs(two_m) <= c and (c - two_m) % 2 == 0:
                out[i, k, (c - two_m) // 2] = _entry((a, b, c), a - 2 * i, b - 2 * k)
    return out


def _entry(spins: tuple[int, int, int], m: int, n: int) -> float:
    """Return one coefficient; the sum is of fractions, so that no digits cancel."""
    a, b, c = spins
    f = factorial
    ends = (a + b - c) // 2, (a - m) // 2, (b + n) // 2
    low, up = (c - b + m) // 2, (c - a - n) // 2
    total = Fraction(0)
    for k in range(max(0, -low, -up), min(ends) + 1):
        below = f(k) * f(ends[0] - k) * f(ends[1] - k) * f(ends[2] - k) * f(low + k) * f(up + k)
        total += Fraction((-1) ** k, below)
    square = Fraction(
        (c + 1) * f((a + b - c) // 2) * f((a - b + c) // 2) * f((b + c - a) // 2)
        * f((c + m + n) // 2) * f((c - m - n) // 2) * f((a + m) // 2) * f((a - m) // 2)
        * f((b + n) // 2) * f((b - n) // 2),
        f((a + b + c) // 2 + 1),
    ) * total**2  # fmt: skip
    return float(np.sign(float(total))) * sqrt(square)
