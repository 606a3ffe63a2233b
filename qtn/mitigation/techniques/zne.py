"""Zero-noise extrapolation: run at amplified noise, extrapolate to none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qiskit import QuantumCircuit

from qtn._checks import choice
from qtn.mitigation.techniques.base import Context, Task, Variant
from qtn.mitigation.techniques.extrapolating import Extrapolating, check_fit
from qtn.mitigation.techniques.folding import fold, reachable_factors

SPLITS = ("equal", "optimal", "adaptive")


@dataclass(frozen=True, slots=True, repr=False)
class ZNE(Extrapolating):
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
        choice("folding", self.folding, ("global", "local"))
        choice("split", self.split, SPLITS)
        check_fit(self)

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "zne(" + ", ".join(f"{f:g}" for f in self.factors) + ")"

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor."""
        if self.split != "optimal":
            return (1.0,) * len(self.factors)
        return Extrapolating.shares(self)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with one setting per noise factor."""
        settings = Extrapolating.variants(self, task, context)
        return replace(settings, adaptive=self.split == "adaptive")

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return the folded circuit."""
        return [folded(variant, self.folding, context)]


def folded(variant: Variant, method: str, context: Context) -> Variant:
    """Return a circuit folded to its noise factor with the gates of the device."""
    allowed = context.executor.allowed
    circuit = fold(variant.circuit, variant.factor, method=method, allowed=allowed)
    return replace(variant, circuit=circuit)


def reachable(circuit: QuantumCircuit, factors: tuple[float, ...]) -> tuple[float, ...]:
    """Return distinct factors near the wanted ones that folding reaches on this circuit."""
    return tuple(sorted(set(reachable_factors(circuit, factors))))
