"""Charges of levels: integer vectors, k of them, packed into one integer that adds like they do.

A vector (c_1, …, c_k) is stored as Σ_j c_j R^(j-1) with R larger than twice whatever any c_j can
become, so that sums and differences of packed charges are those of the vectors and nothing is
mixed up. Loops over sectors then add and compare single integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array
from qtn._display import Display, Displayed, Table
from qtn.errors import ArgumentError

__all__ = ["Charges", "read_charges"]

_LARGEST = 10**6


@dataclass(frozen=True, slots=True, repr=False)
class Charges(Displayed):
    """The charges of all levels of all sites.

    Args:
        table: entry [site][level] is the vector of that level, k integers.
        radix: the base R of packed charges.
    """

    table: tuple[tuple[tuple[int, ...], ...], ...]
    radix: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        largest = sum(max(abs(c) for level in site for c in level) for site in self.table)
        object.__setattr__(self, "radix", 4 * largest + 3)

    @property
    def kinds(self) -> int:
        """The number k of charges."""
        return len(self.table[0][0])

    def _brief(self) -> str:
        return f"{self.kinds} of {len(self.table)} sites"

    def _display(self) -> Display:
        rows = [
            (str(i), "; ".join(", ".join(map(str, level)) for level in site))
            for i, site in enumerate(self.table)
        ]
        return Display("Charges of levels", tables=[Table(("site", "levels"), rows)])

    def levels(self) -> list[tuple[int, ...]]:
        """Return the packed charge of every level, site by site."""
        return [tuple(self.pack(level) for level in site) for site in self.table]

    def pack(self, vector: tuple[int, ...]) -> int:
        """Return a vector as one integer."""
        radix = self.radix
        return sum(int(c) * radix**j for j, c in enumerate(vector))

    def unpack(self, packed: int) -> tuple[int, ...]:
        """Return the vector of a packed charge."""
        radix, out = self.radix, []
        for _ in range(self.kinds):
            digit = (packed + radix // 2) % radix - radix // 2
            out.append(digit)
            packed = (packed - digit) // radix
        return tuple(out)


def read_charges(charges: Any, phys: tuple[int, ...]) -> Charges:
    """Return the charges of the levels of a chain, from what a user gives.

    Args:
        charges: None, where level b counts b; integers of shape (k, n), where level b of site i
            counts b times entry [j, i]; or of shape (k, n, levels), entry by entry.
        phys: number of levels of every site.

    Raises:
        ArgumentError: another shape, or entries that are no integers.
    """
    n = len(phys)
    if charges is None:
        return Charges(tuple(tuple((b,) for b in range(d)) for d in phys))
    array = finite_array("charges", charges)
    whole = array.dtype.kind in "iu" and array.ndim in (2, 3) and array.size > 0
    fits = whole and array.shape[1] == n and (array.ndim == 2 or array.shape[2] >= max(phys))
    if not fits or np.abs(array).max() > _LARGEST:
        raise fail(
            "charges",
            f"None or integers of shape (k, {n}) or (k, {n}, {max(phys)}) up to {_LARGEST}",
            charges,
            "Row j says how much an excitation of each site adds to charge j.",
        )
    full: NDArray[Any] = array if array.ndim == 3 else array[:, :, None] * np.arange(max(phys))
    return Charges(
        tuple(
            tuple(tuple(int(c) for c in full[:, i, b]) for b in range(d))
            for i, d in enumerate(phys)
        )
    )


def check_same(a: Charges, b: Charges) -> None:
    """Raise unless two states count the same charges on the same sites."""
    if a != b:
        raise ArgumentError(
            f"The two states must have the same sites and charges, but have {len(a.table)} sites "
            f"with {a.kinds} charges and {len(b.table)} with {b.kinds}, or other charges per "
            "level. Make both with the same `charges`, or compare `to_mps()` of both."
        )
