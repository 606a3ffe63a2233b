r"""What has to be computed for the values of many product operators, in order.

For a chain in canonical form with centre c everything outside the support of an operator is the
identity, except between the support and the centre, where the environment of the identity is
computed once. Operators that begin alike (same start, same factors so far) share their partial
environments, and the projections :math:`B_{pq} = A_p^\dagger E A_q` of an environment E are
shared by all factors that act next. A plan knows the operators, not the tensors: it is made once
and serves every state.

Where every factor taken in so far is Hermitian or anti-Hermitian, F† = ±F, so is the environment,
E† = sE with s the product of the signs, and Tr(E A_q A_p†) = s Tr(E A_p A_q†)* saves every second
trace. The sign travels with its environment and comes from the factors alone.

Reference: Schollwöck, Ann. Phys. 326, 96 (2011), section 4.2 (one operator at a time there).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.kernels import expectation_kernel as kernel

Array = NDArray[Any]
Entries = tuple[tuple[int, int, complex], ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A one-site matrix as its entries (p, q, F_pq).

    Where Σ_p A_p† A_p = 1 is known, F = shift · 1 + rest saves a projection.

    Args:
        entries: all nonzero entries.
        shift: multiple of the identity taken out.
        rest: nonzero entries of what is left.
        sign: s with F† = sF, exactly; 0 where there is none.
    """

    entries: Entries
    shift: complex
    rest: Entries
    sign: int

    @classmethod
    def of(cls, matrix: Array) -> Factor:
        """Take a matrix apart."""
        entries, adjoint = _entries(matrix), matrix.conj().T
        sign = int((adjoint == matrix).all()) - int((adjoint == -matrix).all())
        if not matrix.diagonal().all():
            return cls(entries, 0.0, entries, sign)
        shift = matrix[0, 0].item()
        return cls(entries, shift, _entries(matrix - shift * np.eye(len(matrix))), sign)


