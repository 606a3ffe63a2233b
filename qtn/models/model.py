"""What all models trained by gradients share: rows in, training, contraction, files."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from qtn._checks import (
    bounded_int,
    choice,
    fail,
    file_path,
    finite_array,
    flag,
    positive_int,
    real,
)
from qtn._progress import checked_progress
from qtn.data.features import FEATURE_MAPS
from qtn.errors import ArgumentError
from qtn.models.base import Estimator, estimator
from qtn.models.networks.base import Network, StateNetwork
from qtn.models.networks.learned import MappedNetwork
from qtn.models.networks.trees import check_shape
from qtn.models.training.augment import Augmentation
from qtn.models.training.checkpoint import fingerprint
from qtn.models.training.columns import learned_columns, restored_columns
from qtn.models.training.fit import Mean, Schedule, train
from qtn.models.training.place import chain_work, check_device, chosen_place
from qtn.models.training.rows import check_rows
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)

DTYPES = {"float32": torch.float32, "float64": torch.float64}
STATUSES = ("completed", "stopped early", "interrupted", "partial")
# Rows contracted at once when predicting: bounds memory at sites · bond · rows numbers.
_CHUNK = 256
# Rows up to which training takes double precision unless told otherwise: it costs nothing there,
# and the order and repetition of rows then leave no trace in the result.
_FEW = 64
# Dimension of learnt features.
_LEARNED = 3


@estimator()
class TensorNetworkModel(Estimator):
    """Base of classifiers and regressors; see `MPSClassifier` for the parameters."""

    features: str
    epochs: int = 60
    batch_size: int = 64
    learning_rate: float = 2e-3
    patience: int = 10
    shape: Sequence[int] | None = None
    shifts: int = 0
    flips: bool = False
    rescale: bool | str = "auto"
    checkpoint: str | None = None
    device: str = "cpu"
    dtype: str | None = None

    @abstractmethod
    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> Network:
        """Return the untrained network for features (rows, sites, phys) of weighted rows."""

    @abstractmethod
    def _empty(self, arrays: dict[str, NDArray[Any]]) -> Network:
        """Return a network with the shapes of the saved parameters."""

    @abstractmethod
    def _batch_loss(
        self, x: Tensor, y: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted mean loss of a batch, and figures for the history."""

    @abstractmethod
    def _restore_targets(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """Take from a file what the model knows about its targets."""

    # ---------------------------------------------------------------- training

    def _check_parameters(self) -> None:
        choice("features", self.features, (*sorted(FEATURE_MAPS), "learned", "one_hot"))
        bounded_int("epochs", self.epochs, self._least_epochs())
        positive_int("batch_size", self.batch_size)
        real("learning_rate", self.learning_rate, 0.0, open_low=True)
        positive_int("patience", self.patience)
        choice("dtype", self.dtype, (None, *DTYPES))
        choice("rescale", self.rescale, ("auto", True, False))
        flag("flips", self.flips)
        check_shape(self.shape)
        if self.checkpoint is not None:
            file_path("checkpoint", self.checkpoint)
        checked_progress(self.progress)
        super()._check_parameters()
        check_device(self.device)

    def _least_epochs(self) -> int:
        """Return how many passes over the rows there must be."""
        return 1

    def _fit_network(
        self,
        rows: NDArray[np.float64],
        targets: NDArray[Any],
        outputs: int,
        weights: NDArray[np.float64],
        held: NDArray[np.int64],
    ) -> None:
        """Train on rows in [0, 1], all but those `held` out for validation."""
        self._dtype = DTYPES[self.dtype or ("float64" if len(rows) <= _FEW else "float32")]
        self._choose_place(rows, self.epochs)
        kept = torch.from_numpy(np.setdiff1d(np.arange(len(rows)), held)).to(self._place)
        x, y = self._features(rows), torch.from_numpy(targets).to(self._place)
        weigh, aside = torch.from_numpy(weights).to(x), torch.from_numpy(held).to(self._place)
        y = y.to(x) if y.is_floating_point() else y
        self._augmentation = self._image_moves(x.shape[1])
        self._build(x[kept], y[kept], outputs, weigh[kept])
        outcome = train(
            self.network_,
            lambda batch, step: self._step_loss(x, y, weigh, kept[batch], step),
            len(kept),
            self._schedule(),
            (lambda: self._validate(x[aside], y[aside], weigh[aside])) if len(held) else None,
            self._fingerprint(rows, targets, weights),
        )
        self.status_ = outcome.status
        self.best_epoch_ = outcome.best_epoch
        self.n_iter_ = max(len(outcome.history), 1)
        names = outcome.history[0] if outcome.history else {}
        self.history_ = {k: [record[k] for record in outcome.history] for k in names}

    def _learn_columns(self, rows: NDArray[np.float64], copies: int = 1) -> NDArray[np.float64]:
        self.columns_ = learned_columns(rows, self.features, self.rescale, copies)
        return self.columns_.apply(rows)

    def _choose_place(self, rows: NDArray[np.float64], epochs: int) -> None:
        """Decide where to train and to predict."""
        _, sites, phys = self.columns_.mapped(rows[:1], self.features).shape
        steps = epochs * -(-len(rows) // int(self.batch_size))
        circuit = getattr(self, "isometric", False)  # small matrices, one after another
        work = 0.0 if circuit else self._step_work(sites, phys)
        self._place = chosen_place(self.device, work, steps)

    def _step_work(self, sites: int, phys: int) -> float:
        """Return the operations of one training step, for the choice of a device."""
        return chain_work(sites, phys, self.bond, int(self.batch_size), self._wants_norm())

    def _wants_norm(self) -> bool:
        """Whether the loss contains the norm of the states."""
        return False

    def _build(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> None:
        self._optimiser: torch.optim.Optimizer | None = None
        # The start is made on the CPU whatever the device: the same, to the last digit.
        x, y, weights = x.cpu(), y.cpu(), weights.cpu()
        self._sites = x.shape[1]
        if self.features == "learned":
            mapped = MappedNetwork.leading(x, _LEARNED, weights)
            inner = self._start(torch.einsum("idp,rip->rid", mapped, x), y, outputs, weights)
            assert isinstance(inner, StateNetwork)  # a circuit takes qubits as they come
            self.network_: Network = MappedNetwork(mapped, inner).to(self._place)
        else:
            self.network_ = self._start(x, y, outputs, weights).to(self._place)

    def _schedule(self) -> Schedule:
        return Schedule(
            self.epochs,
            int(self.batch_size),
            self.learning_rate,
            self.patience,
            self._seed,
            self.checkpoint,
            self.progress,
            replay=self._augmentation is None,
        )

    def _fingerprint(self, *data: NDArray[Any]) -> str:
        if self.checkpoint is None:
            return ""
        settings = {"model": type(self).__name__, **self.get_params(deep=False)}
        for name in ("checkpoint", "progress", "device"):
            settings.pop(name)
        return fingerprint(settings, *data)

    def _features(self, rows: NDArray[np.float64], dtype: torch.dtype | None = None) -> Tensor:
        """Return features (rows, sites, phys) on the device, in the dtype of the training."""
        mapped = self.columns_.mapped(rows, self.features)
        return torch.from_numpy(mapped).to(device=self._place, dtype=dtype or self._dtype)

    def _step_loss(
        self, x: Tensor, y: Tensor, weights: Tensor, rows: Tensor, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        batch = x[rows]
        if self._augmentation is not None:
            blank = self._features(np.zeros((1, 1)))[0, 0]
            batch = self._augmentation.apply(batch, blank, step)
        return self._batch_loss(batch, y[rows], weights[rows])

    def _image_moves(self, sites: int) -> Augmentation | None:
        if bounded_int("shifts", self.shifts, 0, sites) == 0 and not self.flips:
            return None
        name = "shifts" if self.shifts else "flips"
        off = f"{name}={0 if self.shifts else False}"
        if self.features == "amplitude":
            raise ArgumentError(
                f"Argument `{name}` is for images of one pixel per site, but amplitude features "
                f"put four columns on a site. Set {off}, or take other features."
            )
        if self.shape is None or len(self.shape) != 2 or np.prod(self.shape) != sites:
            raise ArgumentError(
                f"Argument `shape` must be the (height, width) of {sites} pixels for {name}, but is"
                f" {self.shape!r}. Give it, or set {off}."
            )
        height, width = self.shape
        return Augmentation(height, width, self.shifts, flips=self.flips, seed=self._seed)

    def _validate(self, x: Tensor, y: Tensor, weights: Tensor) -> dict[str, float]:
        """Return the loss of the rows held out, weighted as in training, and their figures."""
        loss, mean = torch.zeros((), dtype=torch.float64, device=x.device), Mean(len(x))
        parts = zip(x.split(_CHUNK), y.split(_CHUNK), weights.split(_CHUNK), strict=True)
        for part, targets, weigh in parts:
            with torch.no_grad():
                value, figures = self._batch_loss(part, targets, weigh)
            loss += value.double() * len(part)
            mean.add(figures, len(part))
        sums = mean.found()
        total = float(weights.sum())
        # Rows held out that all weigh nothing tell nothing: any epoch is as good.
        sums["loss"] = loss.item() / total if total else 0.0
        return {f"validation_{name}": figure for name, figure in sums.items()}

    # ------------------------------------------------------------- contraction

    def site_values(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return what the sites hold for rows `X`, shape (samples, sites): columns in [0, 1].

        With trigonometric features, site i of a row is the qubit RY(π·value_i)|0⟩. Values beyond
        the training range become its ends; a `UserWarning` names those far beyond it.

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        return self.columns_.apply(check_rows(self, X, reset=False))

    def _forward(self, x: Tensor, unit: bool, **options: float) -> tuple[Tensor, Tensor]:
        """Return amplitudes and log scales of features (rows, sites, phys)."""
        return self._contract(self.network_, x, unit, **options)

    def _in_double(self) -> Network:
        """Return a copy of the network in double precision."""
        return copy.deepcopy(self.network_).double()

    @staticmethod
    def _contract(
        network: Network, x: Tensor, unit: bool, **options: float
    ) -> tuple[Tensor, Tensor]:
        amplitude, log_scale = network(x.permute(1, 2, 0), unit, **options)
        return amplitude, log_scale

    def _amplitudes(self, X: ArrayLike, unit: bool, **options: float) -> tuple[Tensor, Tensor]:
        """Return float64 amplitudes (samples, outputs) and their log scales (samples,).

        Contracted in double precision, whatever the training used, so that the prediction of a row
        does not depend on the rows beside it.
        """
        rows, parts, network = self.site_values(X), [], self._in_double()
        with torch.no_grad():
            for start in range(0, len(rows), _CHUNK):
                x = self._features(rows[start : start + _CHUNK], torch.float64)
                parts.append(self._contract(network, x, unit, **options))
        amplitude = torch.cat([a for a, _ in parts]).cpu().double()
        return amplitude, torch.cat([s for _, s in parts]).cpu().double()

    # ------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        arrays = {
            f"param.{name}": value.detach().cpu().numpy()
            for name, value in self.network_.state_dict().items()
        }
        arrays |= self.columns_.arrays()
        header = {
            "parameters": packed_parameters(self.get_params(deep=False), self._seed),
            "columns": int(self.n_features_in_),
            "column_names": column_names(self),
            "sites": self._sites,
            "copies": self.columns_.copies,
            "history": self.history_,
            "status": self.status_,
            "best_epoch": self.best_epoch_,
        }
        return arrays, header

    def _sites_of(self, columns: int, copies: int) -> int:
        """Return how many sites rows of that many columns take."""
        return (
            columns // 4
            if self.features == "amplitude"
            else columns * positive_int("copies", copies)
        )

    def _check_network(self, parameters: dict[str, NDArray[Any]]) -> None:
        """Raise `ArgumentError` unless the network takes rows and gives what the model says."""
        inside = self.columns_.apply(self.columns_.inside(self.n_features_in_))
        x = self._features(inside, torch.float64)
        self.network_.check_arrays(self._sites, x.shape[2], self._outputs())
        if len(parameters) != len(self.network_.state_dict()):
            raise fail("network", "one array per parameter", sorted(parameters))
        with torch.no_grad():
            amplitude, _ = self._contract(self._in_double(), x, False)
        if amplitude.shape != (1, self._outputs()):
            raise fail("network", f"{self._outputs()} outputs", tuple(amplitude.shape))

    @abstractmethod
    def _outputs(self) -> int:
        """Return the number of classes or targets."""

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned; a model trained on a GPU comes back on the CPU."""
        model = cls(**{**unpacked_parameters(header["parameters"]), "device": "cpu"})
        model._check_parameters()
        model._restore_targets(arrays, header)
        restore_columns(model, header["columns"], header.get("column_names"))
        model.history_ = checked_history(header["history"])
        epochs = len(model.history_.get("loss", []))
        model.status_ = choice("status", header["status"], STATUSES)
        model.best_epoch_ = bounded_int("best_epoch", header["best_epoch"], 0, max(epochs, 0))
        model.n_iter_ = max(epochs, 1)
        model._sites = positive_int("sites", header.get("sites", header["columns"]))
        if model._sites != model._sites_of(header["columns"], header.get("copies", 1)):
            raise fail("sites", "what the columns and features give", model._sites)
        model._optimiser, model._augmentation = None, model._image_moves(model._sites)
        model._place = "cpu"
        copies = header.get("copies", 1)
        model.columns_ = restored_columns(arrays, copies, model.n_features_in_)
        parameters = {
            name.removeprefix("param."): finite_array(name, value)
            for name, value in arrays.items()
            if name.startswith("param.")
        }
        inner = {name.removeprefix("network."): value for name, value in parameters.items()}
        model.network_ = model._empty(inner)
        if "maps" in inner:
            assert isinstance(model.network_, StateNetwork)
            model.network_ = MappedNetwork(torch.tensor(inner["maps"]), model.network_)
        model.network_.load_state_dict({k: torch.tensor(v) for k, v in parameters.items()})
        model._dtype = next(iter(model.network_.parameters())).dtype
        choice("dtype", model._dtype, DTYPES.values())
        model._check_network(parameters)
        return model
