"""Classifiers of sentences as quantum models: one circuit per length, the words its parameters.

The circuits are exact as written, so nothing is lost by compiling them. Sentences of one length
share a circuit and are bound to it together. Post-selected qubits are read with the label; scores
are those of the runs in which they are all 0.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags

from qtn.applications.sequences.tokens import by_length
from qtn.applications.sequences.trained import SequenceTraining
from qtn.data.dataset import sentence_array
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid import Deployed, Measurement, QuantumClassifier
from qtn.hybrid.forms.base import Exact, register_projectors
from qtn.hybrid.forms.isometric import Isometric, modulo, register_of
from qtn.hybrid.forms.signal import Signal
from qtn.hybrid.pipelines import passed
from qtn.models.base import fitted_as

Floats = NDArray[np.float64]
NONE = -1  # behind the end of a sentence in a table


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumSequenceClassifier(QuantumClassifier):
    """A deployed classifier of sentences; see `QuantumClassifier`, whose inputs are here sentences.

    `rows` gives the numbers of the tokens, filled up with -1.
    """

    stream: ClassVar[str] = "quantum-sequences"

    @classmethod
    def fitted(cls, name: str, model: Any) -> Any:
        """Return `model` if it is a fitted classifier of sentences."""
        noun = "a fitted classifier of sentences"
        return fitted_as(name, model, SequenceTraining, noun, "Call fit(x, y) first.")

    def rows(self, x: ArrayLike) -> Any:
        """Return the numbers of the tokens of sentences, (batch, longest), -1 behind their ends.

        Raises:
            ArgumentError: the sentences cannot be used.
        """
        codes = source_of(self.form)._reader.codes("x", passed(self.before, x))
        table = np.full((len(codes), max(map(len, codes))), NONE)
        for row, found in zip(table, codes, strict=True):
            row[: len(found)] = found
        return table

    @property
    def n_features_in_(self) -> int:
        """There are none: sentences have any length."""
        raise AttributeError("Sentences have no columns.")

    def scores(self, x: ArrayLike) -> Estimate:
        """Measure the score of every class for every sentence; see `QuantumClassifier.scores`."""
        found, back = self.form.scores(self, self.measure(x)), self.places(x)
        value, error = np.asarray(found.value)[back], np.asarray(found.stderr)[back]
        return replace(found, value=value, stderr=error)

    def places(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return where every sentence stands among the lengths, one after another."""
        return _places(self.rows(x))

    def __sklearn_tags__(self) -> Tags:
        tags = QuantumClassifier.__sklearn_tags__(self)
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def refine(self, x: ArrayLike, y: ArrayLike | None = None, **options: Any) -> Self:
        """Refuse: nothing was lost to a compilation.

        Raises:
            ArgumentError: always; the text says what to do instead.
        """
        raise ArgumentError(
            "The circuits of a classifier of sentences are the trained network itself: there is "
            "nothing to refine. Against the noise of a device train with gate_noise=, or fit the "
            "head to it: qtn.fit_head(quantum, model, x, y)."
        )


class BoundForm:
    """What forms share that hold the model which they deploy, in a field `source`."""

    __slots__ = ()

    def bound(self, model: Any) -> Any:
        """Return the form with the model as it is now, whatever it will be fitted to later."""
        form: Any = self
        return replace(form, source=copy.copy(model))

    def weights(self, model: Any) -> Floats:
        """Return 1 for every class: an outcome counts as it stands."""
        return np.ones(len(model.classes_))

    def check(self, model: Deployed) -> None:
        """Raise `ArgumentError` unless the form is bound to a model of the same classes."""
        if list(source_of(self).classes_) != list(model.classes):
            raise ArgumentError("The form belongs to a model of other classes: deploy it again.")

    def inputs(self, model: Deployed) -> int:
        """Return how many angles the largest of the circuits binds."""
        return max(int(c.circuit.num_parameters) for c in model.compiled)


def source_of(form: Any) -> Any:
    """Return the model that a form is bound to.

    Raises:
        ArgumentError: none.
    """
    if form.source is None:
        raise ArgumentError("This form is bound to no model: give it to deploy(model, form=...).")
    return form.source


