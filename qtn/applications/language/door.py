"""Classifiers of sentences whose circuits follow a reader or a grammar: lambeq's, trained here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, fail, flag, instance, positive_int, real
from qtn._machine import few_threads
from qtn._optional import Tensor, need_torch, torch
from qtn._progress import checked_progress, progress_bar
from qtn._random import RandomState, chosen_seed, generator
from qtn.applications.language import saving
from qtn.applications.language.batches import Batch, grouped
from qtn.applications.language.deployed import Diagrams, Reading
from qtn.applications.language.labelled import read_texts
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError
from qtn.interop.lambeq import SentenceCircuit, from_lambeq, sentence_diagram
from qtn.models.base import estimator
from qtn.models.training.rows import all_or_nothing

__all__ = ["SentenceClassifier"]

# Added to probabilities before their logarithms and quotients.
FLOOR = 1e-12
# Standard deviation of a word's own part at the start, in turns.
OWN = 0.02


@estimator(
    *("reader", "ansatz", "rewrite", "layers", "qubits", "discard", "shared", "penalty"),
    *("epochs", "learning_rate", "seed", "random_state", "progress"),
)
class SentenceClassifier(Reading):
    r"""Classify sentences by the circuits of lambeq's diagrams, contracted exactly in training.

    A reader makes a diagram of a sentence, an ansatz a circuit of the diagram; words and boxes of
    the same name and type have the same parameters. With P_c the probability that the open wires
    are read as c,

    .. math:: p(c|x) = P_c(x) / \textstyle\sum_k P_k(x),

    and training makes -log p of the labels small by Adam, all sentences in every step. With
    `shared`, the angle k of a word w of type t is θ_{t,k} + δ_{w,k}: what words of a type have in
    common, and what is a word's own, which is 0 for words that training never shows.

    Args:
        reader: of sentences, see `qtn.sentence_diagram`.
        ansatz: of boxes, see `qtn.from_lambeq`.
        rewrite: of diagrams, see `qtn.sentence_diagram`.
        layers: of the ansatz.
        qubits: of each type of wire.
        discard: throw surplus wires of boxes away instead of post-selecting them.
        shared: whether words of one type share a part of their angles; without it unknown words
            are refused.
        penalty: what the mean square of the words' own parts (in turns) counts in the loss.
        epochs: steps of Adam.
        learning_rate: its first step size, in turns; it falls as a cosine.
        seed: of the first angles.
        random_state: the same by scikit-learn's name; a generator gives the next seed it draws.
        progress: show a bar (None: where someone can watch).

    Attributes:
        classes_: the labels, sorted.
        examples_: a sentence of every structure trained on.
        angles_: name of a parameter -> its value in turns.
        history_: loss and accuracy per step.

    Raises:
        ArgumentError: in `fit`, if a parameter or the data cannot be used.
        MissingExtraError: in `fit`, if lambeq is not installed.

    Cost: a step costs the sum over structures (sentences that differ in their words only are
    contracted together) of gates × sentences × 2^wires, some milliseconds per structure.

    Example:
        >>> import qtn
        >>> texts = ["cook soup", "bake bread", "write code", "debug code"]
        >>> model = qtn.SentenceClassifier(epochs=30, progress=False)
        >>> model.fit(texts, ["food", "food", "IT", "IT"]).predict(["bake soup"]).tolist()
        ['food']

    Reference: Lorenz, Pearson, Meichanetzidis, Kartsaklis, Coecke, arXiv:2102.12846; there SPSA on
    a device, here exact gradients of contracted circuits.
    """

    kind: ClassVar[str] = "sentence-classifier"

    reader: Any = "stairs"
    ansatz: Any = "iqp"
    rewrite: Sequence[Any] = ()
    layers: int = 1
    qubits: int | Mapping[str, int] = 1
    discard: bool = False
    shared: bool = False
    penalty: float = 0.0
    epochs: int = 100
    learning_rate: float = 0.05
    seed: int = 0
    random_state: RandomState = None
    progress: bool | None = None

    # ---------------------------------------------------------------- training

    @few_threads(1)
    def fit(self, X: Sequence[str], y: ArrayLike) -> Self:
        """Train on sentences with labels.

        Args:
            X: sentences, texts whose words are parted by blanks.
            y: their labels, shape (sentences,).

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was trained.
            MissingExtraError: lambeq or torch is not installed.
        """
        need_torch()
        self._check_parameters()
        words, labels = read_texts("X", X), label_array("y", y)
        if labels.shape != (len(words),):
            raise fail("y", f"one label per sentence, shape ({len(words)},)", labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        circuits = [self._circuit(row) for row in words]
        outputs = {len(made.outputs) for made in circuits}
        if len(outputs) > 1:
            raise ArgumentError(
                f"The sentences end in {' or '.join(map(str, sorted(outputs)))} wires. Give them "
                "one type, or a reader that does."
            )
        (wires,) = outputs
        if not 2 <= len(classes) <= 2**wires:
            raise fail("y", f"2 to {2**wires} classes for {wires} open wires", labels,
                       "Give the type of a sentence more qubits.")  # fmt: skip
        batches = grouped(circuits)
        with all_or_nothing(self):
            self.classes_ = classes
            self.examples_ = tuple(" ".join(words[batch.rows[0]]) for batch in batches)
            self._train(batches, numbers)
        return self

    def _check_parameters(self) -> None:
        flag("discard", self.discard)
        flag("shared", self.shared)
        bounded_int("layers", self.layers, 1)
        real("penalty", self.penalty, 0.0)
        positive_int("epochs", self.epochs)
        real("learning_rate", self.learning_rate, 0.0, open_low=True)
        checked_progress(self.progress)
        self._seed = chosen_seed(self.seed, self.random_state)

    def _circuit(self, words: list[str], reuse: bool = True) -> SentenceCircuit:
        diagram = sentence_diagram(words, self.reader, rewrite=self.rewrite)
        given: dict[str, Any] = {}
        if isinstance(self.ansatz, str):  # an ansatz of lambeq has these itself
            given = {"layers": self.layers, "qubits": self.qubits, "discard": self.discard}
        return from_lambeq(diagram, self.ansatz, **given, reuse=reuse)

    def _train(self, batches: list[Batch], numbers: NDArray[np.int64]) -> None:
        names = sorted({name for b in batches for row in b.names for name in row})
        commons = sorted({_common(name) for name in names} - {""})
        rng = generator(self._seed, "angles")
        start = rng.uniform(0.0, 1.0, len(names))
        together = torch.from_numpy(rng.uniform(0.0, 1.0, len(commons)))
        column = torch.tensor([commons.index(_common(n)) if _common(n) else -1 for n in names])
        pooled = (column >= 0) if self.shared else torch.zeros(len(names), dtype=torch.bool)
        start[pooled.numpy()] = rng.normal(0.0, OWN, int(pooled.sum()))
        own = torch.from_numpy(start).requires_grad_()
        together.requires_grad_()
        places = [torch.tensor([[names.index(n) for n in row] for row in b.names]) for b in batches]
        y = torch.from_numpy(numbers)
        optimiser = torch.optim.Adam([own, together], lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.epochs)
        self.history_: dict[str, list[float]] = {"loss": [], "accuracy": []}
        with progress_bar(self.epochs, "sentences", self.progress) as bar:
            for _ in range(self.epochs):
                optimiser.zero_grad()
                angles = own + torch.where(pooled, together[column], 0.0) if len(commons) else own
                loss, accuracy = self._loss(batches, places, angles, y)
                penalty = self.penalty * (own[pooled] ** 2).mean() if pooled.any() else 0.0
                (loss + penalty).backward()
                optimiser.step()
                schedule.step()
                self.history_["loss"].append(float(loss.detach()))
                self.history_["accuracy"].append(accuracy)
                bar.update()
        with torch.no_grad():
            angles = own + torch.where(pooled, together[column], 0.0) if len(commons) else own
        self.angles_ = dict(zip(names, angles.numpy().tolist(), strict=True))
        self.common_ = dict(zip(commons, together.detach().numpy().tolist(), strict=True))
        self.n_iter_ = self.epochs

    def _loss(
        self, batches: list[Batch], places: list[Tensor], angles: Tensor, y: Tensor
    ) -> tuple[Tensor, float]:
        total, right = torch.zeros(()), 0
        for batch, place in zip(batches, places, strict=True):
            turns = angles[place.reshape(len(batch.rows), -1)]
            p = self._normalised(batch.structure.joint(turns))
            labels = y[list(batch.rows)]
            total = total - torch.log(p.gather(1, labels[:, None])[:, 0] + FLOOR).sum()
            right += int((p.detach().argmax(dim=1) == labels).sum())
        return total / len(y), right / len(y)

    def _normalised(self, joint: Tensor) -> Tensor:
        kept = joint[:, : len(self.classes_)] + FLOOR
        return kept / kept.sum(dim=1, keepdim=True)

    # ------------------------------------------------------------- predictions

    @few_threads(1)
    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return the class probabilities of sentences, shape (sentences, classes).

        Raises:
            ArgumentError: an empty sentence, one that the reader cannot read, unknown words.
        """
        circuits = self._read(X)
        found = np.empty((len(circuits), len(self.classes_)))
        for batch, joint in self._joint(circuits):
            found[list(batch.rows)] = self._normalised(joint).numpy()
        return found

    @few_threads(1)
    def success_probability(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of the shots that post-selection leaves, shape (sentences,).

        Raises:
            ArgumentError: as in `predict_proba`.
        """
        circuits = self._read(X)
        found = np.empty(len(circuits))
        for batch, joint in self._joint(circuits):
            found[list(batch.rows)] = joint.sum(dim=1).numpy()
        return found

    @few_threads(1)
    def to_circuits(self, X: Sequence[str], reset: bool = True) -> list[SentenceCircuit]:
        """Return the circuits of sentences with the trained angles, and how they are read.

        Args:
            X: sentences.
            reset: whether qubits that are done with are reset and used again.

        Raises:
            ArgumentError: as in `predict_proba`.
        """
        return [
            replace(made, circuit=made.circuit.assign_parameters(self._values(made.names)))
            for made in self._read(X, flag("reset", reset))
        ]

    def quantum_form(self) -> Diagrams:
        """Return the form in which `qtn.deploy` makes this a quantum model."""
        return Diagrams()

    @few_threads(1)
    def batches(self, X: Sequence[str]) -> tuple[list[SentenceCircuit], list[Batch]]:
        """Return circuits of sentences with free parameters, without resets, and by structure.

        Raises:
            ArgumentError: as in `predict_proba`.
        """
        circuits = self._read(X, reuse=False)
        return circuits, grouped(circuits)

    def turns(self, batch: Batch) -> NDArray[np.float64]:
        """Return the trained values of the parameters of a batch, (sentences, slots).

        Raises:
            ArgumentError: a word that was never seen, of a type that has nothing in common.
        """
        way_out = "Take them from batches(X)."
        known = instance("batch", batch, Batch, "a batch of sentences", way_out=way_out)
        rows = [list(self._values(row).values()) for row in known.names]
        return np.array(rows, dtype=np.float64).reshape(len(rows), -1)

    @property
    def parameters_(self) -> int:
        """Number of trained parameters."""
        check_is_fitted(self)
        return len(self.angles_) + (len(self.common_) if self.shared else 0)

    def _read(self, X: Any, reuse: bool = True) -> list[SentenceCircuit]:
        check_is_fitted(self)
        return [self._circuit(row, reuse) for row in read_texts("X", X)]

    def _joint(self, circuits: list[SentenceCircuit]) -> list[tuple[Batch, Tensor]]:
        found = []
        for batch in grouped(circuits):
            found.append((batch, batch.structure.joint(torch.from_numpy(self.turns(batch)))))
        return found

    def _values(self, names: Sequence[str]) -> dict[str, float]:
        """Return the angles of parameters; a word never seen has what its type has in common."""
        found = {}
        for name in names:
            if name in self.angles_:
                found[name] = self.angles_[name]
            elif self.shared and _common(name) in self.common_:
                found[name] = self.common_[_common(name)]
            else:
                raise ArgumentError(
                    f"The word or box {name.partition('_')[0]!r} was never seen in training in "
                    "this place. Train with shared=True, which knows words of its type, or leave "
                    "the sentence out."
                )
        return found

    # -------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        return saving.packed(self)

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned."""
        return saving.restored(cls(), arrays, header)


def _common(name: str) -> str:
    """Return the type and number of a word's parameter, "" for those of boxes with inputs.

    lambeq names parameters name_inputs_outputs_number, and words have no inputs.
    """
    head, _, number = name.rpartition("_")
    _, words, kind = head.rpartition("__")
    return f"{kind}_{number}" if words and kind else ""
