"""What is evaluated, each once: classical predictions, and a quantum model from theory to device.

Steps of a quantum model: *ideal*, without noise and shots, by contraction; *shots*, the same with
its number of shots; *noisy*, on its device without mitigation; *mitigated*, with it. The last two
are there where the device is noisy and where a mitigation was chosen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qtn._progress import progress_bar
from qtn.devices.costs import RunPlan
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid import QuantumClassifier
from qtn.hybrid.pipelines import passed, taken_apart
from qtn.models.classifier import Classifier
from qtn.models.regressor import TensorNetworkRegressor
from qtn.reports.entrants import QUANTUM, Entrant, Question
from qtn.reports.joules.evaluation import device_joules, local_joules
from qtn.reports.measures import mean_score_error, measures_of
from qtn.reports.parameters import count_parameters
from qtn.reports.rows import Costs, Row

NOISELESS = ("aer", "aer-gpu", "tensor")
IDEAL, SHOTS, NOISY, MITIGATED = "ideal", "shots", "noisy", "mitigated"


# Predictions (inputs,), and scores (inputs, classes) where a model has them.
Answer = tuple[np.ndarray, Estimate | None]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One evaluation that is to be made.

    Args:
        entrant: the model.
        name: of the step; "" for a classical model.
        evaluate: gives predictions, and scores where the model has them.
        plan: gives what it will take, by a dry run; None where nothing runs.
    """

    entrant: Entrant
    name: str
    evaluate: Callable[[], Answer]
    plan: Callable[[], RunPlan] | None = None

    @property
    def row_name(self) -> str:
        """Name of the row: of a model called "quantum" the step says enough on a device."""
        name = self.entrant.name
        if not self.name:
            return name
        if name == QUANTUM and self.name in (NOISY, MITIGATED):
            return self.name
        return f"{name}, {self.name}"


def evaluated(
    entrants: Sequence[Entrant],
    question: Question,
    confidence: float,
    progress: bool | None,
) -> tuple[Row, ...]:
    """Return one row per step of all entrants, in their order."""
    steps = [step for entrant in entrants for step in steps_of(entrant, question.x)]
    references = _References()
    rows = []
    plans = [None if step.plan is None else step.plan() for step in steps]
    known = [plan.here for plan in plans if plan is not None]  # of the steps with circuits
    # Models by themselves take next to nothing; how long a job waits in a queue nobody knows.
    expected = sum(s for s in known if s is not None)
    word = "at least" if None in known else "about"
    with progress_bar(len(steps), "compare", progress, seconds=expected, word=word) as bar:
        for step, plan in zip(steps, plans, strict=True):
            bar.set_description(step.row_name)
            start = time.perf_counter()
            predictions, scores = step.evaluate()
            seconds = time.perf_counter() - start
            _check_shape(step, predictions, question)
            rows.append(
                Row(
                    name=step.row_name,
                    kind=step.entrant.kind,
                    model=step.entrant.name,
                    step=step.name,
                    measures=measures_of(predictions, question, confidence),
                    predictions=predictions,
                    costs=_costs(step, scores, seconds, plan),
                    scores=scores,
                    score_error=references.error(step.entrant, scores),
                )
            )
            bar.update()
    return tuple(rows)


def steps_of(entrant: Entrant, x: Any) -> Iterator[Step]:
    """Yield what is evaluated of one model."""
    model = entrant.model
    if entrant.kind != QUANTUM:
        yield Step(entrant, "", lambda: _classical(model, x))
        return
    yield Step(entrant, IDEAL, lambda: _ideal(model, x))
    sampled = replace(model, device="tensor", mitigation=())
    yield _measured(entrant, SHOTS, sampled, x)
    if not _noiseless(model.device):
        bare = replace(model, mitigation=())
        yield _measured(entrant, NOISY, bare, x)
    if model.mitigation:
        yield _measured(entrant, MITIGATED, model, x)


def exactly(scores: np.ndarray) -> Estimate:
    """Return scores without error."""
    values = np.asarray(scores, dtype=np.float64)
    return Estimate(values, np.zeros(values.shape), 0, "exact")


