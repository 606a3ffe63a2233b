"""`qtn.robustness`: deployed models under more and more noise, with error bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, fail, finite_array
from qtn._machine import few_threads
from qtn.data.dataset import label_array
from qtn.devices.engines.base import Engine
from qtn.devices.lookup import DeviceLike
from qtn.errors import ArgumentError
from qtn.hybrid.born import QuantumBornMachine
from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.decision import ERROR, Decision
from qtn.hybrid.model import QuantumModel
from qtn.hybrid.noise.points import NoisePoint, Robustness
from qtn.hybrid.noise.uniform import NoiseLevel, uniform_device
from qtn.hybrid.regressor import QuantumRegressor
from qtn.mitigation.planning import checked_techniques
from qtn.mitigation.techniques.base import Technique
from qtn.statistics import interval_of, proportion_interval, resampled_means

__all__ = ["robustness"]

LEVELS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A figure of merit with its interval, and the answers measured and exact that it rests on."""

    value: float
    low: float
    high: float
    measured: Floats
    exact: Floats


@few_threads(1)
def robustness(
    quantum: QuantumModel | Mapping[str, QuantumModel],
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    noise: Sequence[Any] = LEVELS,
    device: DeviceLike | None = None,
    mitigation: Sequence[Technique] = (),
    seed: int = 0,
) -> Robustness:
    r"""Measure how well deployed models answer as gates and readout get noisier.

    At every level each two-qubit gate is followed by depolarising of probability p, and each bit
    read is flipped with probability r. Noisy states are contracted exactly as density operators
    wherever that is the cheapest way, and shots are drawn from them: no trajectories. Beside the
    figure of merit stands the share of the signal that is left, the slope of the measured answers
    over the exact ones, and the shots that decisions take at that share.

    Args:
        quantum: a deployed model of any form, or several of one kind by name, for instance
            `{"compiled": quantum, "refined": refined}`; their own shots are taken.
        x: rows as the models take them.
        y: labels or targets; None for Born machines.
        noise: levels, each p or a pair (p, r) or a `qtn.hybrid.NoiseLevel`.
        device: whose couplings and native gates circuits are routed to; its own errors are not
            used. None couples all qubits.
        mitigation: techniques; every model is then measured with and without them.
        seed: of placement and shots.

    Returns:
        `Robustness`: accuracy with Wilson's 95 % interval (classifiers), R² with a bootstrap
        interval (regressors), or the probability of the distinct rows (Born machines).

    Raises:
        ArgumentError: no deployed models, models of different kinds, labels that do not fit, no
            level or one outside of its range, a device without couplings or with too few qubits.

    Cost: per model and level that of one call of the model on a noisy device.

    Example:
        >>> import qtn
        >>> data = qtn.load_digits(size=2)
        >>> model = qtn.MPSClassifier(bond=2, epochs=2).fit(data.x_train, data.y_train)
        >>> quantum = qtn.deploy(model, qtn.Staircase(layers=1), shots=200)
        >>> found = robustness(quantum, data.x_test[:20], data.y_test[:20], noise=[0, 0.1])
        >>> [point.noise.gate for point in found.points]
        [0.0, 0.1]
    """
    models = _models(quantum)
    levels = _levels(noise)
    techniques = checked_techniques(mitigation)
    bounded_int("seed", seed, 0)
    first = next(iter(models.values()))
    targets = _targets(first, x, y)
    work = [m for q in models.values() for m in q.form.circuits(q._deployed, q.rows(x)[:1])]
    width = max(m.circuit.num_qubits for m in work)
    engines = [(level, uniform_device(level, device, width)) for level in levels]
    points: list[NoisePoint] = []
    for name, model in models.items():
        bare = replace(model, mitigation=(), budget=None, seed=seed)
        points += _curve(name, bare, x, targets, engines)
        if techniques:
            treated = replace(bare, mitigation=techniques)
            points += _curve(f"{name}, mitigated", treated, x, targets, engines)
    label = "all-to-all couplings" if device is None else engines[0][1].name.split(",")[0]
    return Robustness(tuple(points), _figure(first), label, len(first.rows(x)))


def _models(quantum: Any) -> dict[str, QuantumModel]:
    """Return the models by name, all of one kind."""
    expected = "a deployed model, or a mapping of names to deployed models of one kind"
    given = quantum if isinstance(quantum, Mapping) else {"model": quantum}
    kinds = [type(m) for m in given.values()]
    alike = all(kind is kinds[0] and issubclass(kind, QuantumModel) for kind in kinds)
    if not given or not alike or not all(isinstance(name, str) for name in given):
        raise fail("quantum", expected, quantum, "Make one with qtn.deploy.")
    return dict(given)


def _levels(noise: Any) -> list[NoiseLevel]:
    way_out = "For instance noise=[0, 0.01, (0.02, 0.01)]."
    if not isinstance(noise, Sequence | np.ndarray) or isinstance(noise, str) or not len(noise):
        raise fail("noise", "a list of levels: p, or pairs (p, r)", noise, way_out)
    return [_level(entry, way_out) for entry in noise]


