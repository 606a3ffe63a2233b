r"""The fidelity of a noisy circuit from chains of its density operator whose bonds were cut.

Let ρ be the true density operator, σ the one kept at bond D and T = \|t⟩⟨t\|. In the
Hilbert–Schmidt norm ‖·‖ the projector T has length 1, so by Cauchy–Schwarz

.. math:: |⟨t|ρ|t⟩ - ⟨t|σ|t⟩| = |\mathrm{Tr}\,T(ρ - σ)| ≤ ‖ρ - σ‖ .

The value is ⟨t|σ|t⟩ itself, not divided by Tr σ: what truncation drops is orthogonal to what it
keeps, so σ is a projection of ρ, and its error of the trace is an error along the identity, of
which T sees little. Divided by the trace the error was some ten times larger.

**Length of the error.** Every truncation states the relative weight that it loses. If the losses
are independent and the channels shrink nothing, ‖ρ - σ‖² is lost · ‖σ‖². How they add up in this
circuit is measured one step down, where the truth is known: ‖σ_D - σ_{D/2}‖² =
r · lost_{D/2} · ‖σ_D‖², and

.. math:: h² = 2\,\max(1, r)\,\mathrm{lost}_D\,‖σ_D‖² .

**Its share along T.** The error is spread over 4^n directions, of which T is one:
c = |⟨t|σ_D - σ_{D/2}|t⟩| / ‖σ_D - σ_{D/2}‖ tells what part of it the fidelity sees, and D/4 against
D/2 tells it once more, lest one value agrees by accident. The half-width is

.. math:: h · \min(1,\; 0.1 + 2 \max(c_{D/2}, c_{D/4})) .

**Evidence.** On 132 chains of 6 to 9 qubits with depolarising and relaxation noise, cut at bonds
2 to 96 (exact values by dense channels; six targets each), ‖ρ - σ‖² was at most 1.65 times
max(1, r) · lost · ‖σ‖², and all 792 half-widths held. Coverage on circuits of other seeds and kinds
is measured in `tests/verification/test_noisy_fidelity.py`. It is evidence on circuits like these,
no proof.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from qtn.states import MPS
from qtn.verification.engines.base import ROUNDING, Interval
from qtn.verification.engines.noisy import NoisyState
from qtn.verification.engines.truncated import CERTIFIED

SAFETY = 2.0
"""Factor on the lost weight; the largest needed in calibration was 1.65."""
SHARE = (0.1, 2.0)
"""Part of ‖ρ - σ‖ that is always added, and what the share seen between two bonds counts."""
FAR = 0.1
"""Lost weight above which a coarse chain says nothing about the direction of the error."""
CANCELLATION = 1e-16
"""Rounding of a squared distance, relative to the squared norms that it is a difference of."""


def noisy_fidelity(states: Sequence[NoisyState], target: MPS) -> Interval:
    """Return ⟨t|ρ|t⟩ and its interval: a bound where nothing was cut, else an estimate.

    Args:
        states: the circuit's density operator, best bond first; half and a quarter of the bond
            behind it where it lost weight.
        target: normalised target.

    Returns:
        The interval; it is all of [0, 1] ("not certified") where there is no coarser bond to tell,
        or where the estimate would be wider than half of that.

    Raises:
        ArgumentError: if the circuit does not act on all its qubits along a line in order.

    Cost:
        O(n χ_ρ χ_t² (χ_ρ + χ_t)) per state, and O(n χ_ρ³).
    """
    found = [state.fidelity(target) for state in states]
    value = min(1.0, max(0.0, found[0]))
    if states[0].exact:
        return _within(value, states[0].distance, rigorous=True)
    width = math.inf if len(states) < 2 else _half_width(states, found)
    if 2.0 * width > CERTIFIED:
        return Interval(value, 0.0, 1.0, False)
    return _within(value, width, rigorous=False)


def _within(value: float, width: float, *, rigorous: bool) -> Interval:
    width += ROUNDING
    return Interval(value, max(0.0, value - width), min(1.0, value + width), rigorous)


def _half_width(states: Sequence[NoisyState], found: Sequence[float]) -> float:
    """Return the half-width of a value found at several bonds; see the head of this file."""
    purity = states[0].state.purity()
    squares = [_squared_distance(a, b) for a, b in pairwise(states)]
    lost = max(states[1].lost, CANCELLATION)
    coherence = max(1.0, squares[0] / (lost * purity))
    error = math.sqrt(SAFETY * coherence * states[0].lost * purity)
    shares = [
        abs(a - b) / math.sqrt(square)
        for (a, b), square, coarse in zip(pairwise(found), squares, states[1:], strict=True)
        if coarse is states[1] or coarse.lost <= FAR
    ]
    return error * min(1.0, SHARE[0] + SHARE[1] * max(shares))


def _squared_distance(a: NoisyState, b: NoisyState) -> float:
    """Return ‖σ_a - σ_b‖², at least what rounding leaves of it."""
    norms = a.state.purity() + b.state.purity()
    return max(norms - 2.0 * a.state.overlap(b.state), CANCELLATION * norms)
