"""What all models trained by gradients share: rows in, training, contraction, files."""

from __future__ import annotations

import copy
from abc import abstractmethod
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
    finite_array,
    positive_int,
)
from qtn.models.base import estimator
from qtn.models.gradients import CHUNK, DTYPES, TrainedByGradients
from qtn.models.networks.base import Network, StateNetwork
from qtn.models.networks.learned import MappedNetwork
from qtn.models.recipes.settings import DID_NOT_LEARN, Recipe
from qtn.models.training.columns import restored_columns
from qtn.models.training.rows import check_rows
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)

STATUSES = ("completed", "stopped early", "interrupted", "partial", DID_NOT_LEARN)


@estimator()
class TensorNetworkModel(TrainedByGradients):
    """Base of classifiers and regressors; see `MPSClassifier` for the parameters."""

    @abstractmethod
    def _empty(self, arrays: dict[str, NDArray[Any]]) -> Network:
        """Return a network with the shapes of the saved parameters."""

    @abstractmethod
    def _restore_targets(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        """Take from a file what the model knows about its targets."""

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
            for start in range(0, len(rows), CHUNK):
                x = self._features(rows[start : start + CHUNK], torch.float64)
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
            "chosen": self._chosen,
            "recipe": self.recipe_.pack(),
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
            if self._setting("features") == "amplitude"
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

    def _restore_recipe(self, header: dict[str, Any]) -> None:
        self._chosen = {}
        if "recipe" not in header:  # of a version without recipes
            self.recipe_ = Recipe("by hand", self._in_force(), "settings were given")
            return
        self.recipe_ = Recipe.unpack(header["recipe"])
        chosen = header.get("chosen")
        if not isinstance(chosen, dict) or not chosen.items() <= self.recipe_.settings.items():
            raise fail("chosen", "settings of the recipe", chosen)
        self._chosen = chosen

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned; a model trained on a GPU comes back on the CPU."""
        model = cls(**{**unpacked_parameters(header["parameters"]), "device": "cpu"})
        model._restore_recipe(header)
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
        model._place = "cpu"
        copies = header.get("copies", 1)
        model.columns_ = restored_columns(arrays, copies, model.n_features_in_)
        model._optimiser, model._augmentation = None, model._image_moves(model._sites)
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
