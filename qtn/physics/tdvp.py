"""Two-site time-dependent variational principle: evolution under any MPO.

The equation of motion is projected on the manifold of MPS. Splitting the projector gives, for half
a step to the right and half a step back (second order in the step)::

    evolve two sites forward  ->  split  ->  evolve the centre site backward  ->  next pair

From a state of small bond the two-site tangent space misses directions that long-range terms need,
and the result can be wrong without any sign of it. Before such steps the bonds are therefore
enlarged by the leading directions of H|psi> and H^2|psi>, which leaves the state itself as it is.

Reference: J. Haegeman et al., PRB 94, 165116 (2016); M. Yang and S. R. White, PRB 102, 094315
(2020) for the enlargement, done here by eigenvectors of the weights left outside each basis.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads, suited
from qtn._progress import progress_bar
from qtn._random import generator
from qtn.physics.charges.environments import BlockFrame
from qtn.physics.charges.switch import PAYS, Symmetry, symmetry_of
from qtn.physics.effective import DenseFrame
from qtn.physics.evolution import TDVP, step_count
from qtn.physics.krylov import exponential
from qtn.physics.long_range.given import Given
from qtn.physics.mpo import apply_operator, apply_operator_cut, operator_tensors
from qtn.physics.terms import Terms
from qtn.states import MPS
from qtn.states.blocks.dense import SHARP

__all__ = ["advance", "enlarge", "run"]

Tensor = NDArray[Any]
# A step of this size (over the energy scale per site) is a good start for second order.
_DEFAULT_STEP = 0.1
# Below this bond dimension the tangent space is too small to trust.
_SMALL_BOND = 12


def run(
    terms: Terms | Given, start: MPS, time: complex, cutoff: float, max_bond: int, method: TDVP,
    progress: bool | None,
) -> tuple[list[Tensor], float, float, NDArray[np.float64]]:  # fmt: skip
    """Evolve and return tensors, step, estimated step error and the weight discarded per cut."""
    imaginary = time.imag < 0
    real = imaginary and terms.real and start.dtype == np.float64
    tensors = [t if real else t.astype(complex) for t in start.normalised().tensors]
    discarded = np.zeros(terms.n - 1)
    if time == 0:
        return tensors, 0.0, 0.0, discarded
    size = method.step or _DEFAULT_STEP / max(terms.strength / 1.5, 1e-12)
    steps = step_count(abs(time), size)
    factor = -1j * time / steps
    state = _State(terms, tensors, max_bond)
    probe, error = steps // 4, 0.0
    with progress_bar(steps, "evolve", progress) as bar:
        for k in range(steps):
            if k == probe:
                error = _local_error(state, factor, cutoff, max_bond, method)
            with few_threads(suited(state.frame.bond)):
                discarded += _step(state, factor, cutoff, max_bond, method)
            bar.grown(state.frame.bond, max_bond)
            bar.update()
    return state.frame.tensors, abs(time) / steps, error * steps, discarded


def advance(
    terms: Terms, tensors: list[Tensor], factor: complex, limits: tuple[float, int], method: TDVP
) -> tuple[list[Tensor], NDArray[np.float64]]:
    """Return exp(factor H) of a state by one step, and the weight discarded per cut.

    Args:
        terms: H.
        tensors: normalised, right-canonical, complex.
        factor: -i times a real step.
        limits: cutoff of a truncation, largest bond or 0.
        method: the options of local exponentials.

    Cost: O(n (chi^3 D + chi^2 D^2)) per Krylov vector, after the operator of bond D is built.
    """
    state = _State(terms, tensors, limits[1])
    with few_threads(suited(state.frame.bond)):
        lost = _step(state, factor, *limits, method)
    return state.frame.tensors, lost


class _State:
    """The state on its way: dense at first, in blocks once that is faster and it has a charge."""

    def __init__(self, terms: Terms | Given, tensors: list[Tensor], max_bond: int) -> None:
        self.operator = operator_tensors(terms)
        self.frame: DenseFrame | BlockFrame = DenseFrame(self.operator, tensors)
        self._terms, self._open = terms, not 0 < max_bond < PAYS
        self._symmetry: Symmetry | None = None

    def ready(self, max_bond: int) -> DenseFrame | BlockFrame:
        """Return what the next step works on, with bonds large enough to trust."""
        if not isinstance(self.frame, DenseFrame):
            return self.frame
        if self.frame.bond < _SMALL_BOND:
            limit = min(max_bond or 2 * _SMALL_BOND, 2 * _SMALL_BOND)
            enlarge(self.operator, self.frame.tensors, limit)
            self.frame = DenseFrame(self.operator, self.frame.tensors)
        if self._open and self.frame.bond >= PAYS:
            # A state keeps the charges that the Hamiltonian conserves, so one look is enough.
            self._open = False
            self._symmetry = self._symmetry or symmetry_of(self._terms)
            found = self._symmetry and self._symmetry.frame(self.frame.tensors, SHARP)
            self.frame = found or self.frame
        return self.frame

    def copy(self) -> _State:
        """Return an independent copy: frames only ever replace their tensors."""
        twin = copy.copy(self)
        twin.frame = self.frame.copy()
        return twin


def enlarge(
    operator: Sequence[Tensor], tensors: list[Tensor], max_bond: int, tolerance: float = 1e-12
) -> None:
    """Enlarge all bonds by the leading directions of H|psi> and H^2|psi> (in place).

    The state stays the same: the new directions get zero weight. One that H takes to zero has none.

    Args:
        operator: the MPO.
        tensors: right-canonical tensors with the centre at site 0.
        max_bond: no bond grows beyond it; 0 for no limit.
        tolerance: relative squared weight below which a direction is left out.

    Cost: O(n (chi D)^3) for an operator of bond D, on states whose bond is small.
    """
    others = []
    current = MPS(tuple(tensors))
    for _ in range(2):
        image = MPS(tuple(_image(operator, current.tensors, max_bond)))
        if image.norm() == 0.0:
            return
        cut = image.normalised().truncated(max_bond=max_bond or None, cutoff=1e-14).state
        current = cut.canonical(0)
        others.append([t.astype(tensors[0].dtype) for t in current.tensors])
    # Bring every vector to a common left-to-right frame: centre first at the last site.
    frames = [_centre_last(list(tensors)), *[_centre_last(other) for other in others]]
    carry = [frame[-1] for frame in frames]
    for site in range(len(tensors) - 1, 0, -1):
        rows = [c.reshape(c.shape[0], -1) for c in carry]
        basis = _joint_basis(rows, max_bond, tolerance)
        tensors[site] = basis.reshape(len(basis), 2, -1)
        carry = [
            np.tensordot(frame[site - 1], row @ basis.conj().T, 1)
            for frame, row in zip(frames, rows, strict=True)
        ]
    tensors[0] = carry[0]


def _image(operator: Sequence[Tensor], tensors: Sequence[Tensor], max_bond: int) -> list[Tensor]:
    """Return H|psi>; with a limit, cut on the way to twice what is kept of it."""
    if max_bond == 0:
        return apply_operator(operator, tensors)
    return apply_operator_cut(operator, tensors, 2 * max_bond, generator(0, "tdvp-directions"))


def _centre_last(tensors: list[Tensor]) -> list[Tensor]:
    """Return left-canonical tensors with the centre at the last site."""
    for site in range(len(tensors) - 1):
        left, _, right = tensors[site].shape
        q, r = np.linalg.qr(tensors[site].reshape(2 * left, right))
        tensors[site] = q.reshape(left, 2, -1)
        tensors[site + 1] = np.tensordot(r, tensors[site + 1], 1)
    return tensors


def _joint_basis(rows: Sequence[Tensor], max_bond: int, tolerance: float) -> Tensor:
    """Return orthonormal rows: all of the first vector's, then the leading ones of the others."""
    _, s, vh = np.linalg.svd(rows[0], full_matrices=False)
    own = vh[s > 1e-14 * s[0]]
    rest = []
    for row in rows[1:]:
        outside = row - (row @ own.conj().T) @ own
        outside = outside - (outside @ own.conj().T) @ own
        rest.append(outside / np.linalg.norm(row))
    _, s, vh = np.linalg.svd(np.concatenate(rest), full_matrices=False)
    room = (max_bond or own.shape[1]) - len(own)
    added = vh[: max(0, min(room, int((s * s > tolerance).sum())))]
    return np.concatenate([own, added])


