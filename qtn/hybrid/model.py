"""What all deployed models have in common: compiled circuits, where they run, what that takes.

`QuantumModel` binds rows, runs what its form asks for and plans it; what the measured values mean
(scores of classes, numbers, probabilities of samples) its subclasses say. `qtn.deploy` makes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import validate_data

from qtn._checks import finite_array, flag, instance, positive_int
from qtn._display import Display, Displayed
from qtn._machine import few_threads
from qtn._progress import checked_progress
from qtn._random import derived_seed
from qtn.data.dataset import unit_rows
from qtn.devices import Budget, resolve, run
from qtn.devices.budget import check_budget
from qtn.devices.costs import RunPlan, together
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Floats, Form, Measurement, Written
from qtn.hybrid.forms.overlap import Overlap
from qtn.hybrid.pipelines import passed
from qtn.hybrid.refine.door import Request, refined
from qtn.hybrid.views import ModelPictures, model_display
from qtn.mitigation import mitigate
from qtn.mitigation import plan as plan_mitigation
from qtn.mitigation.running import budget_plans
from qtn.models.training.columns import Columns


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumModel(ModelPictures, Displayed, ABC):
    """Base of the deployed models; `dataclasses.replace` gives the same model elsewhere.

    Args:
        compiled: the circuits of the form, in its order.
        device: where the circuits run; see `qtn.run`.
        shots: circuit executions per input, circuit and noise factor.
        mitigation: techniques of `qtn.mitigate`, in order; empty for raw values.
        scaling: what the model learnt about its columns, their ranges or categories and their
            order (`qtn.models.training.columns`); None takes one feature in [0, 1] per qubit.
        seed: same seed, same counts on a simulated device.
        progress: show progress bars (None: where someone can watch).
        budget: the most that one call may take for all its circuits together; checked before the
            first runs. Devices that may cost something need one beyond 100,000 shots.
        form: how circuits become what the model answers; see `qtn.Form`.
        why: why `qtn.deploy` took this form, where it was left to it.
        before: fitted transformers that rows pass first, the steps of a pipeline.
        names: of the columns that the model was trained on; None where they had none. A table with
            other names, or in another order, is refused.
    """

    stream: ClassVar[str] = "quantum-model"  # of random numbers

    compiled: tuple[Written, ...]
    device: Any = "aer"
    shots: int = 4096
    mitigation: tuple[Any, ...] = ()
    seed: int = 0
    progress: bool | None = None
    scaling: Columns | None = None
    budget: Budget | None = None
    form: Form = field(default_factory=Overlap)
    why: str = ""
    before: tuple[Any, ...] = ()
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        positive_int("shots", self.shots)
        check_budget(self.budget)
        checked_progress(self.progress)
        instance("form", self.form, Form, "a form of a quantum model")
        self.form.check(self._deployed)

    @classmethod
    @abstractmethod
    def fitted(cls, name: str, model: Any) -> Any:
        """Return `model` if this kind of quantum model can be made of it.

        Raises:
            ArgumentError: it is of another kind, or not fitted.
        """

    @classmethod
    @abstractmethod
    def learnt(cls, model: Any, form: Form) -> dict[str, Any]:
        """Return the fields that a subclass adds, as a fitted model and the form give them."""

    @abstractmethod
    def _outputs(self) -> str:
        """Say what the model answers, in a few words."""

    def _brief(self) -> str:
        return (
            f"{self._outputs()}, {self.n} qubits, "
            f"{type(self.form).__name__}, device={self.device!r}, shots={self.shots}, "
            f"fidelity={self.fidelity:.6g}"
        )

    def _display(self) -> Display:
        return model_display(self, self._outputs())

    @property
    def n(self) -> int:
        """Number of qubits of the largest of the circuits."""
        return max(int(c.circuit.num_qubits) for c in self.compiled)

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
        """Smallest fidelity of a compiled state with its target; NaN where one is not known."""
        return float(np.min([c.fidelity for c in self.compiled]))

    def rows(self, x: ArrayLike) -> Floats:
        """Return what the circuits bind for inputs: shape (batch, inputs), values in [0, 1].

        Args:
            x: inputs (batch, features), as the model takes them (or the pipeline that it is the
                last step of); without `scaling` in [0, 1].

        Raises:
            ArgumentError: wrong number of features, values outside [0, 1] or not finite.
        """
        x = self._passed(x)
        if self.scaling is None:
            rows = unit_rows("x", x)
        else:
            rows = self._scaled(finite_array("x", x, ndim=2, dtype=np.float64))
        inputs = self.form.inputs(self._deployed)
        if rows.shape[1] != inputs:
            raise ArgumentError(
                f"Argument `x` must have {inputs} features per row, but has {rows.shape[1]}."
            )
        return rows

    @property
    def n_features_in_(self) -> int:
        """Number of features of a row, as `rows` takes it."""
        if self.before and hasattr(self.before[0], "n_features_in_"):
            return int(self.before[0].n_features_in_)
        copies = 1 if self.scaling is None else self.scaling.copies
        return self.form.inputs(self._deployed) // copies

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the features, where the model was trained on a table that had them."""
        if self.names is None:
            raise AttributeError("This model was trained on columns without names.")
        return np.array(self.names, dtype=object)

    def fit(self, x: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Refuse: a deployed model is trained already.

        Raises:
            ArgumentError: always; the text says what to do instead.
        """
        raise ArgumentError(
            f"A {type(self).__name__} is trained already. Change its circuits with "
            "refine(x, y); inside other estimators, such as a VotingClassifier, give "
            "sklearn.frozen.FrozenEstimator(model)."
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all fields by name, as scikit-learn asks for them."""
        flag("deep", deep)
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def __sklearn_clone__(self) -> Self:
        return self  # what was trained is all there is of it

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @few_threads(1)
    def measure(self, x: ArrayLike) -> list[Estimate]:
        """Run the circuits of the form for inputs.

        Args:
            x: as in `rows`.

        Returns:
            Per measurement of `Form.circuits` the values of its observables, arrays
            (batch, observables).

        Raises:
            ArgumentError: the inputs cannot be used.
            BudgetError: all circuits together exceed the budget, or need one.
            DeviceError: the device cannot take the circuits.
        """
        work = self.form.circuits(self._deployed, self.rows(x))
        if self.budget is not None or resolve(self.device).paid:
            self._planned(work).check(self.budget)
        return [self._measure(number, part) for number, part in enumerate(work)]

    @few_threads(1)
    def plan(self, x: ArrayLike) -> RunPlan:
        """Return what `measure` would take for inputs, all circuits together; nothing runs.

        Returns:
            The plan of `qtn.run(..., dry_run=True)`: circuits, depth, shots, seconds, money.

        Raises:
            ArgumentError: the inputs cannot be used.
            DeviceError: the device cannot take the circuits.
        """
        return self._planned(self.form.circuits(self._deployed, self.rows(x)))

    @few_threads(1)
    def refine(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        *,
        loss: Any = None,
        method: Any = None,
        start: Any = "compiled",
        noise: Any = None,
        validation: float = 0.15,
        steps: int = 150,
        seed: int | None = None,
    ) -> Self:
        """Fine-tune the gates of all circuits on the task; none takes more CX than before.

        The probabilities of all rows and their gradients are contracted exactly, and the gates move
        by L-BFGS, real ones among real ones. Rows that are held out decide which of the circuits
        seen is kept, so that on them the loss is never above that of the start.

        Args:
            x: rows to learn from, as in `rows`; the ones that the model was trained on will do.
            y: their labels; None for models without labels.
            loss: what is made small; None for `qtn.hybrid.RootCrossEntropy()` where the rows have
                labels. `qtn.hybrid.CrossEntropy(signal=...)` is another.
            method: None for exact gradients; `qtn.hybrid.SPSA(...)` or `ParameterShift(...)` for a
                search on the device of the model, within its budget.
            start: "compiled"; `qtn.hybrid.Extended(...)`, with more gates that begin as the
                identity; "random" or "identity", other gates of the same shape, to compare with.
            noise: a device whose noise the loss takes into account; None for none. A few rows
                measured there say what it leaves of a probability and what it adds.
            validation: share of the rows that is held out, of every class the same; 0 for none.
            steps: how many at most; fewer where the rows held out gain nothing any more.
            seed: of the rows held out and of random starts; None for that of the model.

        Returns:
            The same model with other gates. `compiled[k].provenance` has "refined" and "losses";
            fidelities are with the states compiled for, and fall. Ctrl-C ends the search with the
            best so far; a second one raises.

        Raises:
            ArgumentError: rows or labels that the model cannot use, one class alone, options out
                of range, circuits that were not compiled from blocks, a form without overlaps, or
                circuits too entangling to be contracted exactly.
            DeviceError: the device of `noise` cannot take the circuits.

        Cost: per step two to three contractions of all rows; for ten classes of 15 blocks on 16
        qubits and 1,100 rows 10 ms of one core.

        Reference: Rudolph et al., Nat. Commun. 14, 8367 (2023), "synergistic" training: classical
        first; here the gradients are exact and the loss is that of counts.
        """
        request = Request(
            loss=loss, method=method, start=start, noise=noise, validation=validation,
            steps=steps, seed=seed,
        )  # fmt: skip
        return cast("Self", refined(self, x, y, request))

    @property
    def _deployed(self) -> Any:
        """What the form sees: it knows which fields its kind of model has."""
        return self

    def _passed(self, x: ArrayLike) -> Any:
        """Return rows after the transformers before the model; these know their columns."""
        if self.before:
            return passed(self.before, x)
        try:
            return validate_data(self, x, reset=False, skip_check_array=True, ensure_2d=False)
        except (ValueError, TypeError) as error:
            text = " ".join(str(error).split())
            raise ArgumentError(f"Argument `x` cannot be used: {text}") from error

    def _scaled(self, rows: Floats) -> Floats:
        assert self.scaling is not None
        columns = self.form.inputs(self._deployed) // self.scaling.copies
        if rows.shape[1] != columns:
            raise ArgumentError(
                f"Argument `x` must have {columns} features per row, but has {rows.shape[1]}."
            )
        return self.scaling.apply(rows, "x")

    def _measure(self, number: int, work: Measurement) -> Estimate:
        pub, asked = work.pub, work.asked
        where = {"device": self.device, "shots": self.shots, "budget": self.budget}
        where["progress"] = self.progress
        seed = self._seed(number)
        if self.mitigation:
            found = mitigate(pub, asked, list(self.mitigation), seed=seed, **where)
        else:
            found = run(pub, asked, seed=seed, **where).values[0]
            # A run states the shots of one binding; an estimate of a sweep those of all.
            found = replace(found, shots=found.shots * len(work.rows))
        shape = (len(work.rows), len(work.observables))
        value, stderr = np.reshape(found.value, shape), np.reshape(found.stderr, shape)
        return replace(found, value=value, stderr=stderr)

    def _planned(self, work: Sequence[Measurement]) -> RunPlan:
        """Return what measurements take on the device together."""
        plans: list[Any] = []
        for number, part in enumerate(work):
            pub, seed = part.pub, self._seed(number)
            where = {"device": self.device, "shots": self.shots}
            if self.mitigation:
                techniques = list(self.mitigation)
                planned = plan_mitigation(pub, part.asked, techniques, seed=seed, **where)
                plans += budget_plans(planned)
            else:
                plans.append(run(pub, part.asked, seed=seed, dry_run=True, **where))
        return together(plans)

    def _seed(self, number: int) -> int:
        return derived_seed(self.seed, self.stream, number)
