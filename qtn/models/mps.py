"""Matrix-product-state models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int
from qtn._optional import Tensor, torch
from qtn._progress import progress_bar
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.classifier import Classifier
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.chain_starts import STARTS, chain_start, check_chain_memory
from qtn.models.networks.isometric import IsometricChain, IsometricNetwork
from qtn.models.networks.pair_blocks.block_chain import BlockChain
from qtn.models.recipes.candidates import Candidate, Table, chain_classifiers
from qtn.models.recipes.chain_options import (
    CHAIN_FIXED,
    MOST_COPIES,
    chain_settings,
    check_chain_settings,
)
from qtn.models.recipes.circuit_options import in_blocks, width_of
from qtn.models.recipes.settings import AUTO, is_auto
from qtn.models.structure.orders import site_order
from qtn.models.sweeps.classifier_sweeps import ClassifierSweeper

# Dimension of a qubit.
_LEAST_PHYS = 2


@estimator(
    *("bond", "recipe", "isometric", "nodes", "depth", "gate_noise", "readout_noise", "shots"),
    *("features", "loss", "generative", "sweeps", "epochs"),
    *("batch_size", "learning_rate", "start", "noise", "ridge", "copies", "order"),
    *(
        "validation_fraction",
        "patience",
        "class_weight",
        "shape",
        "shifts",
        "flips",
        "jitter",
        "rescale",
    ),
    *("checkpoint", "device", "dtype", "seed", "random_state", "progress"),
)
class MPSClassifier(Classifier):
    """Classifier whose weights are a matrix product state with a label tensor in the middle.

        f_c(x) = ⟨Φ(x)|W_c⟩,   p(c|x) = |f_c|² / Σ_k |f_k|² ("born") or softmax of f ("softmax")

    `generative` adds the joint likelihood -log(|f_y(x)|² / Σ_k ‖W_k‖²) to the loss. It makes the
    scores of a row large enough to be measured with few shots, and the states W_c close to the
    data and weakly entangled, thus short to compile; use 0 for the best classical accuracy.

    With no setting given, `fit` chooses all of them on rows held out, and `recipe_` tells which. As
    soon as one is given, training is by hand, and "auto" means what is said to be so by hand.

    Args:
        bond: bond dimension, at least 1; by hand 8.
        recipe: "auto" searches for the settings where none is given by hand; "search" searches
            among those that agree with what is given, as `features="trigonometric"` for qubits;
            "fixed" never searches. Settings are all from `bond` to `copies`, `isometric`, `shifts`,
            `flips` and `jitter`. See docs/models.md.
        features: "trigonometric" (qubits, for deployment; by hand), "polynomial" (1, x, x²),
            "legendre",
            "learned" (per column, three learnt combinations of Legendre polynomials), "amplitude"
            (four columns per site), or "one_hot" (columns of categories as integers from 0); see
            `qtn.data.features`.
        isometric: True trains a chain of unitaries that is a circuit on log₂(bond) + 1 qubits,
            whatever the number of features: `circuit(reset=True)`, see
            `qtn.models.networks.isometric`. `bond` is then a power of 2 and the features are
            trigonometric.
        nodes: of isometric chains: "matrices", one orthogonal matrix per site, or "blocks", a few
            blocks of SO(4) per site, two CX each, for devices (docs/isometric_blocks.md). By hand
            blocks have bond=16, epochs=60, batch_size=128 and learning_rate=0.1.
        depth: of blocks: how many a site has on the memory alone; by hand 1.
        gate_noise: of isometric chains: the probability in training that a gate, or a block of two
            CX, leaves its qubits completely mixed.
        readout_noise: of isometric chains: the probability in training that a bit is misread.
        shots: of isometric chains: frequencies in training scatter as those of so many shots, so
            that what is learnt can be told from few; None trains on exact ones. By hand None.
        loss: "born" or "softmax" (cross-entropy of the plain amplitudes); by hand "born", and
            "softmax" for isometric chains.
        generative: weight of the joint likelihood per row, at least 0; by hand 0.1, and 0 for
            isometric chains.
        sweeps: two-site sweeps before the gradients, see
            `qtn.models.sweeps.classifier_sweeps`; they need loss="softmax" and
            start from the linear classifier.
        epochs: passes over the rows, at least 1 (0 after sweeps); by hand 60.
        batch_size: rows per step; by hand 64.
        learning_rate: first step size of Adam; a cosine schedule lowers it to a hundredth. By hand
            5e-3.
        start: "identity", "means" (of the classes), "linear" (the least-squares linear classifier),
            "screened" (the same of the columns that tell something) or "auto", by hand means or
            identity; see `qtn.models.networks.chain_starts`.
        noise: standard deviation of the start's noise; by hand 1e-2.
        ridge: of the linear start, in units of a feature's second moment; by hand 1e-2.
        copies: sites that hold a column, which raises the degree of its polynomials. By hand 1, and
            for one column and more than two classes as many as there are classes (at most 16): one
            qubit tells two classes apart.
        order: of the columns along the chain: "given", "walk" or "fiedler" (see
            `qtn.models.structure.orders`), every column's number once, or "auto": what is best on
            rows held out, at half the bond. None is "auto" in a search, else "given".
        validation_fraction: part of every class held out to choose the best epoch; 0: the last.
        patience: epochs without a better validation loss after which training stops.
        class_weight: None, "balanced" (inverse frequency), or the weight of every label.
        shape: (height, width) of the image that one row is; needed for shifts and flips only.
        shifts: largest random shift in pixels of the images in training, in every direction.
        flips: True mirrors half of the images left to right in training.
        jitter: noise on the columns in training, other noise in every step: the standard deviation
            for the column that tells most, in parts of its range, 0 to 1; columns that tell less
            get more, those of at most eight values none (`qtn.models.training.jitter`). It keeps a
            chain from learning the rows by heart. By hand 0.
        rescale: "auto" takes rows in [0, 1] as they are and scales all others as True does: every
            column to [0, 1] by its training minimum and maximum; "quantiles" scales by its
            training distribution, which makes it uniform; False refuses rows outside [0, 1]. A
            search chooses in the place of "auto". Later values beyond the range become its ends; a
            warning names those far beyond.
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
        status_: "completed", "stopped early", "interrupted" (Ctrl-C, best so far kept) or "did not
            learn" (no better than a constant on rows held out; a warning says so, too).
        best_epoch_: the epoch whose parameters were kept.
        recipe_: the settings trained with, and why (`qtn.models.recipes.settings.Recipe`).
        order_: the column that every site holds, shape (sites,).

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

    FIXED: ClassVar[Mapping[str, Any]] = CHAIN_FIXED | {
        "features": "trigonometric", "learning_rate": 5e-3, "loss": None, "generative": None,
    }  # fmt: skip

    sweeps: int = 0
    start: str = AUTO
    noise: float | str = AUTO
    ridge: float | str = AUTO
    copies: int | str = AUTO
    order: str | Sequence[int] | None = None

    def _check_parameters(self) -> None:
        check_chain_settings(self, STARTS)
        super()._check_parameters()
        if self.sweeps and (self._loss() != "softmax" or self.isometric):
            raise ArgumentError(
                "Argument `sweeps` is for chains with loss='softmax', whose local problems are "
                f"convex, but the loss is {self._loss()!r} and isometric={self.isometric!r}. Set "
                "sweeps=0, or loss='softmax' and isometric=False."
            )
        if self.sweeps and self._setting("start") not in ("auto", "linear"):
            raise ArgumentError(
                "Argument `start` must be 'auto' or 'linear' for sweeps, which start from the "
                f"linear classifier, but is {self.start!r}. Set sweeps=0 for another start."
            )

    def _least_epochs(self) -> int:
        # Sweeps may be all the training there is.
        return 0 if bounded_int("sweeps", self.sweeps, 0) else 1

    def _copies(self, columns: int) -> int:
        if not is_auto(found := self._setting("copies")):
            return int(found)
        # A site of dimension d tells d classes apart; k copies of a qubit tell k + 1.
        classes, complete = (
            len(self.classes_),
            self._setting("features") in ("amplitude", "one_hot"),
        )
        if columns > 1 or self.isometric or complete or classes <= _LEAST_PHYS:
            return 1
        return min(classes, MOST_COPIES)

    def _site_order(
        self, rows: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.int64] | None:
        return site_order(self._setting("order"), rows, weights)

    def _candidates(self, table: Table) -> list[Candidate]:
        return chain_classifiers(table)

    def _start(
        self, x: Tensor, y: Tensor, classes: int, weights: Tensor
    ) -> ChainNetwork | IsometricNetwork:
        bond = self._setting("bond")
        if in_blocks(self):
            blocks = BlockChain.near_identity(
                x.shape[1], classes, width_of(self), self._setting("depth"), self._seed
            )
            return blocks.to(self._dtype)
        if self.isometric:
            network = IsometricChain.near_identity(x.shape[1], classes, bond, self._seed)
            return network.to(self._dtype)
        if self.sweeps and x.shape[1] > 1 and not self._resumes():
            return self._swept(x, y, classes, weights).to(self._dtype)
        rows, numbers, share = x.cpu().double().numpy(), y.cpu().numpy(), weights.cpu().numpy()
        check_chain_memory(bond, x.shape[1], x.shape[2], classes)
        cores, label = chain_start(
            rows, numbers, bond, chain_settings(self, self._seed), share, classes
        )
        return ChainNetwork.from_cores(cores, label).to(self._dtype)

    def _resumes(self) -> bool:
        # The network of the checkpoint takes the place of any start: no sweep is repeated.
        return self.checkpoint is not None and Path(self.checkpoint).exists()

    def _swept(self, x: Tensor, y: Tensor, classes: int, weights: Tensor) -> ChainNetwork:
        rows, numbers, share = (t.cpu().numpy() for t in (x, y, weights))
        bond = self._setting("bond")
        sweeper = ClassifierSweeper(rows, numbers, classes, bond, seed=self._seed, weights=share)
        bar = progress_bar(self.sweeps, "sweeping", self.progress)
        for _ in range(self.sweeps):
            sweeper.sweep()
            bar.update()
        bar.close()
        tensors, middle = sweeper.finished()
        cores = np.zeros((len(tensors), bond, x.shape[2], bond))
        for core, tensor in zip(cores, tensors, strict=True):
            core[: tensor.shape[0], :, : tensor.shape[2]] = tensor
        label = np.zeros((bond, classes, bond))
        label[: middle.shape[0], :, : middle.shape[2]] = middle
        return ChainNetwork.from_cores(cores, label)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> ChainNetwork | IsometricNetwork:
        if in_blocks(self):
            blocks = torch.tensor(arrays["nodes.0"])
            return BlockChain(len(self.classes_), blocks, width_of(self), self._setting("depth"))
        if self.isometric:
            return IsometricChain(len(self.classes_), torch.tensor(arrays["nodes.0"]))
        return ChainNetwork.from_arrays(arrays)
