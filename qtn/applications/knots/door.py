"""The Jones polynomial of knots and links: exactly, or from counts of a quantum device."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from qtn._checks import bounded_int, choice, items, pool, positive_int
from qtn._display import Display, Displayed, with_error
from qtn._machine import few_threads
from qtn.applications.knots.bracket import bracket_polynomial
from qtn.applications.knots.braid import CLOSURES, Braid, read_braid
from qtn.applications.knots.hadamard import measured, value_of
from qtn.applications.knots.paths import path_value
from qtn.applications.knots.polynomial import Polynomial
from qtn.applications.knots.tensors import knot_network, tensor_polynomial
from qtn.errors import ArgumentError, VerificationError
from qtn.estimate import Estimate

METHODS = ("auto", "bracket", "path", "tensor", "circuit")
MITIGATIONS = ("rejection", "conjugate")
# "auto": the state sum is the fastest up to so many strands.
FEW_STRANDS = 6
# Seconds that all contractions of a polynomial may take on one core.
LONGEST = 1800.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Jones(Displayed):
    """A Jones polynomial, or its value at exp(2πi/5).

    Args:
        braid: the closed braid.
        method: "bracket", "path", "tensor" or "circuit".
        polynomial: V(t) in whole numbers; None from "path" and "circuit", which know one value.
        real, imag: the parts of V(exp(2πi/5)), with the principal square root of t; their standard
            errors are those of counts, 0 from the exact methods.
        facts: of "circuit": circuits, CX of the largest, the part of the shots kept.
    """

    braid: Braid
    method: str
    polynomial: Polynomial | None
    real: Estimate[float]
    imag: Estimate[float]
    facts: dict[str, Any]

    @property
    def value(self) -> complex:
        """V(exp(2πi/5))."""
        return complex(float(self.real), float(self.imag))

    def _brief(self) -> str:
        what = self.polynomial or self._shown()
        return f"{what}, {self.braid.strands} strands, {self.braid.crossings} crossings"

    def _shown(self) -> str:
        if self.method == "circuit":
            parts = [with_error(e.value, e.stderr) for e in (self.real, self.imag)]
            return f"({parts[0]}) + ({parts[1]})i at exp(2πi/5)"
        return f"{self.value:.9g} at exp(2πi/5)"

    def _display(self) -> Display:
        rows = [
            ("braid", repr(self.braid)),
            ("components", self.braid.components),
            ("method", self.method),
            ("V(t)", repr(self.polynomial) if self.polynomial else None),
            ("V at exp(2πi/5)", self._shown().removesuffix(" at exp(2πi/5)")),
            *self.facts.items(),
        ]
        return Display("Jones polynomial", rows)


@few_threads(1)
def jones(
    braid: Any,
    closure: str = "markov",
    method: str = "auto",
    *,
    shots: int = 100_000,
    mitigation: Sequence[str] = MITIGATIONS,
    seed: int = 0,
    executor: Executor | None = None,
    **options: Any,
) -> Jones:
    r"""Return the Jones polynomial of a knot or link.

    V(t) with :math:`t^{-1} V_{+} - t V_{-} = (t^{1/2} - t^{-1/2}) V_{0}`, 1 for the unknot.

    Args:
        braid: the name of a knot ("3_1" to "7_7", "unknot", "hopf", "solomon", "whitehead",
            "borromean"), a word such as (1, -2, 1, -2) whose letter ±i crosses the strands i and
            i + 1 (positive: right-handed), or a `Braid`, whose own closure counts.
        closure: how the ends are joined, "markov" or "plat"; see `Braid`.
        method: "bracket" (state sum, up to 9 strands) and "tensor" (network contracted in the best
            order found) give the polynomial in whole numbers; "path" (Fibonacci anyons, up to 20
            strands) gives the value at exp(2πi/5); "circuit" measures that value on a device;
            "auto" is "bracket" for few strands, else "tensor".
        shots: of "circuit", in all.
        mitigation: of "circuit": "rejection" of impossible outcomes, "conjugate" run of the mirror
            image against phase errors; both, one or none.
        seed: of "circuit".
        executor: any `concurrent.futures.Executor` for the contractions of "tensor".
        options: of "circuit": `device`, `budget`, … as in `qtn.run`.

    Returns:
        A `Jones`, with `polynomial` or `value`.

    Raises:
        ArgumentError: an unknown name, letters beyond the strands, too many strands for a method,
            an option that the method does not take.
        VerificationError: a contraction is beyond half an hour or 4 GB.

    Cost: see the modules; 15 strands with 114 crossings take a quarter of a second by "tensor".

    Example:
        >>> jones("4_1")
        Jones(t^-2 - t^-1 + 1 - t + t^2, 3 strands, 4 crossings)
        >>> jones((1, 1, 1), method="path").value
        (-0.809...+1.314...j)
    """
    choice("closure", closure, CLOSURES)
    choice("method", method, METHODS)
    positive_int("shots", shots)
    bounded_int("seed", seed, 0)
    pool("executor", executor)
    techniques = [choice("mitigation", m, MITIGATIONS) for m in
                  items("mitigation", mitigation, "names such as (\"rejection\",)")]  # fmt: skip
    known = read_braid(braid, closure)
    chosen = method
    if method == "auto":
        chosen = "bracket" if known.strands <= FEW_STRANDS else "tensor"
    if chosen == "circuit":
        return _by_circuit(known, shots, techniques, seed, options)
    if options:
        raise ArgumentError(
            f'Argument `{min(options)}` is an option of a device: take method="circuit", or leave '
            "it out."
        )
    if chosen == "path":
        return _exact(known, chosen, None, path_value(known))
    found = bracket_polynomial(known) if chosen == "bracket" else _by_tensor(known, executor)
    return _exact(known, chosen, found, found.at_fifth_root())


def _by_tensor(braid: Braid, executor: Executor | None) -> Polynomial:
    knot = knot_network(braid)
    seconds = knot.points / 2 * knot.plan.seconds
    if seconds > LONGEST:
        raise VerificationError(
            f"The polynomial of this braid takes {knot.points // 2} contractions of "
            f"{knot.plan.seconds:.2g} s, more than {LONGEST:g} s in all. A braid with fewer "
            'strands or crossings may be known for the link; method="path" gives one value, up to '
            "20 strands."
        )
    return tensor_polynomial(knot, executor)


def _exact(braid: Braid, method: str, found: Polynomial | None, value: complex) -> Jones:
    real, imag = (Estimate(part, 0.0, 0, "exact") for part in (value.real, value.imag))
    return Jones(braid, method, found, real, imag, {})


def _by_circuit(
    braid: Braid, shots: int, mitigation: list[str], seed: int, options: dict[str, Any]
) -> Jones:
    found = measured(braid, shots, mitigation, seed, **options)
    value, stderr = value_of(braid, found)
    how = " + ".join(["counts", *mitigation])
    facts = {"circuits": found.circuits, "CX": found.cx, "shots": found.shots, "kept": found.kept}
    parts = zip((value.real, value.imag), stderr, strict=True)
    real, imag = (Estimate(v, e, found.shots, how) for v, e in parts)
    return Jones(braid, "circuit", None, real, imag, facts)
