r"""What truncations can have done to a state and to its values: bounds, tighter than Σ √ε.

**The account.** A truncation at the orthogonality centre splits the state v = φ_k + e_k into what
is kept and what is lost, with ‖e_k‖ = δ_k and e_k ⊥ φ_k. Unitary gates keep norms, so the exact
state is φ plus all e_k, each carried on by the later gates: ‖ψ - φ‖ ≤ Σ δ_k.

**Sweeps.** Gates are applied in sweeps that go one way, each gate beyond the bond cut before. Going
right, truncation k projects the sites up to its bond on a space P_k. Later gates of the sweep act
beyond that bond and commute with P_k, and the next projection keeps a part of its image only,
P_{k+1} ≤ P_k. So all that is lost in one sweep is mutually orthogonal (the same leftwards), and

.. math:: ‖ψ - φ‖ ≤ \sum_\mathrm{sweeps} \sqrt{\sum_k δ_k^2} .

**Values.** Let O be Hermitian with ‖O‖ ≤ 1 and O_s what it has become, seen back from the end, just
after sweep s, whose state is φ_s of norm n_s. The sweep changed its value by

.. math:: 2\,\mathrm{Re} \sum_k ⟨φ_k|O|e_k⟩ + \sum_k ⟨e_k|O|e_k⟩ .

At bond b the lost e_k and the kept φ_k share no Schmidt vector on either side. So ⟨φ_k|O|e_k⟩ = 0
unless O acts on both sides of the bond: only bonds within the causal cone of O count, which for the
last sweeps, where most is lost, are few. With C the truncations at such bonds, φ_k = φ_s + Σ of the
e that the sweep lost later, and with v the value in the state kept of weight K,

.. math:: |⟨ψ|O|ψ⟩ - v| ≤ f \sum_s 2 n_s \sqrt{\sum_C δ_k^2}
          + \sum_s \sum_C 2 δ_k \sqrt{\sum_{l > k} δ_l^2} + (1 - K)(1 + |v|) .

Since e ⊥ φ_s, f = √(1 - u²) will do, u the least |⟨O_s⟩| in any φ_s, which is |v| less the bound
with f = 1 (over K).

Reference: the sum over truncations and the causal cone are common; orthogonality within a sweep is
that of Schollwöck, Ann. Phys. 326, 96 (2011), section 4.5, with gates in between.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from qtn._display import Display, Displayed

__all__ = ["Loss", "Losses"]

ROUNDING, PER_GATE = 1e-12, 1e-14
"""Double precision: no bound is below this, and bases are orthonormal and invariant to so much."""


@dataclass(frozen=True, slots=True, repr=False)
class Loss(Displayed):
    """One gate on sites `left` and `left` + 1.

    Args:
        sweep: number of its sweep.
        left: its left site, and the bond right of it.
        weight: squared norm that its truncation lost, of a state of norm 1 at the start.
    """

    sweep: int
    left: int
    weight: float

    def _brief(self) -> str:
        return f"bond {self.left}, sweep {self.sweep}: {self.weight:.3g}"

    def _display(self) -> Display:
        rows = [("bond", self.left), ("sweep", self.sweep), ("weight lost", f"{self.weight:.3g}")]
        return Display("Loss of one truncation", rows)


@dataclass(frozen=True, slots=True, repr=False)
class Losses(Displayed):
    """What every gate on two sites lost, in the order in which they were applied.

    Args:
        each: one entry per gate.
    """

    each: tuple[Loss, ...] = ()

    @property
    def kept(self) -> float:
        """Squared norm that is left of a state of norm 1."""
        return 1.0 - math.fsum(loss.weight for loss in self.each)

    @property
    def distance(self) -> float:
        """Bound of ‖ψ - φ‖ for unitary gates; the kept state is not normalised."""
        weights: dict[int, float] = {}
        for loss in self.each:
            weights[loss.sweep] = weights.get(loss.sweep, 0.0) + loss.weight
        return math.fsum(map(math.sqrt, weights.values()))

    def _brief(self) -> str:
        return f"{len(self.each)} gates, weight {1.0 - self.kept:.3g} lost"

    def _display(self) -> Display:
        rows = [
            ("gates on two sites", len(self.each)),
            ("weight lost", f"{1.0 - self.kept:.3g}"),
            ("distance at most", f"{self.distance:.3g}"),
        ]
        return Display("Losses of truncations", rows)

    def discarded(self, n: int) -> np.ndarray:
        """Return the weight lost at each of the n - 1 bonds."""
        found = np.zeros(max(n - 1, 0))
        for loss in self.each:
            found[loss.left] += loss.weight
        return found

    def half_width(self, sites: Collection[int], value: float) -> float:
        """Return a bound of |⟨O⟩ in the exact state - value| for unitary gates and ‖O‖ ≤ 1.

        Args:
            sites: where O acts, as sites of the chain that the gates were applied to.
            value: ⟨O⟩ in the normalised state that was kept.

        Cost: O(gates).
        """
        support, kept = set(sites), self.kept
        first, second, later = 0.0, 0.0, 0.0
        for sweep in self._backwards():
            crossing, behind = 0.0, 0.0
            low, high = (min(support), max(support)) if support else (0, 0)
            for loss in reversed(sweep):
                if low <= loss.left < high and loss.weight > 0.0:
                    crossing += loss.weight
                    second += 2.0 * math.sqrt(loss.weight * behind)
                behind += loss.weight
            first += 2.0 * math.sqrt(min(1.0, kept + later)) * math.sqrt(crossing)
            later += behind
            for loss in reversed(sweep):
                if loss.left in support or loss.left + 1 in support:
                    support |= {loss.left, loss.left + 1}
        rest = second + max(0.0, 1.0 - kept) * (1.0 + abs(value)) + ROUNDING
        rest += PER_GATE * len(self.each)
        if not kept > 0.0:
            return 1.0 + abs(value)
        least = max(0.0, abs(value) - (first + rest) / kept)
        return min(1.0 + abs(value), first * math.sqrt(max(0.0, 1.0 - least**2)) + rest)

    def _backwards(self) -> list[list[Loss]]:
        """Return the sweeps, last first."""
        found: dict[int, list[Loss]] = {}
        for loss in self.each:
            found.setdefault(loss.sweep, []).append(loss)
        return [found[sweep] for sweep in sorted(found, reverse=True)]
