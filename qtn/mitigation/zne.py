"""Zero-noise extrapolation: run at amplified noise, extrapolate to none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qtn._checks import bounded_int, choice, real
from qtn.errors import ArgumentError
from qtn.mitigation.extrapolate import FITS, needed_factors
from qtn.mitigation.technique import Technique


@dataclass(frozen=True, slots=True)
class ZNE(Technique):
    """Zero-noise extrapolation by unitary folding after transpilation.

    Args:
        factors: noise factors, counted in two-qubit gates; at least 1, distinct. Odd factors can
            always be reached.
        fit: "exponential" (tends to the maximally mixed value), "linear", "richardson",
            "polynomial" or "poly-exponential".
        order: degree for the polynomial fits.
        folding: "global" or "local".
        per_term: extrapolate every term of the observable by itself instead of their sum.

    Raises:
        ArgumentError: a factor below 1, repeated factors, too few factors for the fit.

    Reference: Giurgica-Tiron et al., arXiv:2005.10921; Temme, Bravyi, Gambetta,
        arXiv:1612.02058, for the Richardson extrapolation.
    """

    stage: ClassVar[str] = "noise"

    factors: tuple[float, ...] = (1, 3, 5)
    fit: str = "exponential"
    order: int = 2
    folding: str = "global"
    per_term: bool = False

    def __post_init__(self) -> None:
        choice("fit", self.fit, FITS)
        choice("folding", self.folding, ("global", "local"))
        bounded_int("order", self.order, 1, 6)
        factors = tuple(
            real("factors", f, 1.0, 1e3, way_out="Noise factors are numbers of at least 1.")
            for f in self.factors
        )
        if len(set(factors)) != len(factors):
            raise ArgumentError(f"Argument `factors` must be distinct, but is {list(factors)}.")
        needed = needed_factors(self.fit, self.order)
        if len(factors) < needed:
            raise ArgumentError(
                f"Argument `factors` must hold at least {needed} factors for the {self.fit} fit, "
                f"but holds {len(factors)}. Add factors or choose a simpler fit."
            )
        object.__setattr__(self, "factors", tuple(sorted(factors)))

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "zne(" + ", ".join(f"{f:g}" for f in self.factors) + ")"
