"""Classifiers of sentences: quantum tensor networks over tokens, with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import fail, flag, real
from qtn._machine import few_threads
from qtn._optional import need_torch, torch
from qtn.applications.sequences import saving
from qtn.applications.sequences.deployed import Sentences
from qtn.applications.sequences.network import modulo
from qtn.applications.sequences.tokens import (
    Codes,
    read_sentences,
    vocabulary_of,
)
from qtn.applications.sequences.trained import SequenceTraining
from qtn.data.dataset import label_array
from qtn.models.base import estimator
from qtn.models.training.rows import all_or_nothing, check_weights

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@estimator(
    *("arch", "sharing", "boxes", "closure", "wires", "memory", "calibrate", "units", "hidden"),
    *(
        "max_length",
        "shifts",
        "gate_noise",
        "shots",
        "starts",
        "epochs",
        "batch_size",
        "learning_rate",
    ),
    *("validation_fraction", "patience", "seed", "random_state", "progress"),
)
class SequenceClassifier(SequenceTraining):
    r"""Classify sentences by a quantum circuit whose shape follows the sentence.

    Every token is a state of `wires` qubits, every box a unitary on two registers that keeps the
    first; at the end some qubits of the last register are measured, P_c is the probability of an
    outcome that is c modulo the number of classes, and

    .. math:: p(c|x) ∝ \exp(a\, P_c(x) + b_c)

    with a and b learnt (`calibrate=True`), else p(c|x) = P_c(x). Training contracts the networks
    exactly, all sentences of one length together.

    Args:
        arch: "tree" joins neighbours level by level, "path" takes one token after the other into a
            memory.
        sharing: which boxes are the same: "uniform" all, "level" those of a level of the tree,
            "position" none.
        boxes: with "level", the number of boxes, each for neighbouring levels; None for one per
            level.
        closure: "discard" traces the second register of a box out, nothing is lost; "post-select"
            keeps the runs where it is found in |0…0⟩, see `success_probability`.
        wires: qubits of a token, 1 or 2.
        memory: qubits that a path remembers, at least `wires`; None for `wires`.
        calibrate: whether scale and offsets are learnt.
        units: what a text is split into, "words" or "characters".
        hidden: probability that training shows a place-holder instead of a token; above 0, unknown
            tokens are read as the place-holder, at 0 they are refused.
        max_length: tokens of the longest sentence that there shall be boxes for; None for the
            longest one trained on. "uniform" takes any length unless it is given.
        shifts: in training a sentence is turned by up to so many tokens, those that leave at its
            end come in at its front.
        gate_noise: probability that a box leaves its register completely mixed, in training.
        shots: training sees probabilities with the scatter of so many shots, so that it does not
            rest on differences that no device resolves; None for exact ones.
        starts: random starts that are trained for a tenth of the epochs; the one with the least
            loss goes on. More than one helps where one small box has to do everything.
        epochs: passes over the sentences.
        batch_size: sentences per step of Adam.
        learning_rate: its first step size; it falls as a cosine.
        validation_fraction: share held out; the epoch with the least loss on it is kept.
        patience: epochs without a smaller loss there after which training ends.
        seed: of the start, the order and the share held out.
        random_state: the same by scikit-learn's name; a generator gives the next seed it draws.
        progress: show a bar (None: where someone can watch).

    Attributes:
        classes_: the labels, sorted.
        vocabulary_: the tokens, numbers before texts.
        lengths_: lengths of the sentences trained on.
        history_: loss and accuracy per epoch.
        status_: "completed", "stopped early" or "interrupted".
        best_epoch_: the epoch kept.

    Raises:
        ArgumentError: in `fit`, if a parameter or the data cannot be used.

    Cost: a step costs sentences · tokens · 64^wires operations (paths: 16^memory); 70 sentences of
    four words take a tenth of a second for ten epochs, 6,000 of 192 letters a second per epoch.

    Example:
        >>> texts = ["cooks soup", "bakes bread", "writes code", "debugs code"]
        >>> model = SequenceClassifier(arch="path", epochs=20, progress=False)
        >>> model.fit(texts, ["food", "food", "IT", "IT"]).predict(["bakes soup"]).tolist()
        ['food']

    Reference: Harvey, Yeung, Meichanetzidis, arXiv:2308.07865; Kundu et al., arXiv:2403.06890. Here
    boxes are full unitaries without disentanglers, and discarded wires are traced out in training.
    """

    kind: ClassVar[str] = "sequence-classifier"
    forms_: ClassVar[tuple[str, ...]] = ("circuit",)

    # ---------------------------------------------------------------- training

    @few_threads(1)
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on sentences with labels.

        Args:
            X: sentences, each a text or a sequence of texts or integers; or an integer array
                (sentences, tokens).
            y: labels, shape (sentences,).
            sample_weight: weight of every sentence in the loss.

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was trained.
        """
        need_torch()
        self._check_parameters()
        sentences = read_sentences("X", X, self.units)
        labels = label_array("y", y)
        if labels.shape != (len(sentences),):
            raise fail("y", f"one label per sentence, shape ({len(sentences)},)", labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if not 2 <= len(classes) <= 2**self._memory:
            most = f"2 to {2**self._memory} classes for {self._memory} qubits that are read"
            raise fail("y", most, labels, "Give more wires, or a path more memory.")
        weights = check_weights(sample_weight, len(sentences))
        with all_or_nothing(self):
            self.classes_, self.vocabulary_ = classes, vocabulary_of(sentences)
            self.lengths_ = tuple(sorted({len(row) for row in sentences}))
            longest = self.lengths_[-1] if self.max_length is None else self.max_length
            self._longest = int(longest)
            codes = self._reader.codes("X", sentences)
            self._train(codes, numbers, weights / weights.mean())
        return self

    # ------------------------------------------------------------- predictions

    def _coded(self, X: Any) -> list[Codes]:
        """Return the numbers of the tokens of sentences, or say what is wrong with them."""
        check_is_fitted(self)
        return self._reader.codes("X", X)

    @few_threads(1)
    def outcomes(self, X: Any, noise: float = 0.0, readout: float = 0.0) -> NDArray[np.float64]:
        """Return the distribution of what the circuits measure, given that they succeed.

        Args:
            X: sentences as in `fit`.
            noise: probability that a box leaves what it keeps completely mixed.
            readout: probability that a bit is read as the other one.

        Returns:
            Shape (sentences, 2^bits), the first qubit most significant.

        Raises:
            ArgumentError: the sentences cannot be used.
        """
        real("noise", noise, 0.0, 1.0)
        real("readout", readout, 0.0, 0.5)
        return self._contracted(self._coded(X), noise, readout)[0]

    @few_threads(1)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the class probabilities of sentences, shape (sentences, classes).

        Raises:
            ArgumentError: an empty sentence, an unknown token, more tokens than there are boxes.
        """
        p = torch.from_numpy(self._contracted(self._coded(X))[0])
        with torch.no_grad():
            found = self._exact.logits(modulo(p, len(self.classes_)))
        return np.asarray(torch.softmax(found, dim=1))

    @few_threads(1)
    def success_probability(self, X: Any) -> NDArray[np.float64]:
        """Return the probability that no run of a sentence is thrown away, (sentences,).

        1 with `closure="discard"`; with "post-select" the share of the shots that are left.

        Raises:
            ArgumentError: the sentences cannot be used.
        """
        return np.asarray(np.exp(self._contracted(self._coded(X))[1]))

    # ----------------------------------------------------------------- circuits

    @few_threads(1)
    def to_circuits(self, X: Any, reset: bool = True) -> list[QuantumCircuit]:
        """Return the circuit of every sentence, whose outcomes have the network's probabilities.

        Args:
            X: sentences as in `fit`.
            reset: whether discarded qubits are reset and used again.

        Returns:
            Circuits in CX and one-qubit gates. The register "label" is measured, its last bit the
            first qubit; bits of "zero" must be 0 where qubits are post-selected.

        Raises:
            ArgumentError: the sentences cannot be used.
        """
        flag("reset", reset)
        found = []
        for row in self._coded(X):
            angles = self.parts_.values(row[None])[0]
            found.append(self.parts_.circuit(len(row), reset).assign_parameters(angles))
        return found

    @property
    def parameters_(self) -> int:
        """Free real parameters: angles of words and boxes, scale and offsets."""
        check_is_fitted(self)
        words = self._tokens * 2 * (2**self.wires - 1)
        learnt = len(self.classes_) if self.calibrate else 0
        return int(words + self.network_.angles.numel() + learnt)

    @property
    def token_states_(self) -> dict[Hashable, NDArray[np.complex128]]:
        """The states of the tokens, unit vectors by token."""
        check_is_fitted(self)
        return dict(zip(self.vocabulary_, self.parts_.words, strict=False))

    def quantum_form(self) -> Sentences:
        """Return the form in which `qtn.deploy` makes this a quantum model."""
        return Sentences()

    # -------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        return saving.packed(self)

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned."""
        return saving.restored(cls(), arrays, header)
