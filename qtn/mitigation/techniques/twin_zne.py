r"""Extrapolation along decays that the device's card predicts for classical twins of the circuit.

Plain extrapolation has to take the shape of the decay from a formula and its rate from data; both
cost accuracy. A circuit with a classical twin needs neither guess: `decay.predicted_decays` says
how every term falls with the noise factor, up to one number, the log power u by which the device's
errors differ from its card. The model of the measured values is linear in the ideal values E_t,

    y_ts = offset_ts(u) + slope_ts(u) E_t + noise,       u ~ N(0, card_error²),

and is solved for E and u together by Gauss-Newton steps in generalised least squares. The
covariance holds shot noise, calibration noise, the scatter of the twins about their line, and
`term_error`: terms whose gates err more or less than the common u says. All of them, and what the
prior adds, are in the error of the result. Since the shape is known, a large second factor is best,
which makes the lever long and the amplification of shot noise small. The target's own ideal value
enters nowhere: twins have other angles and starts, and only the ratio between noisy and ideal
values is taken from them.

All observables share the twins, the decays and the fit. Twins are simulated when an estimate first
needs them; the plan forecasts what that takes from the simulation of one. The scatter about a line
of few twins is widened by Student's quantile, so that few of them do where each takes long.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qtn._checks import bounded_int, choice, instance, real
from qtn.devices.placement.cutting import active_qubits
from qtn.devices.placement.transpile import measured
from qtn.mitigation.techniques.base import Context, Task, Variant, free_parameters
from qtn.mitigation.techniques.extrapolating import (
    Extrapolating,
    check_fit,
    extrapolated,
    optimal_shares,
)
from qtn.mitigation.techniques.learn import Twins, neighbour
from qtn.mitigation.techniques.zne import folded
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.decay import (
    DENSE,
    LOG_SCALES,
    Decays,
    Pending,
    fitted_lines,
    simulated,
)
from qtn.mitigation.values.ideal import ideal_values
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
_EDGE = float(np.abs(LOG_SCALES).max()) * 1.25  # beyond, the simulated powers tell nothing
_STEP = 0.02
_PRIOR = 1.0  # standard deviation of an ideal value: a term without signal is 0 ± 1
_UNFIXED = 1.0  # variance of a value whose line the twins do not fix
TWINS, FEW_TWINS = 10, 6  # where density operators are vectors, and where they are chains
MORE_BASES = 0.2  # time of another basis over that of the first, whose states it shares


@dataclass(frozen=True, slots=True, repr=False)
class TwinZNE(Extrapolating):
    """Zero-noise extrapolation along decays predicted from the device's card.

    Args:
        factors: noise factors, reached by folding; at least two.
        twins: number of simulated circuits with changed angles; None takes 10, and 6 of more than 7
            qubits.
        spread: standard deviation of the change of every angle, and of the rotations that change
            the start, in radians.
        card_error: standard deviation of the logarithm of (device's errors / its card's), common
            to all gates.
        term_error: the same, for a term alone.
        folding: "global" or "local".
        decays: from an earlier plan of the same circuit; None computes them.
        fit, order, by: of the fall-back, as in `ZNE`.

    Raises:
        ArgumentError: a bad number; in a plan: a device that reports no errors, free parameters.

    The result says by which factor the device is noisier than its card. Where that factor is
    beyond what was simulated, the card does not describe the device, and where the twins' values
    do not vary, they fix no decay: the extrapolation falls back to `fit`, and says so.
    """

    factors: tuple[float, ...] = (1, 5)
    twins: int | None = None
    spread: float = 0.2
    card_error: float = 0.2
    term_error: float = 0.05
    folding: str = "global"
    decays: Decays | Pending | None = None
    fit: str = "mixture"
    order: int = 1
    by: str = "basis"

    def __post_init__(self) -> None:
        if self.twins is not None:
            bounded_int("twins", self.twins, 4, 1000)
        real("spread", self.spread, 0.01, 3.0)
        real("card_error", self.card_error, 1e-3, 3.0)
        real("term_error", self.term_error, 0.0, 3.0)
        choice("folding", self.folding, ("global", "local"))
        if self.decays is not None:
            known = (Decays, Pending)
            instance("decays", self.decays, known, "the decays of an earlier plan, or None")
        check_fit(self)

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "twin zne(" + ", ".join(f"{f:g}" for f in self.factors) + ")"

    @property
    def seconds(self) -> float:
        """CPU seconds that the simulation of the twins takes, as forecast."""
        return self.decays.seconds if isinstance(self.decays, Pending) else 0.0

    def typical_values(self) -> Floats | None:
        """Return root mean square ideal values (terms,) of the twins."""
        decays = self._known()
        if decays.centre is None or decays.spread is None:
            return None
        return np.asarray(np.sqrt(decays.centre**2 + decays.spread / decays.twins))

    def _known(self) -> Decays:
        """Return the decays, simulated if they have to be; there are some since `prepare`."""
        assert self.decays is not None
        return self.decays.decays() if isinstance(self.decays, Pending) else self.decays

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor, for the least variance."""
        return optimal_shares(self.factors, "exponential", 1)

    def prepare(self, task: Task, context: Context) -> Self:
        """Return the technique with the simulation of its twins prepared; the first is tried."""
        if self.decays is not None:
            return self
        if task.native.circuit.num_parameters:
            raise free_parameters(self)
        terms, bases = task.observable.terms, task.observable.bases
        device, rng, start = context.executor.device, context.stream("twins"), time.process_time()
        first = self._twin(task, context, rng)
        made, start = time.process_time() - start, time.process_time()
        simulated([[first[0][0][:1]]], terms, bases[:1], device, [0.0])
        tried = (time.process_time() - start) * (1 + MORE_BASES * (len(bases) - 1))
        count = self.twins or (TWINS if len(active_qubits(first[0][0][0])) <= DENSE else FEW_TWINS)

        def simulate() -> Decays:
            twins = [first, *(self._twin(task, context, rng) for _ in range(count - 1))]
            circuits, ideal = [c for c, _ in twins], np.array([v for _, v in twins])
            return fitted_lines(simulated(circuits, terms, bases, device, LOG_SCALES), ideal)

        whole = tried * len(LOG_SCALES) * sum(self.factors) / self.factors[0]
        return replace(self, decays=Pending(simulate, count, count * (made + whole)))

    def _twin(
        self, task: Task, context: Context, rng: np.random.Generator
    ) -> tuple[list[list[QuantumCircuit]], Floats]:
        """Draw a twin: its circuits [basis][factor], and the ideal values of all terms."""
        twin = replace(task.native, circuit=self._neighbour(task.native.circuit, rng))
        target = context.executor.target
        ready = [measured(twin, b.label, target, merge=True) for b in task.observable.bases]
        start = _start(active_qubits(ready[0]), self.spread, rng)
        moved = replace(twin, circuit=_started(twin.circuit, start))
        rows = [
            [folded(Variant(c, f), self.folding, context).circuit for f in self.factors]
            for c in ready
        ]
        started = [[_started(c, start) for c in row] for row in rows]
        return started, ideal_values(moved, task.observable.terms)

    def _neighbour(self, circuit: QuantumCircuit, rng: np.random.Generator) -> QuantumCircuit:
        """Return a twin: the circuit with other angles."""
        return neighbour(circuit, Twins(spread=self.spread), rng)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with one setting per noise factor, and the values to expect."""
        found = Extrapolating.variants(self, task, context)
        return replace(found, typical=self.typical_values)

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return the folded circuit."""
        return [folded(variant, self.folding, context)]

    def adopt(self, planned: Self) -> Self:
        """Return these options with the decays of the plan."""
        Extrapolating.adopt(self, planned)
        return self if self.decays is not None else replace(self, decays=planned.decays)

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Extrapolate along the predicted decays, or by `fit` where they do not hold."""
        decays, c = self._known(), observable.coefficients
        if not decays.fixed[c != 0].all():
            why = ", because the twins' values do not vary"
            return extrapolated(self, readings, observable, why)
        found = _fitted(readings, decays, self.card_error, self.term_error)
        if not found.trusted:
            why = ", because the device's card does not describe the data"
            return extrapolated(self, readings, observable, why)
        power = np.exp(found.log_power)
        return Combined(
            np.array([c @ found.values]),
            np.tensordot(c, found.jacobian, 1)[:, None],
            np.array([c @ found.doubt @ c]),
            {self.stage: f"{self.label}: errors {power:.2f} times those of the card"},
        )


@functools.lru_cache(maxsize=2)
def _fitted(readings: Readings, decays: Decays, card_error: float, term_error: float) -> TwinFit:
    """Fit the terms of all observables, once for all of them."""
    target = readings.target
    gradient = target.gradient[:, 0]
    covariance = np.einsum(
        "str,r,uvr->stuv", gradient, readings.rate_variances, gradient, optimize=True
    )
    for s, block in enumerate(target.covariance[:, 0]):
        covariance[s, :, s] += block
    return fit_terms(target.mean[:, 0], covariance, decays, card_error, term_error)


def _start(
    qubits: Sequence[int], spread: float, rng: np.random.Generator
) -> dict[int, NDArray[np.complex128]]:
    """Draw a rotation by small angles about y, then x, for every qubit."""
    start = {}
    for qubit in qubits:
        y, x = spread * rng.normal(size=2) / 2
        turn = np.array([[np.cos(x), -1j * np.sin(x)], [-1j * np.sin(x), np.cos(x)]])
        start[qubit] = turn @ np.array([[np.cos(y), -np.sin(y)], [np.sin(y), np.cos(y)]])
    return start


def _started(
    circuit: QuantumCircuit, start: Mapping[int, NDArray[np.complex128]]
) -> QuantumCircuit:
    """Return the circuit after matrices on its qubits, which no noise model has an error for."""
    out = circuit.copy_empty_like()
    for qubit, matrix in start.items():
        out.append(UnitaryGate(matrix), [qubit], copy=False)
    for instruction in circuit.data:
        out._append(instruction)
    return out


@dataclass(frozen=True, slots=True)
class TwinFit:
    """What the data say along the decays.

    Args:
        values: (terms,) ideal values.
        jacobian: (terms, settings, terms) derivatives by the data.
        doubt: (terms, terms) covariance beyond that of the data: scatter of the twins, terms that
            err more or less than the card says, and the prior of the power.
        log_power: logarithm of the device's errors over its card's.
    """

    values: Floats
    jacobian: Floats
    doubt: Floats
    log_power: float

    @property
    def trusted(self) -> bool:
        """Whether the device's errors are within the simulated powers of its card's."""
        return bool(np.isfinite(self.values).all() and abs(self.log_power) < _EDGE)


def fit_terms(
    y: Floats, covariance: Floats, decays: Decays, card_error: float, term_error: float
) -> TwinFit:
    """Solve for the ideal values of all terms and the common power of the noise.

    Args:
        y: (settings, terms) measured values, readout corrected.
        covariance: (settings, terms, settings, terms) of their statistical errors.
        decays: predictions.
        card_error: prior standard deviation of the log power.
        term_error: standard deviation of the log power of a term alone.

    Cost: a few solutions of settings × terms equations.
    """
    settings, terms = y.shape
    size, eye = settings * terms, np.eye(terms)
    offset, slope, _ = decays.at(0.0)
    u, ideal = 0.0, np.clip((y[0] - offset[0]) / _safe(slope[0]), -1.2, 1.2)
    prior = np.diag([*[_PRIOR**-2] * terms, card_error**-2])
    for _ in range(20):
        offset, slope, scatter = decays.at(u)
        scatter = scatter * decays.leverage(ideal) + _UNFIXED * ~decays.fixed
        above, below = decays.at(u + _STEP), decays.at(u - _STEP)
        by_power = (above[0] - below[0] + (above[1] - below[1]) * ideal) / (2 * _STEP)
        doubt = term_error**2 * by_power[:, None] * by_power + np.sqrt(scatter[:, None] * scatter)
        model = np.einsum("sut,tv->stuv", doubt, eye).reshape(size, size) + 1e-12 * np.eye(size)
        total = covariance.reshape(size, size) + model
        design = np.concatenate([slope[:, :, None] * eye, by_power[:, :, None]], axis=2)
        design = design.reshape(size, terms + 1)
        weighted = np.linalg.solve(total, design).T
        inverse = np.linalg.inv(weighted @ design + prior)
        gain = inverse @ weighted
        pull = inverse @ prior @ np.append(ideal, u)
        move = gain @ (y - offset - slope * ideal).ravel() - pull
        ideal = ideal + move[:-1]
        u += float(np.clip(move[-1], -0.3, 0.3))
        if abs(u) > _EDGE or np.abs(move).max() < 1e-8:
            break
    left = gain @ model @ gain.T + inverse @ prior @ inverse
    return TwinFit(ideal, gain[:-1].reshape(terms, settings, terms), left[:-1, :-1], u)


def _safe(slope: Floats) -> Floats:
    return np.where(np.abs(slope) < 0.05, 0.05, slope)
