"""The door `qtn.ising_partition`: the two-dimensional Ising model by tensor networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtn._checks import bounded_int, choice, fail, items, positive_int, real
from qtn._display import Display, Displayed
from qtn._machine import few_threads
from qtn._memory import check_memory
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.lattice.coarse_graining import renormalised
from qtn.physics.lattice.corners import corner_transfer
from qtn.physics.lattice.torus import Limits, torus_log, torus_plan
from qtn.physics.lattice.weights import bond_root, log_scale, onsager, site_tensor

METHODS = ("exact", "hotrg", "ctmrg")
ROUNDING = 1e-12
LARGEST_BETA = 1e6
MOST_SPINS = 4096
"""Of a torus whose contraction is looked for; long before, it takes too long."""


@dataclass(frozen=True, slots=True, repr=False)
class IsingPartition(Displayed):
    """ln Z per site with how far it is converged.

    Args:
        beta: inverse temperature, in units of 1/J.
        field: in units of J.
        size: rows and columns of the torus; None for the infinite lattice.
        method: "exact", "hotrg" or "ctmrg".
        max_bond: χ; None for the exact contraction.
        log_per_site: ln Z per site, -βf.
        error: rounding of the exact contraction; else the change from two thirds of the bond, and
            what further steps would change.
        onsager: the exact value, known for the infinite lattice without a field.
    """

    beta: float
    field: float
    size: tuple[int, int] | None
    method: str
    max_bond: int | None
    log_per_site: float
    error: float
    onsager: float | None

    @property
    def free_energy(self) -> float:
        """Free energy per site in units of J, -ln Z / (β N); minus infinity at β = 0."""
        return -self.log_per_site / self.beta if self.beta else -math.inf

    def _brief(self) -> str:
        where = "infinite" if self.size is None else f"{self.size[0]}×{self.size[1]}"
        bond = "" if self.max_bond is None else f", bond {self.max_bond}"
        exact = "" if self.onsager is None else f", Onsager {self.onsager:.12f}"
        return (
            f"{where}, beta {self.beta:.6g}, {self.method}{bond}: ln Z / N = "
            f"{self.log_per_site:.12f} ± {self.error:.1e}{exact}"
        )

    def _display(self) -> Display:
        rows = [
            ("lattice", "infinite" if self.size is None else f"{self.size[0]} × {self.size[1]}"),
            ("β, field", f"{self.beta:.6g}, {self.field:.6g}"),
            ("method", self.method),
            ("bond", self.max_bond),
            ("ln Z per site", f"{self.log_per_site:.12f} ± {self.error:.1e}"),
            ("Onsager", None if self.onsager is None else f"{self.onsager:.12f}"),
            ("free energy per site", f"{self.free_energy:.12g} J"),
        ]
        return Display("Ising partition function", rows)


@few_threads(1)
def ising_partition(
    beta: float,
    size: int | tuple[int, int] | None = None,
    *,
    field: float = 0.0,
    method: str | None = None,
    max_bond: int = 24,
) -> IsingPartition:
    r"""Return the partition function of the ferromagnetic Ising model on the square lattice.

    .. math:: Z = \sum_{s = ±1} \exp\Big( β \sum_{⟨ij⟩} s_i s_j + β h \sum_i s_i \Big)

    Args:
        beta: inverse temperature β ≥ 0, in units of 1/J.
        size: sides of a torus, one number if equal; None for the infinite lattice.
        field: h, in units of J.
        method: "exact" contracts a torus as a whole; "hotrg" renormalises a torus whose sides are
            equal and a power of two, or the infinite lattice; "ctmrg" takes corner transfer
            matrices of the infinite lattice. None is "exact" with a size, else "ctmrg".
        max_bond: χ of "hotrg" and "ctmrg".

    Returns:
        An `IsingPartition`: ln Z per site, its error, and Onsager's value where it holds.

    Raises:
        ArgumentError: negative temperatures, sizes below 1, a method that has no such lattice.
        VerificationError: the exact contraction takes more than five minutes or 4 GB.

    Cost: exact about 2^(2L) for a torus of L × L; "hotrg" O(χ⁷), "ctmrg" O(χ³) per step.

    Example:
        >>> found = ising_partition(0.3)
        >>> round(found.log_per_site - found.onsager, 12)
        0.0
        >>> round(ising_partition(0.4, 4).log_per_site, 9)
        0.910068314

    Reference: Xie et al., Phys. Rev. B 86, 045139 (2012); Nishino and Okunishi, J. Phys. Soc. Jpn.
        65, 891 (1996). Bars are ours.
    """
    b = real("beta", beta, 0.0, LARGEST_BETA, way_out="Temperatures are positive.")
    h = real("field", field, -LARGEST_BETA, LARGEST_BETA)
    sides = None if size is None else _sides(size)
    chi = bounded_int("max_bond", max_bond, 2)
    chosen = ("ctmrg" if sides is None else "exact") if method is None else method
    choice("method", chosen, METHODS)
    if chosen == "exact":
        return _exactly(b, h, sides)
    if chosen == "ctmrg" and sides is not None:
        raise fail("size", 'None with method="ctmrg"', size, "Corner matrices are of no torus.")
    steps = None
    if sides is not None:
        steps = 2 * int(math.log2(sides[0]))
        if sides[0] != sides[1] or 2 ** (steps // 2) != sides[0]:
            raise fail("size", 'equal powers of two with method="hotrg"', size,
                       'method="exact" takes any size.')  # fmt: skip
    check_memory(32.0 * float(chi) ** (5 if chosen == "hotrg" else 2), f"Bond {chi} of {chosen}")
    fewer = max(2, 2 * chi // 3)
    tensor = site_tensor(b, h)
    if chosen == "hotrg":
        value, coarse = (renormalised(tensor, steps, bond) for bond in (chi, fewer))
        left = 0.0
    else:
        up = bond_root(b)[0 if h >= 0 else 1]
        fine, other = (corner_transfer(tensor, up, bond) for bond in (chi, fewer))
        value, coarse, left = fine.log, other.log, fine.left + other.left
    exact = onsager(b) if sides is None and h == 0.0 else None
    total = value + log_scale(b, h)
    error = abs(value - coarse) + left + ROUNDING * max(1.0, total)
    return IsingPartition(b, h, sides, chosen, chi, total, error, exact)


def _sides(size: int | tuple[int, int]) -> tuple[int, int]:
    if isinstance(size, tuple | list):
        pair = items("size", size, "one side or two")
        if len(pair) != 2:
            raise fail("size", "one side or two", size)
        return positive_int("size[0]", pair[0]), positive_int("size[1]", pair[1])
    side = positive_int("size", size)
    return side, side


def _exactly(beta: float, field: float, sides: tuple[int, int] | None) -> IsingPartition:
    if sides is None:
        raise ArgumentError(
            'Argument `size` must be given with method="exact", which contracts a torus. Take '
            'method="ctmrg" for the infinite lattice.'
        )
    rows, columns = sides
    if rows * columns > MOST_SPINS:
        raise fail("size", f'at most {MOST_SPINS} spins with method="exact"', sides)
    limits = Limits()
    plan = torus_plan(rows, columns, beta, field, limits)
    if plan.seconds > limits.seconds or plan.memory > limits.memory:
        raise VerificationError(
            f"The exact contraction of a torus of {rows} × {columns} would take about "
            f"{plan.seconds:.2g} s and {plan.memory / 1e9:.2g} GB, beyond {limits.seconds:g} s and "
            f'{limits.memory / 1e9:g} GB. Take a smaller one, or method="hotrg".'
        )
    value = torus_log(plan, rows * columns, beta, field)
    return IsingPartition(
        beta, field, sides, "exact", None, value, ROUNDING * max(1.0, value), None
    )
