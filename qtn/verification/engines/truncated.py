r"""What a truncated chain says: estimates of its distance from the true state and of its values.

Let φ be the state kept at bond D and ψ the true one, F = |⟨ψ|φ⟩|² = 1 - ε. With ψ = √F φ + √ε χ,
χ ⊥ φ, a product P of Paulis (‖P‖ ≤ 1, v = ⟨φ|P|φ⟩) has the true value

.. math:: ⟨ψ|P|ψ⟩ = v + 2\sqrt{Fε}\,\mathrm{Re}⟨φ|P|χ⟩ + ε\,(⟨χ|P|χ⟩ - v) .

**The lost weight ε.** Π (1 - ε_k), the product of the kept weights, is F if the losses are
independent. Regular circuits lose coherently: the Néel state under equal XX + YY gates has up to
four times the infidelity. How coherently is measured one step down, where the truth is known:
F_½ = |⟨φ_D|φ_{D/2}⟩|² = kept_½^r defines r, the circuit's own exponent, and

.. math:: F ≥ \mathrm{kept}^{\,1.5\,\max(1, r)} .

**First order.** Its size at bond D/2 is seen in how values change from D/2 to D. One value may
agree by accident, so every term is asked through 32 probes: on the two outermost pairs of
neighbours of its support all 16 pairs of Paulis stand in its place, the rest of it stays. δ is the
largest change of any of them. The amplitude goes as √(lost weight), so with e = 1 - kept and
g = e/e_½ the error at D is about δ √g / (1 - g): where halving the bond hardly lost more, the
differences say little. The change from D/4 to D/2 in the same way counts half, if it is larger.

**Second order.** At most ε (1 + |v|), ε on the safe side. The probes hold what of it D/2 shows;
what both bonds lose alike they cannot hold, and that is all of it where g is near 1. Nor does an
average over many small losses speak for few large ones, as in Clifford circuits, whose Schmidt
values are equal: with K = (Σ √ε_k)² / Σ ε_k losses, ε (1 + |v|)(0.15 + 0.85 max(g⁴, 1/K)) is added.

For Σ c P the terms' widths add in squares, with the change of the whole sum as one more. No
interval is wider than what the angle allows, 2 √ε Σ|c|.

**Evidence** that this deserves the word "estimate": the constants were set on 213 truncated
circuits (Néel, domain wall, disordered, transverse Ising, strong gates and echoes, all of free
fermions with exact values by Pfaffians, n = 40 to 63, depth 8 to 40, bonds 16 to 48; dense circuits
of 12 to 16 qubits), 20 observables each, where 99.8 % of the intervals hold the true value.
`tests/verification/test_coverage.py` measures the coverage on circuits of other seeds, sizes and
kinds. It is evidence on circuits like these, no proof: whoever knows the rule can break it.

Reference: Y. Zhou, E. M. Stoudenmire and X. Waintal, Phys. Rev. X 10, 041038 (2020), for the
product of the kept weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states import MPS
from qtn.states.operators import FACTORS, Term
from qtn.verification.engines.prepared import PreparedState

Array = NDArray[Any]

SAFETY = 1.5
"""Factor on the exponent of the kept weight; the largest needed in calibration was 1.41."""
COARSE = 0.5
"""What the change from D/4 to D/2 counts beside that from D/2 to D."""
SECOND = (0.15, 0.85)
"""Part of ε (1 + |v|) that is always added, and what comes to it where g = 1 or K = 1."""
SATURATED = 0.1
"""Least 1 - g: where it is smaller the second order speaks."""
CERTIFIED = 0.5
"""Half-width, as a part of Σ|c|, above which a value is not certified."""
PROBED = 200
"""Terms that are asked through probes, at most; the others count as their root mean square."""
LETTERS = np.stack([np.eye(2, dtype=complex), FACTORS["X"], FACTORS["Y"], FACTORS["Z"]])
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Ladder:
    """One circuit at bonds D, D/2, D/4, best first."""

    states: tuple[PreparedState, ...]
    chains: tuple[MPS, ...]

    @classmethod
    def of(cls, states: Sequence[PreparedState]) -> Ladder:
        """Put the states of one engine together, best first."""
        return cls(tuple(states), tuple(s.chain() for s in states))

    @property
    def kept(self) -> tuple[float, ...]:
        """Term of the kept weights at each bond."""
        return tuple(s.kept for s in self.states)

    @property
    def lost(self) -> tuple[float, ...]:
        """1 - kept of each chain."""
        return tuple(max(1.0 - k, TINY) for k in self.kept)

    @property
    def infidelity(self) -> float:
        """Estimate, on the safe side, of what the best chain lacks of the true state."""
        if len(self.chains) < 2 or self.kept[1] >= 1.0:
            exponent = 1.0
        else:
            overlap = abs(self.chains[0].overlap(self.chains[1])) ** 2
            exponent = max(1.0, math.log(max(overlap, TINY)) / math.log(max(self.kept[1], TINY)))
        return min(1.0, 1.0 - max(self.kept[0], TINY) ** (SAFETY * exponent))

    @property
    def steps(self) -> tuple[float, ...]:
        """Factors from the changes D/2 to D and D/4 to D/2 to the first order at bond D."""
        ratio = self.ratio
        factors = (1.0, COARSE)
        return tuple(
            c * min(1.0, math.sqrt(self.lost[0] / e)) / max(SATURATED, 1.0 - ratio)
            for c, e in zip(factors, self.lost[1:], strict=False)
        )

    @property
    def ratio(self) -> float:
        """g = e/e_½, the lost weight relative to that at half the bond."""
        return min(1.0, self.lost[0] / self.lost[1])


def probe_changes(ladder: Ladder, terms: Sequence[Term]) -> Array:
    """Return for every term the largest first-order change that its probes suggest at bond D.

    Args:
        ladder: the circuit at several bonds.
        terms: product operators with factors.

    Returns:
        Array (terms,), for coefficient 1.

    Cost:
        O(span · χ³) per term, for at most 200 terms.
    """
    if not terms:
        return np.zeros(0)
    chosen = list(range(0, len(terms), -(-len(terms) // PROBED)))
    tables = []
    for chain in ladder.chains:
        environments = left_environments(chain)
        tables.append(np.array([probes(chain, environments, terms[k]) for k in chosen]))
    found = np.zeros(len(chosen))
    for k, step in enumerate(ladder.steps):
        found = np.maximum(found, step * np.abs(tables[k] - tables[k + 1]).max(axis=1))
    out = np.full(len(terms), float(np.sqrt(np.mean(found**2))))
    out[chosen] = found
    return out


def left_environments(chain: MPS) -> list[Array]:
    """Return ⟨φ|φ⟩ contracted over sites 0 … i-1, for every i."""
    out = [np.ones((1, 1), dtype=complex)]
    for tensor in chain.tensors:
        out.append(_from_left(out[-1], tensor, None))
    return out


def probes(chain: MPS, environments: Sequence[Array], term: Term) -> Array:
    """Return the values (32,) of a term whose outermost pairs hold all 16 pairs of Paulis each."""
    tensors, factors = chain.tensors, dict(term.factors)
    first = max(0, min(factors) - 1)
    last = min(chain.n - 1, max(factors) + 1)
    if first == last:  # one qubit
        return _values(environments[0], tensors[0], None, np.eye(1))
    right: Array = np.eye(tensors[last].shape[2])
    for k in range(last, first + 1, -1):
        right = _from_right(right, tensors[k], factors.get(k))
    left = environments[first]
    for k in range(first, last - 1):
        left = _from_left(left, tensors[k], factors.get(k))
    end = np.eye(tensors[last].shape[2])
    return np.concatenate(
        [
            _values(environments[first], tensors[first], tensors[first + 1], right),
            _values(left, tensors[last - 1], tensors[last], end),
        ]
    )


def _from_left(left: Array, tensor: Array, letter: str | None) -> Array:
    """Contract one more site; environments are (bra, ket)."""
    ket = np.tensordot(left, tensor, 1)
    if letter is not None:
        ket = np.matmul(FACTORS[letter], ket)
    return np.tensordot(tensor.conj(), ket, axes=((0, 1), (0, 1)))


def _from_right(right: Array, tensor: Array, letter: str | None) -> Array:
    ket = np.tensordot(tensor, right, axes=(2, 1))
    if letter is not None:
        ket = np.matmul(FACTORS[letter], ket)
    return np.tensordot(tensor.conj(), ket, axes=((1, 2), (1, 2)))


def _values(left: Array, a: Array, b: Array | None, right: Array) -> Array:
    """Return the values of all Paulis on one site, or of all pairs on two, between environments."""
    pair = a if b is None else np.tensordot(a, b, 1).reshape(len(a), -1, b.shape[2])
    ket = np.tensordot(np.tensordot(left, pair, 1), right, axes=(2, 1))
    matrix = np.tensordot(pair.conj(), ket, axes=((0, 2), (0, 2)))  # (bra, ket)
    if b is None:
        return np.einsum("aij,ij->a", LETTERS, matrix).real
    block = matrix.reshape(2, 2, 2, 2)
    return np.einsum("aij,bkl,ikjl->ab", LETTERS, LETTERS, block, optimize=True).real.reshape(-1)


def estimates(ladder: Ladder, observables: Sequence[Sequence[Term]]) -> list[tuple[float, float]]:
    """Return value and half-width of every ⟨Σ c P⟩; the half-width is infinite if not certified.

    Args:
        ladder: the circuit at several bonds.
        observables: terms of each observable.

    Returns:
        The value at the best bond, and a half-width that should hold the true value in 95 % of
        cases or more (see above for the evidence). It is `math.inf` where it would exceed half of
        Σ|c|, or where there is no coarser bond to tell.

    Cost:
        One set of values per bond, and O(span · χ³) for each of at most 200 terms.
    """
    values = [[state.expectation(terms) for terms in observables] for state in ladder.states]
    acting = [t for terms in observables for t in terms if t.factors]
    changes = probe_changes(ladder, acting) if len(ladder.states) > 1 else np.zeros(0)
    return list(zip(values[0], half_widths(ladder, observables, values, changes), strict=True))


def half_widths(
    ladder: Ladder,
    observables: Sequence[Sequence[Term]],
    values: Sequence[Sequence[float]],
    changes: Array,
) -> list[float]:
    """Return the half-width of every observable; infinite if not certified.

    Args:
        ladder: the circuit at several bonds.
        observables: terms of each observable.
        values: value of every observable, a row per bond.
        changes: what the probes of every term with factors suggest, one observable after the other.
    """
    acting = [[t for t in terms if t.factors] for terms in observables]
    if len(ladder.states) < 2:
        return [math.inf if terms else 0.0 for terms in acting]
    lost, out = ladder.infidelity, []
    for k, terms in enumerate(acting):
        parts, changes = changes[: len(terms)], changes[len(terms) :]
        constant = sum(t.coefficient for t in observables[k] if not t.factors)
        own = [row[k] - constant for row in values]
        out.append(_half_width(ladder, lost, terms, parts, own))
    return out


def _half_width(
    ladder: Ladder, lost: float, terms: Sequence[Term], changes: Array, values: Sequence[float]
) -> float:
    """Return the half-width of one sum of products; see the head of this file."""
    sizes = np.array([abs(t.coefficient) for t in terms])
    weight, spread = float(sizes.sum()), float(np.sqrt((sizes**2).sum()))
    if weight == 0.0:
        return 0.0
    parts = float(np.sqrt(((sizes * changes) ** 2).sum()))
    pairs = zip(ladder.steps, values[:-1], values[1:], strict=True)
    first = math.hypot(parts, max(step * abs(a - b) for step, a, b in pairs))
    relative = min(1.0, abs(values[0]) / weight)
    unseen = max(ladder.ratio**4, 1.0 / ladder.states[0].losses)
    second = lost * (1.0 + relative) * (SECOND[0] + SECOND[1] * unseen) * spread
    width = min(first + second, 2.0 * math.sqrt(lost) * weight)
    return width if width <= CERTIFIED * weight else math.inf