def _step(
    state: _State, factor: complex, cutoff: float, max_bond: int, method: TDVP
) -> NDArray[np.float64]:
    """One step exp(factor H): half to the right, half to the left (in place)."""
    frame = state.ready(max_bond)
    n = len(state.operator)
    lost = np.zeros(n - 1)
    half = factor / 2
    path = [(b, True) for b in range(n - 1)] + [(b, False) for b in range(n - 2, -1, -1)]
    for b, rightwards in path:
        vector = exponential(
            frame.pair_map(b), frame.pair(b), half, method.krylov, method.tolerance
        )
        lost[b] += frame.put_pair(b, vector, cutoff, max_bond, rightwards)
        # At the turning points the centre stays in the next pair, so nothing is undone.
        centre = b + 1 if rightwards else b
        if 0 < centre < n - 1:
            back = exponential(
                frame.centre_map(centre), frame.centre(centre), -half,
                method.krylov, method.tolerance,
            )  # fmt: skip
            back = back / np.linalg.norm(back) if half.imag == 0 else back
            frame.put_centre(centre, back)
    return lost


def _local_error(
    state: _State, factor: complex, cutoff: float, max_bond: int, method: TDVP
) -> float:
    """Estimate the error of one step, from one double step against two steps (second order)."""
    ends = []
    for count in (1, 2):
        twin = state.copy()
        for _ in range(count):
            _step(twin, 2 * factor / count, min(cutoff, 1e-14), max_bond, method)
        ends.append(MPS(tuple(twin.frame.tensors)))
    return float(np.sqrt(ends[0].infidelity(ends[1])) / 6.0)