@dataclass(frozen=True, slots=True, repr=False)
class Sentences(BoundForm, Isometric):
    """Paths and trees over sentences: one circuit per length, whose register gives the class.

    Args:
        reset: whether discarded qubits are reset and used again.
        head: turns the distribution of outcomes into scores; None for what the model has learnt.
        source: the model, as it was when it was deployed.
    """

    makes: ClassVar[Any] = QuantumSequenceClassifier

    source: Any = None

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is a classifier of sentences."""
        return isinstance(model, SequenceTraining)

    def qubits(self, model: Any) -> int | None:
        """Return those of the largest circuit of the lengths that were trained on."""
        return max(int(self._circuit(model, n).num_qubits) for n in model.lengths_)

    def targets(self, model: Any) -> Sequence[Any]:
        """Return the circuits of the lengths that were trained on."""
        found = []
        for length in model.lengths_:
            started = time.process_time()
            circuit = self._circuit(model, length)
            found.append(Exact(circuit, time.process_time() - started))
        return found

    def circuits(self, model: Deployed, x: Any) -> Sequence[Measurement]:
        """Return one measurement per length, with the projectors on the outcomes."""
        source, found = source_of(self), []
        for _, codes in _groups(x):
            circuit = self._circuit(source, codes.shape[1])
            read = register_of(circuit)[: source.parts_.read]
            elsewhere = "I" if source.parts_.discards else "0"
            asked = register_projectors(read, circuit.num_qubits, elsewhere)
            found.append(Measurement(circuit, source.parts_.values(codes), asked))
        return found

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return what the head makes of the distributions, length after length."""
        parts = [Isometric.scores(self, model, [found]) for found in outcomes]
        return Estimate(
            np.concatenate([np.asarray(part.value) for part in parts]),
            np.concatenate([np.asarray(part.stderr) for part in parts]),
            sum(part.shots for part in parts),
            parts[0].method,
        )

    def trained(self, name: str, model: Any) -> Any:
        """Return `model` if it is a fitted classifier of sentences that throws no run away."""
        found = QuantumSequenceClassifier.fitted(name, model)
        if not found.parts_.discards:
            raise ArgumentError(
                "A head is fitted to the outcomes of all runs, but this model post-selects. Train "
                'it with closure="discard".'
            )
        return found

    def table(self, name: str, x: Any) -> Any:
        """Return sentences as an array of which rows can be taken."""
        return sentence_array(name, x)

    def frequencies(self, model: Any, x: Any) -> Floats:
        """Return what a deployed model measures of the outcomes, (batch, outcomes)."""
        found = [np.asarray(part.value) for part in model.measure(x)]
        return np.concatenate(found)[_places(model.rows(x))]

    def distribution(self, model: Deployed, x: Any) -> Floats:
        """Return the exact distribution of outcomes, those of runs that are kept."""
        codes = [row[row != NONE] for row in x]
        return np.asarray(source_of(self)._contracted(codes)[0])

    def signal(self, model: Deployed, x: Any) -> Signal | None:
        """Return what the head makes of the outcomes; unknown where runs are thrown away."""
        return Isometric.signal(self, model, x) if source_of(self).parts_.discards else None

    def foreseen(self, model: Any, scores: Floats) -> Signal | None:
        """Return None: this is the only form there is."""
        return None

    def _circuit(self, model: Any, length: int) -> Any:
        return model.parts_.circuit(length, self.reset)

    def _head(self, classes: int) -> Any:
        head = self.head or source_of(self)._calibration or (lambda p: modulo(p, classes))

        def conditional(p: Floats) -> Floats:
            # Frequencies of kept runs: of those that are thrown away nothing is known.
            total = p.sum(axis=1, keepdims=True)
            return np.asarray(head(p / np.where(total > 0, total, 1.0)))

        return head if source_of(self).parts_.discards else conditional


def _groups(rows: Any) -> list[Any]:
    """Return members and codes of the rows of every length, from a table filled up with -1."""
    return list(by_length([row[row != NONE] for row in rows]).values())


def _places(rows: Any) -> NDArray[np.int64]:
    """Return where every row stands among the groups of all lengths, one after another."""
    return np.argsort(np.concatenate([members for members, _ in _groups(rows)]))
