"""What can be loaded by name: scipy's continuous distributions, payoffs of options."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, fail, real
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]

_CALL = re.compile(r"\s*([A-Za-z]\w*)\s*(?:\(([^()]*)\))?\s*")


@dataclass(frozen=True, slots=True)
class Named:
    """A function of one variable with the domain that suits it.

    Args:
        function: amplitudes before normalisation.
        domain: lower and upper end.
        name: what it is called.
    """

    function: Callable[[Floats], Floats]
    domain: tuple[float, float]
    name: str


def distribution(source: Any, tail: float, domain: tuple[float, float] | None) -> Named:
    """Return the square root of a probability density.

    Args:
        source: the name of a continuous distribution of `scipy.stats`, with its shape parameters
            in brackets where it has any ("norm", "gamma(2.5)"), or a frozen one.
        tail: probability that is cut off at each end where the support has none.
        domain: lower and upper end; None: the support, or the quantiles of `tail`.

    Raises:
        ArgumentError: an unknown name (the error says which are near), shape parameters missing or
            impossible, a domain without probability.
    """
    frozen, name = _frozen(source)
    real("tail", tail, 0.0, 0.49, open_low=True)
    if domain is None:
        low, high = (float(x) for x in frozen.ppf([tail, 1 - tail]))
        domain = low, high
    mass = float(frozen.cdf(domain[1]) - frozen.cdf(domain[0]))
    if not np.isfinite(domain).all() or not mass > 0:
        raise ArgumentError(
            f"The distribution {name} has the probability {mass:.3g} between {domain[0]:.6g} and "
            f"{domain[1]:.6g}. Take another domain."
        )

    def amplitude(x: Floats) -> Floats:
        # At the end of a support rounding may give a density that is negative or no number.
        return np.sqrt(np.clip(np.asarray(frozen.pdf(x), dtype=np.float64), 0.0, None))

    return Named(amplitude, domain, name)


def payoff(kind: str, strike: float, domain: tuple[float, float]) -> Named:
    """Return the payoff of an option on a price x: "call" is max(x - strike, 0), "put" the other.

    Raises:
        ArgumentError: a strike outside the domain, another kind.
    """
    ways: dict[str, Callable[[Floats], Floats]] = {
        "call": lambda x: np.maximum(x - strike, 0.0),
        "put": lambda x: np.maximum(strike - x, 0.0),
        "digital": lambda x: np.where(x >= strike, 1.0, 0.0),
    }
    choice("kind", kind, tuple(ways))
    real("strike", strike, domain[0], domain[1])
    return Named(ways[kind], domain, f"{kind} at {strike:g}")


def _frozen(source: Any) -> tuple[Any, str]:
    from scipy import stats

    if not isinstance(source, str):
        if not all(hasattr(source, part) for part in ("pdf", "ppf", "cdf")):
            raise fail("distribution", 'a name such as "norm" or a frozen scipy.stats one', source)
        inner = getattr(source, "dist", source)
        return source, str(getattr(inner, "name", type(inner).__name__))
    names = [k for k in dir(stats) if isinstance(getattr(stats, k), stats.rv_continuous)]
    match = _CALL.fullmatch(source)
    name = match[1] if match else source
    if match is None or name not in names:
        near = difflib.get_close_matches(name, names, n=3) or ["norm", "lognorm", "gamma"]
        raise ArgumentError(
            f"Argument `distribution` must be a continuous distribution of scipy.stats, but is "
            f"{source!r}. Near names: {', '.join(near)}."
        )
    family = getattr(stats, name)
    needs = [part.strip() for part in (family.shapes or "").split(",") if part.strip()]
    try:
        given = [float(part) for part in (match[2] or "").split(",") if part.strip()]
    except ValueError:
        raise fail("distribution", f"numbers in the brackets of {name}", source) from None
    if not len(needs) <= len(given) <= len(needs) + 2:
        example = f"{name}({', '.join(needs)})" if needs else name
        raise ArgumentError(
            f"Argument `distribution`: {name} has the shape parameters {', '.join(needs) or 'none'}"
            f" (then location and scale, if any), but {len(given)} numbers were given. Write "
            f"{example!r} with numbers."
        )
    frozen = family(*given)
    if not np.isfinite(frozen.ppf(0.5)):
        raise ArgumentError(
            f"Argument `distribution`: {name} does not exist for the parameters {given}."
        )
    return frozen, source.strip()
