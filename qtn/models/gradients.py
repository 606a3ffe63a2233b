"""How all models are trained by gradients: rows in, a recipe, a network out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import (
    bounded_int,
    choice,
    file_path,
    flag,
    positive_int,
    real,
)
from qtn._optional import Tensor, torch
from qtn._progress import checked_progress
from qtn.data.features import FEATURE_MAPS
from qtn.errors import ArgumentError
from qtn.models.base import Estimator, estimator
from qtn.models.networks.base import Network, StateNetwork
from qtn.models.networks.learned import MappedNetwork
from qtn.models.networks.trees import check_shape
from qtn.models.recipes.candidates import Candidate, Table
from qtn.models.recipes.search import best_structure, check_learned, choose_recipe
from qtn.models.recipes.settings import AUTO, RECIPES, Recipe, Settings
from qtn.models.recipes.tree_options import structures_of
from qtn.models.training.augment import Augmentation
from qtn.models.training.checkpoint import fingerprint
from qtn.models.training.columns import RESCALES, learned_columns
from qtn.models.training.fit import Mean, Schedule, train
from qtn.models.training.jitter import Jitter, jitter_widths
from qtn.models.training.place import chain_work, check_device, chosen_place

DTYPES = {"float32": torch.float32, "float64": torch.float64}
# Rows contracted at once: bounds memory at sites · bond · rows numbers.
CHUNK = 256
# Rows up to which training takes double precision unless told otherwise: it costs nothing there,
# and the order and repetition of rows then leave no trace in the result.
_FEW = 64
# Dimension of learnt features.
_LEARNED = 3


@estimator()
class TrainedByGradients(Settings, Estimator):
    """The parameters and the training of a `TensorNetworkModel`; see `MPSClassifier` for them."""

    recipe: str = AUTO
    bond: int | str = field(default=AUTO, kw_only=False)
    features: str = AUTO
    epochs: int | str = AUTO
    batch_size: int | str = AUTO
    learning_rate: float | str = AUTO
    patience: int = 10
    shape: Sequence[int] | None = None
    shifts: int = 0
    flips: bool = False
    jitter: float | str = AUTO
    rescale: bool | str = "auto"
    checkpoint: str | None = None
    device: str = "cpu"
    dtype: str | None = None

    @abstractmethod
    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> Network:
        """Return the untrained network for features (rows, sites, phys) of weighted rows."""

    @abstractmethod
    def _batch_loss(
        self, x: Tensor, y: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the weighted mean loss of a batch, and figures for the history."""

    # ---------------------------------------------------------------- training

    def _check_parameters(self) -> None:
        choice("recipe", self.recipe, RECIPES)
        self._check_none()
        known = (*sorted(FEATURE_MAPS), "learned", "one_hot")
        choice("features", self._setting("features"), known)
        bounded_int("epochs", self._setting("epochs"), self._least_epochs())
        positive_int("batch_size", self._setting("batch_size"))
        real("learning_rate", self._setting("learning_rate"), 0.0, open_low=True)
        positive_int("patience", self.patience)
        choice("dtype", self.dtype, (None, *DTYPES))
        choice("rescale", self.rescale, RESCALES)
        flag("flips", self.flips)
        self._check_jitter()
        check_shape(self.shape)
        if self.checkpoint is not None:
            file_path("checkpoint", self.checkpoint)
        checked_progress(self.progress)
        super()._check_parameters()
        check_device(self.device)

    def _least_epochs(self) -> int:
        """Return how many passes over the rows there must be."""
        return 1

    def _fit_rows(
        self, rows: NDArray[np.float64], targets: NDArray[Any], weights: NDArray[np.float64]
    ) -> None:
        """Train on weighted rows, by a recipe of the search or with the settings in force."""
        self._chosen: dict[str, Any] = {}
        if self._searches():
            choose_recipe(self, rows, targets, weights)
            return
        structure = getattr(self, structures_of(self)[0])
        if isinstance(structure, str) and structure == AUTO:
            self._chosen = best_structure(self, rows, targets, weights)
        self.recipe_ = Recipe("by hand", self._in_force(), "settings were given")
        held = self._held_out(targets)
        self._train(rows, targets, weights, held)
        check_learned(self, (rows, targets, weights), held)

    def _train(
        self,
        rows: NDArray[np.float64],
        targets: NDArray[Any],
        weights: NDArray[np.float64],
        held: NDArray[np.int64],
        ranges: NDArray[np.int64] | None = None,
    ) -> None:
        """Train on all rows but those `held` out for validation; `ranges`: rows that say how wide
        the columns are (None: all)."""
        learned = slice(None) if ranges is None else ranges
        self._learn_columns(rows[learned], weights[learned])
        rows = self.columns_.apply(rows)
        self._dtype = DTYPES[self.dtype or ("float64" if len(rows) <= _FEW else "float32")]
        self._choose_place(rows, self._setting("epochs"))
        kept = torch.from_numpy(np.setdiff1d(np.arange(len(rows)), held)).to(self._place)
        x, y = self._features(rows), torch.from_numpy(targets).to(self._place)
        weigh, aside = torch.from_numpy(weights).to(x), torch.from_numpy(held).to(self._place)
        y = y.to(x) if y.is_floating_point() else y
        self._augmentation = self._image_moves(x.shape[1])
        self._build(x[kept], y[kept], self._outputs(), weigh[kept])
        jitter = self._jittered(rows, targets, weights, learned)
        outcome = train(
            self.network_,
            lambda batch, step: self._step_loss(x, y, weigh, kept[batch], step, jitter),
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

    @abstractmethod
    def _candidates(self, table: Table) -> list[Candidate]:
        """Return the recipes that a search tries."""

    def _mean_loss(
        self, rows: NDArray[np.float64], targets: NDArray[Any], weights: NDArray[np.float64]
    ) -> float:
        """Return the weighted mean loss of rows and targets, as training counts it."""
        x, y = self._features(self.columns_.apply(rows)), torch.from_numpy(targets).to(self._place)
        y = y.to(x) if y.is_floating_point() else y
        return self._validate(x, y, torch.from_numpy(weights).to(x))["validation_loss"]

    @abstractmethod
    def _held_out(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """Return the rows held out for validation."""

    def _copies(self, columns: int) -> int:
        """Return how many sites hold a column."""
        return 1

    def _site_order(
        self, rows: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.int64] | None:
        """Return the column that every site holds; None: as they come."""
        return None

    @property
    def order_(self) -> NDArray[np.int64]:
        """The column that every site holds, shape (sites,)."""
        check_is_fitted(self)
        order = self.columns_.order
        found = np.arange(self.n_features_in_) if order is None else order
        return np.repeat(found, self.columns_.copies)

    def _learn_columns(self, rows: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
        self.columns_ = learned_columns(
            rows,
            self._setting("features"),
            self._setting("rescale"),
            self._copies(rows.shape[1]),
            self._site_order(rows, weights),
            weights,
        )

    def _choose_place(self, rows: NDArray[np.float64], epochs: int) -> None:
        """Decide where to train and to predict."""
        _, sites, phys = self.columns_.mapped(rows[:1], self._setting("features")).shape
        steps = epochs * -(-len(rows) // int(self._setting("batch_size")))
        circuit = getattr(self, "isometric", False)  # small matrices, one after another
        work = 0.0 if circuit else self._step_work(sites, phys)
        self._place = chosen_place(self.device, work, steps)

    def _step_work(self, sites: int, phys: int) -> float:
        """Return the operations of one training step, for the choice of a device."""
        bond, batch = self._setting("bond"), int(self._setting("batch_size"))
        return chain_work(sites, phys, bond, batch, self._wants_norm())

    def _wants_norm(self) -> bool:
        """Whether the loss contains the norm of the states."""
        return False

    def _build(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> None:
        self._optimiser: torch.optim.Optimizer | None = None
        # The start is made on the CPU whatever the device: the same, to the last digit.
        x, y, weights = x.cpu(), y.cpu(), weights.cpu()
        self._sites = x.shape[1]
        if self._setting("features") == "learned":
            mapped = MappedNetwork.leading(x, _LEARNED, weights)
            inner = self._start(torch.einsum("idp,rip->rid", mapped, x), y, outputs, weights)
            assert isinstance(inner, StateNetwork)  # a circuit takes qubits as they come
            self.network_: Network = MappedNetwork(mapped, inner).to(self._place)
        else:
            self.network_ = self._start(x, y, outputs, weights).to(self._place)

    def _schedule(self) -> Schedule:
        return Schedule(
            self._setting("epochs"),
            int(self._setting("batch_size")),
            self._setting("learning_rate"),
            self.patience,
            self._seed,
            self.checkpoint,
            self.progress,
            replay=self._augmentation is None and not self._setting("jitter"),
        )

    def _fingerprint(self, *data: NDArray[Any]) -> str:
        if self.checkpoint is None:
            return ""
        settings = {"model": type(self).__name__, **self.get_params(deep=False), **self._in_force()}
        for name in ("checkpoint", "progress", "device", "recipe"):
            settings.pop(name)
        for name in (
            "ridge",
            "copies",
            "order",
            "jitter",
        ):  # unknown to the runs of an older version
            if settings.get(name) == self.FIXED.get(name):
                settings.pop(name, None)
        if settings.get("nodes") == "matrices":
            settings = {k: v for k, v in settings.items() if k not in ("nodes", "depth", "shots")}
        for name in ("gate_noise", "readout_noise"):
            if not settings.get(name):
                settings.pop(name, None)
        return fingerprint(settings, *data)

    def _features(self, rows: NDArray[np.float64], dtype: torch.dtype | None = None) -> Tensor:
        """Return features (rows, sites, phys) on the device, in the dtype of the training."""
        mapped = self.columns_.mapped(rows, self._setting("features"))
        return torch.from_numpy(mapped).to(device=self._place, dtype=dtype or self._dtype)

    def _check_jitter(self) -> None:
        categories = self._setting("features") == "one_hot"
        if real("jitter", self._setting("jitter"), 0.0, 1.0) and categories:
            raise ArgumentError(
                "Argument `jitter` is noise on numbers, but one-hot features take categories. Set "
                "jitter=0, or take other features."
            )

    def _jittered(
        self,
        rows: NDArray[np.float64],
        targets: NDArray[Any],
        weights: NDArray[np.float64],
        telling: Any = slice(None),
    ) -> Jitter | None:
        """Return the source of noisy rows; the rows `telling` say how wide the noise is."""
        width = float(self._setting("jitter"))
        if not width:
            return None
        columns = rows[telling, :: self.columns_.copies]
        widths = jitter_widths(columns, targets[telling], weights[telling], width)
        return Jitter(rows, widths, self._seed)

    def _step_loss(
        self,
        x: Tensor,
        y: Tensor,
        weights: Tensor,
        rows: Tensor,
        step: int,
        jitter: Jitter | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        noisy = None if jitter is None else jitter.rows(rows.cpu().numpy(), step)
        batch = x[rows] if noisy is None else self._features(noisy)
        if self._augmentation is not None:
            blank = self._features(np.zeros((1, 1)))[0, 0]
            batch = self._augmentation.apply(batch, blank, step)
        return self._batch_loss(batch, y[rows], weights[rows])

    def _image_moves(self, sites: int) -> Augmentation | None:
        if bounded_int("shifts", self.shifts, 0, sites) == 0 and not self.flips:
            return None
        name = "shifts" if self.shifts else "flips"
        off = f"{name}={0 if self.shifts else False}"
        if self._setting("features") == "amplitude":
            raise ArgumentError(
                f"Argument `{name}` is for images of one pixel per site, but amplitude features "
                f"put four columns on a site. Set {off}, or take other features."
            )
        if self.columns_.order is not None:
            raise ArgumentError(
                f"Argument `order` must leave images as they are for {name}, which move pixels "
                f"between neighbours. Set {off}, or order='given'."
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
        parts = zip(x.split(CHUNK), y.split(CHUNK), weights.split(CHUNK), strict=True)
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

    @abstractmethod
    def _outputs(self) -> int:
        """Return the number of classes or targets."""