def _check_shape(step: Step, predictions: np.ndarray, question: Question) -> None:
    if predictions.shape != question.y.shape:
        raise ArgumentError(
            f"The model {step.entrant.name!r} predicts an array of shape {predictions.shape} for "
            f"{len(question.x)} inputs. Compare models that predict one value per input."
        )


def _noiseless(device: Any) -> bool:
    return isinstance(device, str) and device in NOISELESS


def _classical(model: Any, x: Any) -> Answer:
    """Predictions, with the scores of a tensor network, which those of its circuits are near."""
    named = hasattr(model, "feature_names_in_")  # else a table's names of columns say nothing
    x = x if named else np.asarray(x)
    predictions = np.asarray(model.predict(x))
    network, before = taken_apart("models", model)
    if isinstance(network, Classifier):
        return predictions, exactly(network.scores(passed(before, x)))
    if isinstance(network, TensorNetworkRegressor) and predictions.ndim == 1:
        return predictions, exactly(predictions[:, None])
    return predictions, None


def _ideal(model: Any, x: Any) -> Answer:
    if isinstance(model, QuantumClassifier):
        return _decided(model, exactly(model.ideal_scores(x)))
    return _numbers(exactly(model.ideal_predict(x)))


def _measured(entrant: Entrant, name: str, model: Any, x: np.ndarray) -> Step:
    if isinstance(model, QuantumClassifier):
        return Step(entrant, name, lambda: _decided(model, model.scores(x)), lambda: model.plan(x))
    return Step(entrant, name, lambda: _numbers(model.values(x)), lambda: model.plan(x))


def _decided(model: QuantumClassifier, scores: Estimate) -> Answer:
    return model.decide(np.asarray(scores.value)), scores


def _numbers(values: Estimate) -> Answer:
    """Measured numbers are their own scores: one column of them."""
    value, stderr = np.asarray(values.value), np.asarray(values.stderr)
    if value.ndim > 1:
        return value, values
    return value, replace(values, value=value[:, None], stderr=stderr[:, None])


def _costs(step: Step, scores: Estimate | None, seconds: float, plan: RunPlan | None) -> Costs:
    model = step.entrant.model
    there = plan is not None and step.name in (NOISY, MITIGATED)
    joules = device_joules(plan) if plan is not None and there else local_joules(seconds)
    costs = Costs(parameters=count_parameters(model), seconds=seconds, energy=joules)
    if step.entrant.kind != QUANTUM:
        return costs
    return replace(
        costs,
        two_qubit_gates=model.two_qubit_gates,
        two_qubit_depth=model.two_qubit_depth,
        fidelity=model.fidelity,
        shots=0 if scores is None else scores.shots,
        predicted=None if plan is None else _seconds(plan),
        money=None if plan is None else plan.money,
        currency="" if plan is None else plan.currency,
    )


def _seconds(plan: RunPlan) -> float | None:
    """Of the device where it accounts for them, else of this machine."""
    return plan.here if plan.seconds is None else plan.seconds


class _References:
    """The scores that others are held against: those of the tensor network that a model is of.

    A quantum model does not say which network it was made of; its own ideal scores do, being
    closest to that one's. Without any network they are the reference themselves.
    """

    def __init__(self) -> None:
        self._networks: list[np.ndarray] = []
        self._chosen: dict[str, np.ndarray] = {}

    def error(self, entrant: Entrant, scores: Estimate | None) -> Estimate | None:
        """Return the mean distance of scores to their reference."""
        if scores is None:
            return None
        values = np.asarray(scores.value)
        if entrant.kind != QUANTUM:
            self._networks.append(values)
            return mean_score_error(values, values)
        if entrant.name not in self._chosen:  # the ideal scores come first
            known = [n for n in self._networks if n.shape == values.shape] or [values]
            self._chosen[entrant.name] = min(known, key=lambda n: float(np.abs(n - values).mean()))
        return mean_score_error(values, self._chosen[entrant.name])
