"""Zero-noise extrapolation: run at amplified noise, extrapolate to none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import bounded_int, choice, items, real
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, NoiseTechnique, Variant
from qtn.mitigation.techniques.folding import fold, reachable_factors
from qtn.mitigation.values.extrapolation import FITS, extrapolate, needed_factors
from qtn.mitigation.values.regress import check_rank

SPLITS = ("equal", "optimal", "adaptive")
PARTS = ("observable", "basis", "term")
# decay per unit of noise at which the optimal split is computed; the optimum is flat
_TYPICAL_DECAY = 0.15


@dataclass(frozen=True, slots=True)
class ZNE(NoiseTechnique):
    """Zero-noise extrapolation by unitary folding after transpilation.

    Args:
        factors: noise factors, counted in two-qubit gates; at least 1, distinct. Odd factors can
            always be reached.
        fit: "exponential" (tends to the maximally mixed value), "mixture" (of exponentials, for
            values with several terms), "linear", "richardson", "polynomial",
            "poly-exponential" or "neural".
        order: degree for the polynomial fits.
        folding: "global" or "local".
        by: what is extrapolated by itself and then summed: the whole "observable", the terms of
            each measurement "basis" together, or each "term".
        split: "equal" shots per factor, or "optimal": in proportion to the weight that the fit
            gives to each factor, which minimises the variance at given total; or "adaptive": a
            fifth of the shots is a pilot, whose data tell how the rest is shared out among the
            noise factors and measurement bases.

    Raises:
        ArgumentError: a factor below 1, repeated factors, too few factors for the fit.

    Reference: Giurgica-Tiron et al., arXiv:2005.10921; Temme, Bravyi, Gambetta,
        arXiv:1612.02058, for the Richardson extrapolation.
    """

    factors: tuple[float, ...] = (1, 3, 5)
    fit: str = "exponential"
    order: int = 2
    folding: str = "global"
    by: str = "observable"
    split: str = "equal"

    def __post_init__(self) -> None:
        choice("fit", self.fit, FITS)
        choice("folding", self.folding, ("global", "local"))
        choice("split", self.split, SPLITS)
        choice("by", self.by, PARTS)
        bounded_int("order", self.order, 1, 6)
        object.__setattr__(self, "factors", checked_factors(self.factors, self.fit, self.order))

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "zne(" + ", ".join(f"{f:g}" for f in self.factors) + ")"

    def variants(self, circuit: QuantumCircuit, factor: float, context: Context) -> list[Variant]:
        """Return the folded circuit."""
        allowed = context.executor.allowed
        return [Variant(fold(circuit, factor, method=self.folding, allowed=allowed))]

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor."""
        if self.split != "optimal":
            return (1.0,) * len(self.factors)
        return optimal_shares(self.factors, self.fit, self.order)


def reachable(circuit: QuantumCircuit, factors: tuple[float, ...]) -> tuple[float, ...]:
    """Return distinct factors near the wanted ones that folding reaches on this circuit."""
    return tuple(sorted(set(reachable_factors(circuit, factors))))


def checked_factors(factors: tuple[float, ...], fit: str, order: int) -> tuple[float, ...]:
    """Return sorted, distinct noise factors, enough for the fit."""
    checked = tuple(
        real("factors", f, 1.0, 1e3, way_out="Noise factors are numbers of at least 1.")
        for f in items("factors", factors, "a sequence of noise factors")
    )
    if len(set(checked)) != len(checked):
        raise ArgumentError(f"Argument `factors` must be distinct, but is {list(checked)}.")
    needed = needed_factors(fit, order)
    if len(checked) < needed:
        raise ArgumentError(
            f"Argument `factors` must hold at least {needed} factors for the {fit} fit, "
            f"but holds {len(checked)}. Add factors or choose a simpler fit."
        )
    check_rank(np.array(sorted(checked)), fit, order)
    return tuple(sorted(checked))


def optimal_shares(factors: tuple[float, ...], fit: str, order: int) -> tuple[float, ...]:
    r"""Return shots per factor that minimise the variance of an extrapolation.

    With the value \sum_s c_s y_s and equal variance per shot, Var = \sum_s c_s^2 / N_s is least for
    N_s in proportion to |c_s|. The weights c_s of a weighted fit depend on N_s, hence the few
    rounds; every factor keeps a twentieth.

    Example:
        >>> [round(s, 2) for s in optimal_shares((1.0, 3.0), "linear", 1)]
        [0.75, 0.25]
    """
    x = np.array(factors)
    y = np.exp(-_TYPICAL_DECAY * x)[:, None]
    shares = np.full(len(x), 1 / len(x))
    for _ in range(20):
        weights = np.abs(extrapolate(x, y, 1e-4 / shares[:, None], fit=fit, order=order).jacobian)
        new = np.maximum(weights[:, 0] / weights.sum(), 0.05)
        shares = 0.5 * shares + 0.5 * new / new.sum()
    return tuple(float(s) for s in shares)
