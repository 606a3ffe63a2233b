"""What a form of a quantum model is: the contract that `deploy` and `QuantumClassifier` know.

A form says which states of a trained classifier are compiled, which circuits are run for an input,
and how the values that they give become scores. Whoever adds one writes a subclass of `Form` and
gives it to `qtn.deploy(model, form=...)`; nothing else has to know it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.aqc import Compiled
from qtn.devices.tensor.primitives import TensorEstimator
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.models.classifier import Classifier

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Measurement:
    """One circuit, the inputs bound to it, and what is measured: one value per input.

    Args:
        circuit: a circuit without measurements.
        rows: values of its parameters in the order of `circuit.parameters`, (batch, parameters).
        observable: anything that `qtn.run` takes as one observable.
    """

    circuit: QuantumCircuit
    rows: Floats
    observable: Any

    def __repr__(self) -> str:
        return f"Measurement({self.circuit.num_qubits} qubits, {len(self.rows)} inputs)"


class Deployed(Protocol):
    """What a form may know of a deployed model."""

    @property
    def classes(self) -> NDArray[Any]:
        """The labels."""
        ...

    @property
    def weights(self) -> Floats:
        """What `Form.weights` gave, one number per class."""
        ...

    @property
    def compiled(self) -> tuple[Compiled, ...]:
        """The compiled circuits of `Form.targets`, in that order."""
        ...

    @property
    def n(self) -> int:
        """Number of qubits."""
        ...


@dataclass(frozen=True, eq=False)
class Form(ABC):
    """How a trained classifier becomes circuits, and what they give becomes scores.

    Base of all forms; each is a frozen dataclass of its options.

    Three duties: `circuits`, `scores`, `shots_needed`. The other methods have defaults for forms
    with one compiled state per class and one feature per qubit.
    """

    def targets(self, model: Classifier) -> Sequence[Any]:
        """Return what is compiled, in the order of `Deployed.compiled`.

        Args:
            model: a fitted classifier.

        Returns:
            Targets of `qtn.compile`; here the weight state of every class.

        Raises:
            ArgumentError: the form cannot take this model.
        """
        return [model.state(label) for label in model.classes_]

    def weights(self, model: Classifier) -> Floats:
        """Return w_l = ‖W_l‖² / Σ_k ‖W_k‖², what the score of a class counts beside the others."""
        weights = np.exp(2.0 * (model.log_norms_ - np.max(model.log_norms_)))
        return np.asarray(weights / weights.sum())

    def check(self, model: Deployed) -> None:
        """Raise `ArgumentError` unless the parts of a deployed model belong together."""
        sizes = {len(model.classes), len(model.weights), len(model.compiled)}
        if len(sizes) != 1 or len(model.classes) < 2:
            raise ArgumentError(
                f"A quantum classifier needs one weight and one circuit per class and at least two "
                f"classes, but has {len(model.classes)} classes, {len(model.weights)} weights and "
                f"{len(model.compiled)} circuits."
            )

    def inputs(self, model: Deployed) -> int:
        """Return how many values of a row the circuits bind; here one per qubit."""
        return model.n

    @abstractmethod
    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return what is run for inputs.

        Args:
            model: the deployed model.
            x: shape (batch, inputs), values in [0, 1] as `site_values` of the model gives them.

        Returns:
            Any number of measurements; their order is that of the outcomes in `scores`.
        """

    @abstractmethod
    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the scores of all classes.

        Args:
            model: the deployed model.
            outcomes: per measurement the values of its observable with their errors, (batch,).

        Returns:
            Estimate with arrays (batch, classes) and the shots of all measurements together.
        """

    @abstractmethod
    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        """Return the cost before running: shots per input and circuit.

        Args:
            model: the deployed model.
            x: inputs as in `circuits`.
            stderr: largest standard error that a score may have, without noise and mitigation.
        """

    def ideal_scores(self, model: Deployed, x: Floats) -> Floats:
        """Return the scores without noise and with infinitely many shots, (batch, classes).

        Here by contracting the circuits of every input as tensor networks.
        """
        work = self.circuits(model, x)
        pubs = [(m.circuit, m.observable, m.rows) for m in work]
        results = TensorEstimator().run(pubs, precision=0.0).result()
        exact = [np.asarray(r.data.evs, dtype=np.float64) for r in results]
        outcomes = [Estimate(v, np.zeros(v.shape), 0, "exact") for v in exact]
        return np.asarray(self.scores(model, outcomes).value)