def _entries(matrix: Array) -> Entries:
    rows, columns = np.nonzero(matrix)
    return tuple((int(p), int(q), matrix[p, q].item()) for p, q in zip(rows, columns, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A program for `expectation_kernel.run` and how much room it needs.

    Args:
        program: (steps, 8), int64.
        coefficients: (steps, 3).
        matrices: how many matrices are kept at a time, at most.
        numbers: how many numbers are kept.
    """

    program: Array
    coefficients: Array
    matrices: int
    numbers: int


@functools.lru_cache(maxsize=32)
def plan(
    factors: tuple[Factor, ...],
    operators: tuple[tuple[tuple[int, int], ...], ...],
    phys: tuple[int, ...],
    center: int,
) -> Plan:
    """Return the plan for operators, each given as pairs (site, number of its factor).

    The values that reach beyond the centre come from a pass to the right, the others from a pass
    to the left.
    """
    last = len(phys) - 1
    taken = [{i: factors[f] for i, f in pairs} for pairs in operators]
    spans = [(min(f), max(f)) if f else (center, center) for f in taken]
    recorder = _Recorder()
    beyond = [k for k, (_, end) in enumerate(spans) if end > center]
    _sweep(recorder, phys, center, {k: taken[k] for k in beyond}, {k: spans[k] for k in beyond})
    rest = [k for k, (_, end) in enumerate(spans) if end <= center]
    mirrored = {k: {last - i: f for i, f in taken[k].items()} for k in rest}
    turned = {k: (last - spans[k][1], last - spans[k][0]) for k in rest}
    recorder.mirror = last
    _sweep(recorder, phys[::-1], last - center, mirrored, turned)
    return Plan(
        np.array(recorder.steps, np.int64).reshape(-1, 8),
        np.array(recorder.coefficients).reshape(-1, 3),
        recorder.matrices,
        recorder.numbers,
    )


@dataclass(frozen=True, slots=True)
class _Environment:
    """What lies behind a site: where its matrix is kept (None for 1), and s with E† = sE, or 0."""

    matrix: int | None
    sign: int


_ONE = _Environment(None, 1)


class _Recorder:
    """Writes the steps down and gives matrices that are free again to those who ask next."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, ...]] = []
        self.coefficients: list[tuple[complex, complex, complex]] = []
        self.matrices = self.numbers = 0
        self.mirror: int | None = None  # the last site, on the way to the left
        self._free: list[int] = []

    def step(
        self,
        operation: int,
        out: int,
        x: int = -1,
        y: int = -1,
        *,
        site: int = 0,
        pq: tuple[int, int] = (0, 0),
        by: tuple[complex, complex, complex] = (0.0, 0.0, 0.0),
    ) -> int:
        back = self.mirror is not None
        place = self.mirror - site if self.mirror is not None else site
        self.steps.append((operation, out, x, y, place, *pq, int(back)))
        self.coefficients.append(by)
        return out

    def matrix(self) -> int:
        if self._free:
            return self._free.pop()
        self.matrices += 1
        return self.matrices - 1

    def number(self) -> int:
        self.numbers += 1
        return self.numbers - 1

    def release(self, matrices: Sequence[int]) -> None:
        self._free.extend(matrices)


def _sweep(
    recorder: _Recorder,
    phys: Sequence[int],
    center: int,
    operators: Mapping[int, Mapping[int, Factor]],
    spans: Mapping[int, tuple[int, int]],
) -> None:
    """Write down the values of operators that end at the centre or behind it, in one pass.

    What follows an operator is the identity, so it is closed where it ends. Each site is read once
    and everything that needs it is done while it is in the cache. Sites are counted along the pass.
    """
    if not operators:
        return
    starting: dict[int, list[int]] = {}
    for k, (start, _) in spans.items():
        starting.setdefault(start, []).append(k)
    last_start = max(starting)
    # Operators in groups that share the environment of what lies behind them.
    groups: list[tuple[_Environment, list[int]]] = []
    identity = _ONE
    for site in range(min(*starting, center), max(end for _, end in spans.values()) + 1):
        one = _identity(phys[site])
        carry = center <= site < last_start
        if site in starting or carry:
            groups.append((identity, starting.get(site, [])))
        grown: list[tuple[_Environment, list[int]]] = []
        for position, (environment, members) in enumerate(groups):
            growth = _Growth(recorder, site, site - center, environment)
            by_factor: dict[Factor, list[int]] = {}
            for k in members:
                factor = operators[k].get(site, one)
                if spans[k][1] == site:
                    growth.value(k, factor)
                else:
                    by_factor.setdefault(factor, []).append(k)
            grown += [(growth.by(factor), ks) for factor, ks in by_factor.items()]
            if carry and position == len(groups) - 1:
                identity = growth.by(one)
            growth.close()
        groups = grown


class _Growth:
    """An environment E taken over one site: Σ_pq F_pq A_p† E A_q for several factors F.

    `place` is the site counted from the centre: in front of it Σ_p A_p† A_p = 1, behind it
    Σ_p A_p A_p† = 1. The products E A_q and A_p† E A_q are computed once.
    """

    def __init__(
        self, recorder: _Recorder, site: int, place: int, environment: _Environment
    ) -> None:
        self.recorder, self.site, self.place = recorder, site, place
        self.environment, self.sign = environment.matrix, environment.sign
        self.halves: dict[int, int] = {}
        self.blocks: dict[tuple[int, int], int] = {}
        self.dots: dict[tuple[int, int], int] = {}

    def by(self, factor: Factor) -> _Environment:
        """Return the environment behind the site for a factor."""
        isometric = self.environment is None and self.place < 0
        entries = factor.rest if isometric else factor.entries
        shift = factor.shift if isometric else 0.0
        terms = [(self._block(p, q), value) for p, q, value in entries]
        terms += [(-1, 0.0)] * (len(terms) % 2 or 2 * (not terms))
        out, combine = self.recorder.matrix(), kernel.COMBINE
        (x, c), (y, d), *more = terms
        self.recorder.step(combine, out, x, y, site=self.site, by=(c, d, shift))
        for x, c in more:
            self.recorder.step(combine, out, out, x, site=self.site, by=(1.0, c, 0.0))
        return _Environment(out, self.sign * factor.sign)

    def value(self, k: int, factor: Factor) -> None:
        """Add Σ_pq F_pq Tr(E A_q A_p†): the operator ends here and the rest is the identity."""
        step, environment = self.recorder.step, self.environment
        entries = factor.entries
        if self.place > 0 and environment is not None:
            entries = factor.rest
            if factor.shift:
                trace = self.recorder.number()
                step(kernel.TRACE, trace, environment, site=self.site)
                step(kernel.ADD, k, trace, by=(factor.shift, 0.0, 0.0))
        for p, q, value in entries:
            if self.sign and (p, q) not in self.dots and (q, p) in self.dots:
                step(kernel.ADD, k, self._dot(q, p), 1, by=(self.sign * value, 0.0, 0.0))
            else:
                step(kernel.ADD, k, self._dot(p, q), by=(value, 0.0, 0.0))

    def close(self) -> None:
        """Free what only this site needed."""
        used = [*self.halves.values(), *self.blocks.values()]
        self.recorder.release(used if self.environment is None else [*used, self.environment])

    def _half(self, q: int) -> int:
        """Return the number of E A_q; -1, which stands for A_q, without an environment."""
        if self.environment is None:
            return -1
        if q not in self.halves:
            out = self.halves[q] = self.recorder.matrix()
            self.recorder.step(kernel.HALF, out, self.environment, site=self.site, pq=(0, q))
        return self.halves[q]

    def _block(self, p: int, q: int) -> int:
        if (p, q) not in self.blocks:
            half, out = self._half(q), self.recorder.matrix()
            self.blocks[p, q] = out
            self.recorder.step(kernel.BLOCK, out, half, site=self.site, pq=(p, q))
        return self.blocks[p, q]

    def _dot(self, p: int, q: int) -> int:
        if (p, q) not in self.dots:
            half, out = self._half(q), self.recorder.number()
            self.dots[p, q] = out
            self.recorder.step(kernel.DOT, out, half, site=self.site, pq=(p, q))
        return self.dots[p, q]


@functools.cache
def _identity(phys: int) -> Factor:
    return Factor.of(np.eye(phys))
