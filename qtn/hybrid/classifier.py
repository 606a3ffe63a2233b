"""A classifier whose scores are measured on a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import fail, finite_array, instance, positive_int
from qtn._progress import checked_progress
from qtn._random import derived_seed
from qtn.aqc import Compiled
from qtn.data.dataset import label_array, unit_rows
from qtn.devices import Budget, resolve, run
from qtn.devices.budget import check_budget
from qtn.devices.costs import together
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Form, Measurement
from qtn.hybrid.forms.overlap import Overlap
from qtn.mitigation import mitigate, plan
from qtn.mitigation.measuring import budget_plans
from qtn.models.training.columns import Scaling


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class QuantumClassifier:
    """Compiled circuits whose measured values are the scores of the classes.

    What is compiled, what is measured and what a score is, its form says. In the form `Overlap`
    score_l(x) = w_l |⟨Φ(x)|V_l|0⟩|², w_l = ‖W_l‖² / Σ_k ‖W_k‖². The prediction is the class of the
    largest score. Made by `qtn.deploy`; `dataclasses.replace` gives the same model on another
    device, with other shots or another mitigation.

    Args:
        classes: the labels.
        weights: w_l, non-negative, sum 1.
        compiled: the compiled circuits; one per class in the form `Overlap`.
        device: where the circuits run; see `qtn.run`.
        shots: circuit executions per input, circuit and noise factor.
        mitigation: techniques of `qtn.mitigate`, in order; empty for raw values.
        scaling: what the model learnt about the ranges of its columns
            (`qtn.models.training.columns.Scaling`); None takes one feature in [0, 1] per qubit.
        seed: same seed, same counts on a simulated device.
        progress: show progress bars (None: where someone can watch).
        budget: the most that one call (`scores`, `predict`, `score`, ...) may take for all its
            classes together; checked before the first runs. Devices that may cost something need
            one beyond 100,000 shots.
        form: how circuits become scores; see `qtn.Form`.
    """

    classes: np.ndarray
    weights: np.ndarray
    compiled: tuple[Compiled, ...]
    device: Any = "aer"
    shots: int = 4096
    mitigation: tuple[Any, ...] = ()
    seed: int = 0
    progress: bool | None = None
    scaling: Scaling | None = None
    budget: Budget | None = None
    form: Form = field(default_factory=Overlap)

    def __post_init__(self) -> None:
        positive_int("shots", self.shots)
        check_budget(self.budget)
        checked_progress(self.progress)
        instance("form", self.form, Form, "a form of a quantum model")
        self.form.check(self)

    def __repr__(self) -> str:
        return (
            f"QuantumClassifier({len(self.classes)} classes, {self.n} qubits, "
            f"{type(self.form).__name__}, device={self.device!r}, shots={self.shots}, "
            f"fidelity={self.fidelity:.6g})"
        )

    @property
    def n(self) -> int:
        """Number of qubits: one per feature, more for a table of one column."""
        return int(self.compiled[0].circuit.num_qubits)

    @property
    def two_qubit_gates(self) -> int:
        """Two-qubit gates of the largest of the compiled circuits."""
        return max(c.two_qubit_gates for c in self.compiled)

    @property
    def two_qubit_depth(self) -> int:
        """Two-qubit depth of the deepest of the compiled circuits."""
        return max(c.two_qubit_depth for c in self.compiled)

    @property
    def fidelity(self) -> float:
        """Smallest fidelity of a compiled state with its target."""
        return min(c.fidelity for c in self.compiled)

    def scores(self, x: ArrayLike) -> Estimate:
        """Measure the score of every class for every input.

        Args:
            x: inputs (batch, features), as the model takes them; without `scaling` in [0, 1].

        Returns:
            Estimate with arrays (batch, classes); mitigated values may leave [0, 1] within
            their error.

        Raises:
            ArgumentError: wrong number of features, values outside [0, 1] or not finite.
            BudgetError: all classes together exceed the budget, or need one.
            DeviceError: the device cannot take the circuits.
        """
        rows = self._rows(x)
        work = self.form.circuits(self, rows)
        self._check_budget(work)
        outcomes = [self._measure(number, part) for number, part in enumerate(work)]
        return self.form.scores(self, outcomes)

    def ideal_scores(self, x: ArrayLike) -> np.ndarray:
        """Return the scores without noise and with infinitely many shots, (batch, classes).

        Computed by contracting the circuits, not by running them.
        """
        return self.form.ideal_scores(self, self._rows(x))

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Return the class of the largest measured score for every input."""
        return self.decide(np.asarray(self.scores(x).value))

    def predict_proba(self, x: ArrayLike) -> np.ndarray:
        """Return the measured scores normalised to sum 1, (batch, classes)."""
        positive = np.clip(np.asarray(self.scores(x).value), 0.0, None)
        total = positive.sum(axis=1, keepdims=True)
        uniform = np.full_like(positive, 1.0 / positive.shape[1])
        return np.divide(positive, total, out=uniform, where=total > 0)

    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the accuracy of `predict` on labelled inputs."""
        labels = label_array("y", y)
        rows = self._rows(x)
        if labels.shape != (len(rows),):
            raise ArgumentError(
                f"Argument `y` must have one label per input, shape ({len(rows)},), but has shape "
                f"{labels.shape}."
            )
        return float(np.mean(self.predict(x) == labels))

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the class of the largest score in each row of (batch, classes)."""
        table = finite_array("scores", scores, ndim=2, dtype=np.float64)
        if table.shape[1] != len(self.classes):
            raise fail("scores", f"an array (batch, {len(self.classes)})", table)
        return self.classes[np.argmax(table, axis=1)]

    def _rows(self, x: ArrayLike) -> np.ndarray:
        if self.scaling is None:
            rows = unit_rows("x", x)
        else:
            rows = self._scaled(finite_array("x", x, ndim=2, dtype=np.float64))
        inputs = self.form.inputs(self)
        if rows.shape[1] != inputs:
            raise ArgumentError(
                f"Argument `x` must have {inputs} features per row, but has {rows.shape[1]}."
            )
        return rows

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        assert self.scaling is not None
        columns = self.form.inputs(self) // self.scaling.copies
        if rows.shape[1] != columns:
            raise ArgumentError(
                f"Argument `x` must have {columns} features per row, but has {rows.shape[1]}."
            )
        return self.scaling.apply(rows, "x")

    def _measure(self, number: int, work: Measurement) -> Estimate:
        pub = (work.circuit, work.rows)
        where = {"device": self.device, "shots": self.shots, "budget": self.budget}
        where["progress"] = self.progress
        seed = self._seed(number)
        if self.mitigation:
            return mitigate(pub, work.observable, list(self.mitigation), seed=seed, **where)
        measured = run(pub, work.observable, seed=seed, **where).values[0]
        # A run states the shots of one binding; an estimate of a sweep those of all.
        return replace(measured, shots=measured.shots * len(work.rows))

    def _check_budget(self, work: Sequence[Measurement]) -> None:
        """Hold the plans of all circuits together against the budget."""
        if self.budget is None and not resolve(self.device).paid:
            return
        plans: list[Any] = []
        for number, part in enumerate(work):
            pub, seed = (part.circuit, part.rows), self._seed(number)
            where = {"device": self.device, "shots": self.shots}
            if self.mitigation:
                techniques = list(self.mitigation)
                plans += budget_plans(plan(pub, part.observable, techniques, seed=seed, **where))
            else:
                plans.append(run(pub, part.observable, seed=seed, dry_run=True, **where))
        together(plans).check(self.budget)

    def _seed(self, number: int) -> int:
        return derived_seed(self.seed, "quantum-classifier", number)
