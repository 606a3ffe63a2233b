r"""How many shots decide between classes, from exact probabilities, before anything runs.

The counts of class l in S shots are of mean S λ_l, and its score is their number times v_l. With
independent Poisson counts Chernoff's bound of the wrong order of a winner a and a class b is

.. math:: P(v_a k_a \le v_b k_b) \le e^{-S r}, \quad
    r = \max_t\, λ_a (1 - e^{-t v_a}) + λ_b (1 - e^{t v_b}), \quad
    t = \frac{\ln(λ_a v_a / λ_b v_b)}{v_a + v_b}

at its maximum. Where counts weigh the same this is r = (√λ_a - √λ_b)², so that a decision that is
wrong with probability δ at most takes

.. math:: S = \frac{\ln(1/δ)}{(\sqrt{λ_a} - \sqrt{λ_b})^2}

shots. Counts of one multinomial scatter less, and the bound holds for them too.

A head that is linear in the amplitudes a_o = √p_o of the outcomes sees them with the variance
1/(4 S) each, whatever p is; a difference g of two logits with the gradient ∇g (along the unit
sphere) is then of the wrong sign with probability e^{-2 S g²/|∇g|²} at most, which for two outcomes
and g = a_1 - a_2 is the same formula.

Noise: every probability p becomes keep · p + (1 - keep) · blank, blank that of a state about which
nothing is known.

Reference: Chernoff, Ann. Math. Stat. 23, 493 (1952).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 1e-300  # a rate that stands for none
STEP = 1e-4  # of numerical gradients by amplitudes


class Signal(ABC):
    """What the circuits of a form tell of the classes of rows, in probabilities."""

    __slots__ = ()

    circuits: int  # among how many the shots are shared

    @abstractmethod
    def rate(self, keep: float = 1.0) -> Floats:
        """Return r of every row, per shot of all circuits together: P(wrong) ≤ exp(-S r).

        Args:
            keep: share of the signal that noise leaves.

        Returns:
            Shape (batch,), at least 0; 0 where noise turns the order.
        """

    @abstractmethod
    def most(self) -> Floats:
        """Return the r that a row would have if all other classes were silent, (batch,)."""

    def shots(self, error: float, keep: float = 1.0) -> Floats:
        """Return the shots per row, of all circuits together, that decide at this error."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(1.0 / error) / self.rate(keep))


@dataclass(frozen=True, slots=True, eq=False)
class Counts(Signal):
    """Scores that are counts, one probability per class.

    Args:
        p: probability per shot of the class's circuit, (batch, classes).
        values: what a count adds to the score, (classes,).
        circuits: among how many the shots are shared; each class has one of them.
        blank: p of a state about which nothing is known, (classes,).
    """

    p: Floats
    values: Floats
    circuits: int
    blank: Floats

    def rate(self, keep: float = 1.0) -> Floats:
        """Return the least rate of the winner over the other classes."""
        rates = (keep * self.p + (1.0 - keep) * self.blank) / self.circuits
        rates = np.maximum(rates, LEAST)
        rows, best = np.arange(len(self.p)), np.argmax(self.p * self.values, axis=1)
        first, value = rates[rows, best][:, None], self.values[best][:, None]
        turn = np.log(first * value / (rates * self.values)) / (value + self.values)
        turn = np.maximum(turn, 0.0)
        exponents = first * -np.expm1(-turn * value) - rates * np.expm1(turn * self.values)
        exponents[rows, best] = np.inf
        return np.asarray(np.maximum(exponents.min(axis=1), 0.0))

    def most(self) -> Floats:
        """Return the rate of the winner's own counts."""
        best = np.argmax(self.p * self.values, axis=1)
        return np.asarray(self.p[np.arange(len(self.p)), best] / self.circuits)


@dataclass(frozen=True, slots=True, eq=False)
class Headed(Signal):
    """Scores that a head makes of one distribution.

    Args:
        p: the distribution, (batch, outcomes).
        head: distributions to scores (batch, classes), positive.
        circuits: one.
    """

    p: Floats
    head: Callable[[Floats], Floats]
    circuits: int = 1

    def rate(self, keep: float = 1.0) -> Floats:
        """Return 2 g²/|∇g|² of the winner's logit above that of each other class, the least."""
        p = keep * self.p + (1.0 - keep) / self.p.shape[1]
        rows, best = np.arange(len(p)), np.argmax(self.head(self.p), axis=1)
        amplitudes = np.sqrt(p)

        def gaps(at: Floats) -> Floats:
            logits = np.log(np.maximum(self.head(at**2), LEAST))
            return np.asarray(logits[rows, best][:, None] - logits)

        slopes = np.stack(
            [
                (gaps(amplitudes + step) - gaps(np.maximum(amplitudes - step, 0.0))) / (2 * STEP)
                for step in STEP * np.eye(p.shape[1])
            ],
            axis=2,
        )
        along = np.einsum("bco,bo->bc", slopes, amplitudes)[:, :, None] * amplitudes[:, None]
        found, squares = gaps(amplitudes), ((slopes - along) ** 2).sum(axis=2)
        exponents = 2.0 * np.maximum(found, 0.0) ** 2 / np.maximum(squares, LEAST)
        exponents[rows, best] = np.inf
        return np.asarray(exponents.min(axis=1))

    def most(self) -> Floats:
        """Return 1: outcomes are always counted."""
        return np.ones(len(self.p))
