"""What a form of a quantum model is: the contract that `deploy` and the deployed models know.

A form says what of a trained model is compiled, which circuits are run for an input, and how the
values that they give become scores. Whoever adds one writes a subclass of `Form` and gives it to
`qtn.deploy(model, form=...)`; nothing else has to know it. A line in `FORMS` of
`qtn/hybrid/forms/choose.py` gives it a name and lets `form="auto"` consider it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, positive_int
from qtn._display import Fields, Settings
from qtn.devices.tensor.primitives import TensorEstimator
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.products import Product, exact_scores
from qtn.hybrid.forms.signal import Counts, Signal
from qtn.interop.counting import Counted
from qtn.interop.observables import is_single, listed
from qtn.models.classifier import Classifier

Floats = NDArray[np.float64]


class Written(Protocol):
    """A circuit of a deployed model with what it costs: a `qtn.Compiled`, or an `Exact`."""

    @property
    def circuit(self) -> QuantumCircuit:
        """The circuit."""
        ...

    @property
    def two_qubit_gates(self) -> int:
        """Number of its two-qubit gates."""
        ...

    @property
    def two_qubit_depth(self) -> int:
        """Its depth, counting two-qubit gates only."""
        ...

    @property
    def infidelity(self) -> float:
        """1 minus the squared overlap with what it was compiled for."""
        ...

    @property
    def fidelity(self) -> float:
        """Squared overlap with what it was compiled for."""
        ...

    @property
    def floor(self) -> float:
        """Rigorous lower bound of the fidelity."""
        ...

    @property
    def seconds(self) -> float:
        """CPU seconds of its compilation."""
        ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exact(Fields, Counted):
    """A circuit that is what it shall be as it is written, without a compilation.

    Args:
        circuit: in gates on one and two qubits, perhaps with resets.
        seconds: CPU seconds that writing it took.
    """

    infidelity: ClassVar[float] = 0.0
    fidelity: ClassVar[float] = 1.0
    floor: ClassVar[float] = 1.0

    circuit: QuantumCircuit
    seconds: float = 0.0

    def _brief(self) -> str:
        return f"{self.circuit.num_qubits} qubits, {self.two_qubit_gates} two-qubit gates"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Measurement(Fields):
    """One circuit, the inputs bound to it, and what is measured.

    Args:
        circuit: a circuit without measurements before its end; it may hold resets.
        rows: values of its parameters in the order of `circuit.parameters`, (batch, parameters).
        observables: one or several that are read off the same shots where they can be, each
            anything that `qtn.run` takes as one observable. An outcome is an `Estimate` with
            arrays (batch, observables).
    """

    circuit: QuantumCircuit
    rows: Floats
    observables: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "observables", tuple(listed(self.observables)))

    def _brief(self) -> str:
        return f"{self.circuit.num_qubits} qubits, {len(self.rows)} inputs"

    @property
    def pub(self) -> Any:
        """The circuit with its values as `qtn.run` takes it: alone where it binds nothing."""
        return (self.circuit, self.rows) if self.circuit.num_parameters else self.circuit

    @property
    def asked(self) -> Any:
        """The observables as `qtn.run` takes them: the one, or the list of them."""
        first, *others = self.observables
        return [first, *others] if others or not is_single(first) else first


def register_projectors(qubits: Sequence[int], n: int, elsewhere: str = "I") -> list[str]:
    """Return the projectors on the values of a register: their means are its distribution.

    Args:
        qubits: of the register, the least significant first.
        n: number of qubits of the circuit.
        elsewhere: "I" where the other qubits do not matter, "0" where they must be 0.

    Returns:
        2^k labels of products, qubit 0 last, that of value v at place v.

    Raises:
        ArgumentError: qubits that are not there or named twice.

    Example:
        >>> register_projectors([0, 2], 3)
        ['0I0', '0I1', '1I0', '1I1']
    """
    positive_int("n", n)
    if len(set(qubits)) != len(qubits) or not set(qubits) <= set(range(n)):
        raise fail("qubits", f"different qubits below {n}", list(qubits))
    labels = []
    for value in range(2 ** len(qubits)):
        label = [elsewhere] * n
        for place, qubit in enumerate(qubits):
            label[n - 1 - qubit] = str(value >> place & 1)
        labels.append("".join(label))
    return labels


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
    def compiled(self) -> tuple[Written, ...]:
        """The circuits of `Form.targets`, in that order."""
        ...

    @property
    def n(self) -> int:
        """Number of qubits."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Form(Settings, ABC):
    """How a trained model becomes circuits, and what they give becomes scores.

    Base of all forms; each is a frozen dataclass of its options.

    Three duties: `circuits`, `scores`, `shots_needed`. The other methods have defaults for forms
    with one compiled state per class and one feature per qubit.
    """

    # The kind of deployed model: a key of `KINDS` in `qtn/hybrid/door.py`, or a class of its own.
    makes: ClassVar[Any] = "classifier"

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is of the kind that this form takes, fitted or not.

        `form="auto"` considers the forms whose answer is yes; the error for a model that a form
        cannot take names them.
        """
        return isinstance(model, Classifier) and not model.isometric

    def bound(self, model: Any) -> Self:
        """Return the form with what it takes over from a fitted model; here as it is."""
        return self

    def qubits(self, model: Any) -> int | None:
        """Return the qubits of the largest circuit of a fitted model, before it is compiled.

        None where that is not known; the device then refuses what is too large when it runs.
        """
        return None

    def targets(self, model: Classifier) -> Sequence[Any]:
        """Return what is compiled, in the order of `Deployed.compiled`.

        Args:
            model: a fitted classifier.

        Returns:
            Targets of `qtn.compile`, or circuits as `Exact`, which are taken as they are; here the
            weight state of every class.

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
            outcomes: per measurement the values of its observables with their errors, arrays
                (batch, observables).

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

    def products(self, model: Deployed, x: Floats) -> Sequence[Product]:
        """Return the scores as overlaps with product vectors, where they are that.

        Args:
            model: the deployed model.
            x: inputs as in `circuits`.

        Returns:
            One `Product` per score: for classifiers per class, in their order.

        Raises:
            ArgumentError: the scores of this form are no overlaps.
        """
        raise ArgumentError(
            f"The form {type(self).__name__} has no overlaps with product vectors: its scores are "
            "no squares of single amplitudes. Overlap and Label have them."
        )

    def signal(self, model: Deployed, x: Floats) -> Signal | None:
        """Return what the circuits tell of the classes, for the shots that a decision takes.

        Here of the products: counts of one probability per class, the circuits sharing the shots;
        None where the form has none.
        """
        if type(self).products is Form.products:
            return None
        products = self.products(model, x)
        values = np.array([p.weight for p in products])
        unweighted = [replace(p, weight=1.0) for p in products]
        p = exact_scores([c.circuit for c in model.compiled], unweighted)
        return Counts(p, values, len(model.compiled), np.full(len(values), 0.5**model.n))

    def foreseen(self, model: Any, scores: Floats) -> Signal | None:
        """Return `signal` before anything is compiled, or None where that is unknown.

        Args:
            model: a fitted classifier.
            scores: of rows, as the model's own `scores` gives them, (batch, classes).
        """
        return None

    def ideal_scores(self, model: Deployed, x: Floats) -> Floats:
        """Return the scores without noise and with infinitely many shots, (batch, classes).

        Here of the products of the form, or else by contracting the circuits of every input as
        tensor networks.
        """
        if type(self).products is not Form.products:
            return exact_scores([c.circuit for c in model.compiled], self.products(model, x))
        work = self.circuits(model, x)
        pubs = [(m.circuit, list(m.observables), m.rows[:, None]) for m in work]
        results = TensorEstimator().run(pubs, precision=0.0).result()
        exact = [np.asarray(r.data.evs, dtype=np.float64) for r in results]
        outcomes = [Estimate(v, np.zeros(v.shape), 0, "exact") for v in exact]
        return np.asarray(self.scores(model, outcomes).value)
