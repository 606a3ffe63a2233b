"""A regressor whose predictions are measured on a device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import r2_score
from sklearn.utils import RegressorTags, Tags, TargetTags

from qtn._checks import fail, finite_array, flag
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Floats, Form
from qtn.hybrid.forms.regression import Regression
from qtn.hybrid.model import QuantumModel
from qtn.models.base import fitted_as
from qtn.models.regressor import TensorNetworkRegressor

_WORST = 1.0  # standard error of half the rows, in standard deviations of the target
_USEFUL = 0.1  # the error that a refusal names the shots for


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumRegressor(QuantumModel):
    """A compiled circuit that gives the predictions of a trained regressor, with their errors.

    Made by `qtn.deploy`; `dataclasses.replace` gives the same model on another device.

    Args:
        trained: the trained regressor, which says what rows are as vectors, and in which units its
            targets are.
        compiled, device, shots, mitigation, scaling, seed, progress, budget: as in
            `QuantumClassifier`; `shots` are those of a row and a measurement basis (a chain has
            one, a tree two).
        form: `qtn.hybrid.Regression()`.
    """

    stream: ClassVar[str] = "quantum-regressor"

    trained: TensorNetworkRegressor

    @classmethod
    def fitted(cls, name: str, model: Any) -> TensorNetworkRegressor:
        """Return `model` if it is a fitted regressor."""
        noun, way_out = "a fitted regressor", "Call fit(x, y) first."
        return fitted_as(name, model, TensorNetworkRegressor, noun, way_out)

    @classmethod
    def learnt(cls, model: Any, form: Form) -> dict[str, Any]:
        """Return the fitted regressor."""
        return {"trained": model}

    def _outputs(self) -> str:
        count = int(np.size(self.trained.target_mean_))
        return f"{count} target{'s' if count > 1 else ''}"

    def __sklearn_tags__(self) -> Tags:
        tags = TargetTags(required=True)
        return Tags(estimator_type="regressor", target_tags=tags, regressor_tags=RegressorTags())

    @property
    def n_features_in_(self) -> int:
        """Number of features of a row, as `rows` takes it."""
        if self.before and hasattr(self.before[0], "n_features_in_"):
            return int(self.before[0].n_features_in_)
        return int(self.trained.n_features_in_)

    def rows(self, x: ArrayLike) -> Floats:
        """Return the vectors of all sites of every row side by side, (batch, numbers).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        found = finite_array("x", self._passed(x), ndim=2, dtype=np.float64)
        if found.shape[1] != self.trained.n_features_in_:
            raise ArgumentError(
                f"Argument `x` must have {self.trained.n_features_in_} features per row, but has "
                f"{found.shape[1]}."
            )
        return np.concatenate(self.trained.site_vectors(found), axis=1)

    @few_threads(1)
    def values(self, x: ArrayLike) -> Estimate[np.ndarray]:
        """Measure the targets of rows.

        Args:
            x: rows as the model takes them (batch, features).

        Returns:
            Estimate with arrays of the shape of `predict`. Errors are those of the shots, and of
            what noise leaves of the signal, which all rows of a call share.

        Raises:
            ArgumentError: the rows cannot be used, or so few shots that half the predictions would
                be further off than the targets vary; the text says how many it takes.
            BudgetError, DeviceError: as in `QuantumClassifier.scores`.
        """
        rows = self.rows(x)
        self._refuse_few_shots(rows)
        (outcome,) = self.measure(x)
        return self._in_units(self._regression.predicted(rows, outcome))

    @few_threads(1)
    def ideal_predict(self, x: ArrayLike) -> Floats:
        """Return the targets of rows without noise and shots, as the circuit has them.

        Computed by contracting the circuit; what the circuit lacks in fidelity is in it.
        """
        rows, form = self.rows(x), self._regression
        exact, _ = form.exact(self._deployed, rows)
        found = form.predicted(rows, Estimate(exact, np.zeros(exact.shape), 0, "exact"))
        return np.asarray(self._in_units(found).value)

    @few_threads(1)
    def expected_stderr(self, x: ArrayLike) -> Floats:
        """Return the standard errors that the model's shots will give, without noise.

        Nothing runs: the circuit is contracted.
        """
        rows = self.rows(x)
        f = self._regression.stderr(self._deployed, rows, self.shots)
        return np.asarray(self._in_units(Estimate(f, f, 0, "exact")).stderr)

    @few_threads(1)
    def predict(self, x: ArrayLike, return_std: bool = False) -> Any:
        """Return the measured targets of rows, in the shape of the targets of training.

        Args:
            x: rows as the model takes them (batch, features).
            return_std: return a pair, with the standard errors.
        """
        both = flag("return_std", return_std)
        found = self.values(x)
        value = np.asarray(found.value)
        return (value, np.asarray(found.stderr)) if both else value

    @few_threads(1)
    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the coefficient of determination R² of `predict`, the mean over targets."""
        targets = finite_array("y", y, dtype=np.float64)
        shape = (len(self.rows(x)), *np.shape(self.trained.target_mean_))
        if targets.shape != shape:
            raise fail("y", f"targets of shape {shape}", targets)
        return float(r2_score(targets, self.predict(x)))

    def _refuse_few_shots(self, rows: Floats) -> None:
        errors = self._regression.stderr(self._deployed, rows, self.shots)
        middle = float(np.median(errors))
        if middle > _WORST:
            needed = self.shots * (middle / _USEFUL) ** 2
            raise ArgumentError(
                f"Argument `shots` is {self.shots}, which leaves half the predictions with errors "
                f"above {middle:.2g} standard deviations of the target. For {_USEFUL} take some "
                f"{needed:.2g} shots per row, or train with trigonometric features and few columns."
            )

    def _in_units(self, found: Estimate) -> Estimate:
        """Return an estimate (batch, targets) in the units and the shape of the targets."""
        mean, scale = self.trained.target_mean_, self.trained.target_scale_
        shape = (len(np.asarray(found.value)), *np.shape(mean))
        value = np.reshape(found.value, shape) * scale + mean
        return replace(found, value=value, stderr=np.reshape(found.stderr, shape) * scale)

    @property
    def _regression(self) -> Regression:
        assert isinstance(self.form, Regression)
        return self.form
