"""Matrix-product-state models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qtn._checks import bounded_int, choice, positive_int, real
from qtn._progress import progress_bar
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.classifier import Classifier
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.chain_starts import STARTS, Start, chain_start, check_chain_memory
from qtn.models.networks.isometric import IsometricChain
from qtn.models.sweeps.classifier_sweeps import ClassifierSweeper

if TYPE_CHECKING:
    from qtn.states import MPS


# Dimension of a qubit, and the most sites that hold one and the same column.
_LEAST_PHYS = 2
_MOST_COPIES = 16


@estimator(
    *("bond", "isometric", "features", "loss", "generative", "sweeps", "epochs", "batch_size"),
    *("learning_rate", "start", "noise", "validation_fraction", "patience", "class_weight"),
    *("shape", "shifts", "flips", "rescale", "checkpoint", "device", "dtype"),
    *("seed", "random_state", "progress"),
)
class MPSClassifier(Classifier):
    """Classifier whose weights are a matrix product state with a label tensor in the middle.

        f_c(x) = ⟨Φ(x)|W_c⟩,   p(c|x) = |f_c|² / Σ_k |f_k|² ("born") or softmax of f ("softmax")

    `generative` adds the joint likelihood -log(|f_y(x)|² / Σ_k ‖W_k‖²) to the loss. It makes the
    scores of a row large enough to be measured with few shots, and the states W_c close to the
    data and weakly entangled, thus short to compile; use 0 for the best classical accuracy.

    A table of one column with more than two classes is written on as many sites as there are
    classes (at most 16), all of which hold that column: one qubit tells two classes apart.

    Args:
        bond: bond dimension, at least 1.
        features: "trigonometric" (qubits, for deployment), "polynomial" (1, x, x²), "legendre",
            "learned" (per column, three learnt combinations of Legendre polynomials), "amplitude"
            (four columns per site), or "one_hot" (columns of categories as integers from 0); see
            `qtn.data.features`.
        isometric: True trains a chain of unitaries that is a circuit on log₂(bond) + 1 qubits,
            whatever the number of features: `circuit(reset=True)`, see
            `qtn.models.networks.isometric`. `bond` is then a power of 2 and the features are
            trigonometric.
        loss: "born" or "softmax" (cross-entropy of the plain amplitudes); None takes "born", and
            "softmax" for isometric chains.
        generative: weight of the joint likelihood per row, at least 0; None takes 0.1, and 0 for
            isometric chains.
        sweeps: two-site sweeps before the gradients, see
            `qtn.models.sweeps.classifier_sweeps`; they need loss="softmax" and
            start from the linear classifier.
        epochs: passes over the rows, at least 1 (0 after sweeps).
        batch_size: rows per step.
        learning_rate: first step size of Adam; a cosine schedule lowers it to a hundredth.
        start: "identity", "means" (of the classes), "linear" (the least-squares linear classifier)
            or "auto"; see `qtn.models.networks.chain_starts`.
        noise: standard deviation of the start's noise.
        validation_fraction: part of every class held out to choose the best epoch; 0: the last.
        patience: epochs without a better validation loss after which training stops.
        class_weight: None, "balanced" (inverse frequency), or the weight of every label.
        shape: (height, width) of the image that one row is; needed for shifts and flips only.
        shifts: largest random shift in pixels of the images in training, in every direction.
        flips: True mirrors half of the images left to right in training.
        rescale: "auto" takes rows in [0, 1] as they are and scales all others as True does: every
            column to [0, 1] by its training minimum and maximum; False refuses rows outside
            [0, 1]. Later values beyond the range become its ends; a warning names those far beyond.
        checkpoint: file to resume from and to write after every epoch.
        device: "cpu", "cuda", or "auto", which takes a GPU where training is expected to end sooner
            there (bonds of some tens, many rows). The start, the order of the rows and all draws
            are the same everywhere; what is left is rounding.
        dtype: "float32" or "float64", of the training; None takes "float64" for at most 64 rows,
            where it costs nothing. Predictions are always computed in double precision.
        seed: chooses start, order and validation rows; results are reproducible for a seed.
        random_state: the same by scikit-learn's name; a number is the seed, None leaves the word to
            `seed`, and a numpy generator gives another seed to every fit.
        progress: True or False shows or hides the bar; None shows it where someone can watch.

    Attributes:
        classes_: the labels, sorted.
        history_: loss, accuracy, seconds (and validation figures) per epoch.
        status_: "completed", "stopped early" or "interrupted" (Ctrl-C, best so far kept).
        best_epoch_: the epoch whose parameters were kept.

    Cost: an epoch takes rows · sites · bond² · phys operations, three times over.

    Example:
        >>> from qtn.data import load_digits
        >>> data = load_digits(size=2, classes=(0, 1))
        >>> model = MPSClassifier(bond=2, epochs=20).fit(data.x_train, data.y_train)
        >>> model.predict_proba(data.x_test[:3]).shape
        (3, 2)
        >>> model.state(label=1).n
        4

    Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775) for the model and the sweeps;
    Efthymiou, Hidary and Leichenauer (arXiv:1906.06329) for training by gradients.
    """

    kind: ClassVar[str] = "mps-classifier"

    sweeps: int = 0
    learning_rate: float = 5e-3
    start: str = "auto"
    noise: float = 1e-2

    def _check_parameters(self) -> None:
        positive_int("bond", self.bond, way_out="8 is a good first choice.")
        choice("start", self.start, STARTS)
        real("noise", self.noise, 0.0)
        super()._check_parameters()
        if self.sweeps and (self._loss() != "softmax" or self.isometric):
            raise ArgumentError(
                "Argument `sweeps` is for chains with loss='softmax', whose local problems are "
                f"convex, but the loss is {self._loss()!r} and isometric={self.isometric!r}. Set "
                "sweeps=0, or loss='softmax' and isometric=False."
            )
        if self.sweeps and self.start not in ("auto", "linear"):
            raise ArgumentError(
                "Argument `start` must be 'auto' or 'linear' for sweeps, which start from the "
                f"linear classifier, but is {self.start!r}. Set sweeps=0 for another start."
            )

    def _least_epochs(self) -> int:
        # Sweeps may be all the training there is.
        return 0 if bounded_int("sweeps", self.sweeps, 0) else 1

    def _copies(self, classes: int, columns: int) -> int:
        # A site of dimension d tells d classes apart; k copies of a qubit tell k + 1.
        complete = self.features in ("amplitude", "one_hot")
        if columns > 1 or self.isometric or complete or classes <= _LEAST_PHYS:
            return 1
        return min(classes, _MOST_COPIES)

    def _start(
        self, x: Tensor, y: Tensor, classes: int, weights: Tensor
    ) -> ChainNetwork | IsometricChain:
        if self.isometric:
            network = IsometricChain.near_identity(x.shape[1], classes, self.bond, self._seed)
            return network.to(self._dtype)
        if self.sweeps and x.shape[1] > 1:
            return self._swept(x, y, classes, weights).to(self._dtype)
        rows, numbers, share = x.cpu().double().numpy(), y.cpu().numpy(), weights.cpu().numpy()
        check_chain_memory(self.bond, x.shape[1], x.shape[2], classes)
        start = Start(self.start, self.noise, self._seed)
        cores, label = chain_start(rows, numbers, self.bond, start, share, classes)
        return ChainNetwork.from_cores(cores, label).to(self._dtype)

    def _swept(self, x: Tensor, y: Tensor, classes: int, weights: Tensor) -> ChainNetwork:
        rows, numbers, share = (t.cpu().numpy() for t in (x, y, weights))
        sweeper = ClassifierSweeper(
            rows, numbers, classes, self.bond, seed=self._seed, weights=share
        )
        bar = progress_bar(self.sweeps, "sweeping", self.progress)
        for _ in range(self.sweeps):
            sweeper.sweep()
            bar.update()
        bar.close()
        tensors, middle = sweeper.finished()
        cores = np.zeros((len(tensors), self.bond, x.shape[2], self.bond))
        for core, tensor in zip(cores, tensors, strict=True):
            core[: tensor.shape[0], :, : tensor.shape[2]] = tensor
        label = np.zeros((self.bond, classes, self.bond))
        label[: middle.shape[0], :, : middle.shape[2]] = middle
        return ChainNetwork.from_cores(cores, label)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> ChainNetwork | IsometricChain:
        if self.isometric:
            return IsometricChain(len(self.classes_), torch.tensor(arrays["nodes.0"]))
        return ChainNetwork.from_arrays(arrays)

    def state(self, label: Any = None) -> MPS:
        """Return the normalised weight state |W_label⟩, one site per feature.

        Args:
            label: one of `classes_`.

        Returns:
            A float64 `MPS`; its norm before normalisation is `exp(log_norms_[class])`.

        Raises:
            ArgumentError: no such label.
        """
        self._refuse_channel()
        return self._weights_of(self._class_number(label)).normalised()

    def _weights_of(self, c: int) -> MPS:
        from qtn.states import MPS

        return MPS(tuple(self._states().tensors(c)))