def _level(entry: Any, way_out: str) -> NoiseLevel:
    if isinstance(entry, NoiseLevel):
        return entry
    pair = entry if isinstance(entry, tuple | list) else (entry, 0.0)
    if len(pair) != 2:
        raise fail("noise", "made of levels p or pairs (p, r)", entry, way_out)
    try:
        return NoiseLevel(*pair)
    except ArgumentError as error:
        raise ArgumentError(f"Argument `noise` has the level {entry!r}: {error}") from error


def _figure(model: QuantumModel) -> str:
    if isinstance(model, QuantumClassifier):
        return "accuracy"
    return "R²" if isinstance(model, QuantumRegressor) else "probability of the rows"


def _targets(model: QuantumModel, x: ArrayLike, y: ArrayLike | None) -> Any:
    """Return labels or targets, one per row."""
    rows = len(model.rows(x))
    if isinstance(model, QuantumBornMachine):
        if y is not None:
            raise ArgumentError("Argument `y` is for labels, but a Born machine has none.")
        return None
    if y is None:
        raise ArgumentError("Argument `y` is None, but accuracy needs a label or target per row.")
    if isinstance(model, QuantumClassifier):
        targets = label_array("y", y)
    else:
        targets = finite_array("y", y, dtype=np.float64)
    if targets.ndim < 1 or len(targets) != rows or rows < 1:
        raise ArgumentError(
            f"Argument `y` must have one entry per row of `x`, {rows} (at least one), but has the "
            f"shape {targets.shape}."
        )
    return targets


def _curve(
    name: str,
    model: QuantumModel,
    x: Any,
    targets: Any,
    engines: Sequence[tuple[NoiseLevel, Engine]],
) -> list[NoisePoint]:
    """Measure one model at all levels."""
    points = []
    plan = replace(model, device=engines[0][1]).plan(np.asarray(x)[:1])
    for level, engine in engines:
        answer = _answered(replace(model, device=engine), x, targets)
        keep, error = _slope(answer.measured, answer.exact)
        points.append(
            NoisePoint(
                name, level, answer.value, answer.low, answer.high, keep, error, plan.shots,
                _needed(model, x, keep), plan.two_qubit_gates,
            )
        )  # fmt: skip
    return points


def _answered(model: QuantumModel, x: Any, targets: Any) -> _Answer:
    if isinstance(model, QuantumClassifier):
        scores = np.asarray(model.scores(x).value)
        hits = int(np.count_nonzero(model.decide(scores) == targets))
        low, high = proportion_interval(hits, len(targets), 0.95)
        exact = model.ideal_scores(x)
        return _Answer(hits / len(targets), low, high, scores, exact)
    if isinstance(model, QuantumRegressor):
        found, exact = np.asarray(model.predict(x)), np.asarray(model.ideal_predict(x))
        return _Answer(*_determination(found, targets), found, exact)
    assert isinstance(model, QuantumBornMachine)
    # Rows of real numbers that fall into the same bins are one row of the machine.
    _, places = np.unique(model.rows(x), axis=0, return_index=True)
    distinct = np.asarray(x)[places]
    p = model.probabilities(distinct)
    value, total = np.asarray(p.value), float(np.sum(p.value))
    spread = 1.96 * math.sqrt(max(total * (1.0 - total), 0.0) / model.shots)
    exact = np.exp(model.ideal_log_prob(distinct))
    return _Answer(total, total - spread, total + spread, value, exact)


def _determination(found: Floats, targets: Floats) -> tuple[float, float, float]:
    """Return R², the mean over targets as in `score`, and its bootstrap interval over rows."""
    around = targets - targets.mean(axis=0)
    columns = np.hstack([part.reshape(len(targets), -1) ** 2 for part in (targets - found, around)])
    count = columns.shape[1] // 2
    means = np.vstack([columns.mean(axis=0), resampled_means(columns)])
    values = 1.0 - (means[:, :count] / means[:, count:]).mean(axis=1)
    low, high = interval_of(values[1:])
    return float(values[0]), low, high


def _slope(measured: Floats, exact: Floats) -> tuple[float, float]:
    """Return the slope of measured over exact answers, and its standard error."""
    a, b = np.ravel(exact) - np.mean(exact), np.ravel(measured) - np.mean(measured)
    spread = float(a @ a)
    if spread <= 0.0 or len(a) < 3:
        return math.nan, math.nan
    slope = float(a @ b) / spread
    left = float(np.sum((b - slope * a) ** 2)) / (len(a) - 2)
    return slope, math.sqrt(left / spread)


def _needed(model: QuantumModel, x: Any, keep: float) -> float:
    """Return the median shots of a decision at this share of the signal."""
    if not isinstance(model, QuantumClassifier) or not keep > 0.0:
        return math.nan
    signal = model.form.signal(model, model.rows(x))
    if signal is None:
        return math.nan
    return Decision.of(model.form, signal, model.shots, ERROR, min(keep, 1.0)).median
