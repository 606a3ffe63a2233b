"""A classifier whose scores are measured on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import ClassifierTags, Tags, TargetTags

from qtn._checks import fail, finite_array, real
from qtn._machine import few_threads
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.decision import ERROR, Decision, expected_keep, refuse_starved
from qtn.hybrid.forms.base import Form
from qtn.hybrid.model import QuantumModel
from qtn.models.classifier import Classifier, fitted_classifier
from qtn.models.training.rows import check_weights


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumClassifier(QuantumModel):
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
        scaling: what the model learnt about its columns, their ranges or categories and their
            order (`qtn.models.training.columns`); None takes one feature in [0, 1] per qubit.
        seed: same seed, same counts on a simulated device.
        progress: show progress bars (None: where someone can watch).
        budget: the most that one call (`scores`, `predict`, `score`, ...) may take for all its
            classes together; checked before the first runs. Devices that may cost something need
            one beyond 100,000 shots.
        form: how circuits become scores; see `qtn.Form`.
        why: why `qtn.deploy` took this form, where it was left to it.
        before: fitted transformers that rows pass first, the steps of a pipeline.
        names: of the columns that the model was trained on; None where they had none.
    """

    stream: ClassVar[str] = "quantum-classifier"

    classes: np.ndarray
    weights: np.ndarray

    @classmethod
    def fitted(cls, name: str, model: Any) -> Classifier:
        """Return `model` if it is a fitted classifier."""
        return fitted_classifier(name, model)

    @classmethod
    def learnt(cls, model: Any, form: Form) -> dict[str, Any]:
        """Return the classes of a fitted classifier, and what they count."""
        return {"classes": model.classes_, "weights": form.weights(model)}

    def _outputs(self) -> str:
        return f"{len(self.classes)} classes"

    @property
    def classes_(self) -> np.ndarray:
        """The labels, by the name that scikit-learn knows."""
        return self.classes

    def __sklearn_tags__(self) -> Tags:
        tags = TargetTags(required=True)
        return Tags(estimator_type="classifier", target_tags=tags, classifier_tags=ClassifierTags())

    def scores(self, x: ArrayLike) -> Estimate[np.ndarray]:
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
        return self.form.scores(self, self.measure(x))

    @few_threads(1)
    def ideal_scores(self, x: ArrayLike) -> np.ndarray:
        """Return the scores without noise and with infinitely many shots, (batch, classes).

        Computed by contracting the circuits, not by running them.
        """
        return self.form.ideal_scores(self, self.rows(x))

    @few_threads(1)
    def decision(self, x: ArrayLike, error: float = ERROR) -> Decision:
        """Return the shots that decide the classes of inputs as the exact scores do.

        Computed from the circuits by contraction and from the errors that the device tells; see
        `qtn.hybrid.forms.signal` for the bound. Nothing runs.

        Args:
            x: inputs as in `scores`.
            error: probability of another class than that of the exact scores, at most.

        Returns:
            A `Decision`, which prints its median and 80 % quantile over the inputs.

        Raises:
            ArgumentError: the inputs cannot be used, or a form of which this is not known.
        """
        real("error", error, 0.0, 0.5, open_low=True)
        rows = self.rows(x)
        signal = self.form.signal(self, rows)
        if signal is None:
            raise ArgumentError(
                f"The form {type(self.form).__name__} does not tell the shots of a decision: it "
                "has neither `products` nor a `signal`. Overlap, Label and Isometric do."
            )
        circuits = [work.circuit for work in self.form.circuits(self, rows[:1])]
        keep = expected_keep(circuits, self.device, self.seed)
        return Decision.of(self.form, signal, self.shots, error, keep)

    @few_threads(1)
    def predict(self, x: ArrayLike) -> np.ndarray:
        """Return the class of the largest measured score for every input.

        Raises:
            ArgumentError: the inputs cannot be used, or so few shots that no input could be decided
                even if all other classes were silent.
        """
        self._refuse_starved(x)
        return self.decide(np.asarray(self.scores(x).value))

    @few_threads(1)
    def predict_proba(self, x: ArrayLike) -> np.ndarray:
        """Return the measured scores normalised to sum 1, (batch, classes); see `predict`."""
        self._refuse_starved(x)
        positive = np.clip(np.asarray(self.scores(x).value), 0.0, None)
        total = positive.sum(axis=1, keepdims=True)
        uniform = np.full_like(positive, 1.0 / positive.shape[1])
        return np.divide(positive, total, out=uniform, where=total > 0)

    @few_threads(1)
    def score(self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy of `predict` on labelled inputs, weighted if asked."""
        labels = label_array("y", y)
        rows = self.rows(x)
        if labels.shape != (len(rows),):
            raise ArgumentError(
                f"Argument `y` must have one label per input, shape ({len(rows)},), but has shape "
                f"{labels.shape}."
            )
        weights = check_weights(sample_weight, len(rows))
        return float(np.average(self.predict(x) == labels, weights=weights))

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the class of the largest score in each row of (batch, classes)."""
        table = finite_array("scores", scores, ndim=2, dtype=np.float64)
        if table.shape[1] != len(self.classes):
            raise fail("scores", f"an array (batch, {len(self.classes)})", table)
        return self.classes[np.argmax(table, axis=1)]

    def _refuse_starved(self, x: ArrayLike) -> None:
        signal = self.form.signal(self, self.rows(x))
        if signal is not None:
            refuse_starved(Decision.of(self.form, signal, self.shots, ERROR))
