"""One row of a comparison: how a model answered, with which error, and what it took."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from qtn._display import Display, Displayed, Fields
from qtn.estimate import Estimate
from qtn.statistics import Difference


@dataclass(frozen=True, slots=True, repr=False)
class Measure(Fields):
    """One figure of merit of a row with its interval.

    Args:
        name: "accuracy", "R²" or "RMSE".
        value: the figure on the test rows.
        stderr: its standard error.
        low, high: ends of its interval.
    """

    name: str
    value: float
    stderr: float
    low: float
    high: float

    def __str__(self) -> str:
        return self.shown(digits_of(self.high - self.low))

    def shown(self, digits: int) -> str:
        """Return the value with its interval to so many digits after the point."""
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


@dataclass(frozen=True, slots=True, repr=False)
class Costs(Fields):
    """What a row takes.

    Args:
        parameters: numbers that the model learned; None where it does not say.
        two_qubit_gates, two_qubit_depth: of the largest circuit; 0 for classical.
        fidelity: smallest fidelity of a circuit with its target, NaN where that is not known; 1
            for classical.
        shots: circuit executions in all.
        predicted: seconds that the dry run foresaw: of a device that accounts for them, else CPU
            seconds of this machine; None where nothing runs.
        seconds: wall time of this evaluation.
        money: price of the plan on its device; None where there is no price.
        currency: of `money`.
        energy: joules; None where nobody said.
    """

    parameters: int | None = None
    two_qubit_gates: int = 0
    two_qubit_depth: int = 0
    fidelity: float = 1.0
    shots: int = 0
    predicted: float | None = None
    seconds: float = 0.0
    money: float | None = None
    currency: str = ""
    energy: float | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row(Displayed):
    """One way to answer for the test inputs.

    Args:
        name: how the row is called: "classical", "RBF-SVM", "quantum, ideal", "noisy", ...
        kind: "classical", "baseline" or "quantum".
        model: the name of the model that answered.
        step: of a quantum model "ideal", "shots", "noisy" or "mitigated"; else "".
        measures: figures of merit: the accuracy, or R² and the root of the mean squared error.
        predictions: predicted labels or numbers (inputs,).
        costs: what it took.
        scores: scores (inputs, classes) with their standard errors, where the model has them.
        score_error: mean |score - score of the tensor network| over inputs and classes.
        difference: of the first measure to that of the first row, on the same inputs.
        adjusted: the p-value of that difference after Holm, for all rows together.
    """

    name: str
    kind: str
    model: str
    step: str
    measures: tuple[Measure, ...]
    predictions: np.ndarray
    costs: Costs
    scores: Estimate[np.ndarray] | None = None
    score_error: Estimate[float] | None = None
    difference: Difference | None = None
    adjusted: float | None = None

    def _brief(self) -> str:
        return f"{self.name}, {', '.join(f'{m.name} {m}' for m in self.measures)}"

    def _display(self) -> Display:
        costs = [
            (f.name.replace("_", " "), getattr(self.costs, f.name)) for f in fields(self.costs)
        ]
        rows = [
            ("kind", self.kind),
            ("model", self.model),
            ("step", self.step),
            *((measure.name, str(measure)) for measure in self.measures),
            ("score error", self.score_error),
            *(pair for pair in costs if pair[1] not in (None, 0, "")),
        ]
        return Display(self.name, rows)

    @property
    def accuracy(self) -> Estimate[float]:
        """The first measure with its standard error: the accuracy, of regressors R²."""
        return Estimate(self.measures[0].value, self.measures[0].stderr, 0, self.measures[0].name)

    @property
    def shots(self) -> int:
        """Circuit executions in all."""
        return self.costs.shots

    @property
    def seconds(self) -> float:
        """Wall time of this evaluation."""
        return self.costs.seconds

    def numbers(self) -> dict[str, Any]:
        """Return the row as plain numbers and text, for JSON and data frames."""
        found: dict[str, Any] = {"name": self.name, "kind": self.kind}
        for measure in self.measures:
            found |= {
                measure.name: measure.value,
                f"{measure.name}_stderr": measure.stderr,
                f"{measure.name}_low": measure.low,
                f"{measure.name}_high": measure.high,
            }
        gain = self.difference
        found |= {
            "difference": None if gain is None else gain.value,
            "difference_low": None if gain is None else gain.low,
            "difference_high": None if gain is None else gain.high,
            "wins": None if gain is None else gain.wins,
            "losses": None if gain is None else gain.losses,
            "p_value": None if gain is None else gain.p_value,
        }
        error = self.score_error
        return found | {
            "p_adjusted": self.adjusted,
            "score_error": None if error is None else float(error),
            "score_error_stderr": None if error is None else float(np.asarray(error.stderr)),
            "parameters": self.costs.parameters,
            "two_qubit_gates": self.costs.two_qubit_gates,
            "two_qubit_depth": self.costs.two_qubit_depth,
            "fidelity": None if math.isnan(self.costs.fidelity) else self.costs.fidelity,
            "shots": self.costs.shots,
            "seconds_predicted": self.costs.predicted,
            "seconds": self.costs.seconds,
            "money": self.costs.money,
            "currency": self.costs.currency,
            "energy": self.costs.energy,
        }


def digits_of(width: float) -> int:
    """Return the digits after the point that show two of an interval's width."""
    if not math.isfinite(width) or width <= 0:
        return 3
    return min(12, max(0, 1 - math.floor(math.log10(width))))
