"""What all models trained by gradients share: rows in, training, contraction, files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import (
    bounded_int,
    choice,
    fail,
    finite_array,
    positive_int,
)
from qtn._optional import Tensor, need_torch, torch, torch_is_there
from qtn.models.base import estimator
from qtn.models.gradients import CHUNK, DTYPES, TrainedByGradients
from qtn.models.networks.base import Network, StateNetwork, to_array
from qtn.models.networks.in_numpy.network_arrays import (
    MappedArrays,
    NetworkArrays,
    TreeArrays,
    arrays_of_parameters,
)
from qtn.models.networks.learned import MappedNetwork
from qtn.models.recipes.settings import DID_NOT_LEARN
from qtn.models.training.columns import restored_columns
from qtn.models.training.rows import check_rows
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)

if TYPE_CHECKING:
    from qtn.states import MPS, TTN

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

    def site_vectors(self, X: ArrayLike) -> list[NDArray[np.float64]]:
        """Return the feature vectors of all sites for rows `X`; see `Compilable.site_vectors`."""
        mapped = self.columns_.mapped(self.site_values(X), self._setting("features"))
        return list(np.asarray(mapped, np.float64).transpose(1, 0, 2))

    def _forward(self, x: Tensor, unit: bool) -> tuple[Tensor, Tensor]:
        """Return amplitudes and log scales of features (rows, sites, phys)."""
        amplitude, log_scale = self.network_(x.permute(1, 2, 0), unit)
        return amplitude, log_scale

    def _contracted(
        self, X: ArrayLike, contract: Callable[[Any, Tensor], tuple[Tensor, ...]]
    ) -> list[Tensor]:
        """Return what a contraction of the network with features (sites, phys, rows) gives.

        In double precision, whatever the training used, so that the prediction of a row does not
        depend on the rows beside it.
        """
        need_torch()
        rows, parts, network = self.site_values(X), [], self.network_.exact()
        with torch.no_grad():
            for start in range(0, len(rows), CHUNK):
                x = self._features(rows[start : start + CHUNK], torch.float64)
                parts.append(contract(network, x.permute(1, 2, 0)))
        return [torch.cat(part).cpu() for part in zip(*parts, strict=True)]

    def _amplitudes(self, X: ArrayLike, unit: bool) -> tuple[Tensor, Tensor]:
        """Return float64 amplitudes (samples, outputs) and their log scales (samples,)."""
        amplitude, log_scale = self._contracted(X, lambda network, x: network(x, unit))
        return amplitude, log_scale

    # ------------------------------------------------------------------- forms

    @property
    def forms_(self) -> tuple[str, ...]:
        """The forms of the fitted model; see `state` and `circuit`."""
        check_is_fitted(self)
        arrays = self._arrays()
        return ("circuit",) if arrays is None else ("state", *arrays.registers)

    @property
    def log_norms_(self) -> NDArray[np.float64]:
        """Natural logarithms of the norms ‖W_c‖ of the weight states, shape (outputs,)."""
        if "state" not in self.forms_:
            raise AttributeError("An isometric model has no class states, hence no `log_norms_`.")
        numbers = range(self._outputs())
        return np.array([self._unnormalised("state", c).log_norm() for c in numbers])

    @property
    def readout_(self) -> NDArray[np.float64]:
        """What every output reads of a tree's root vector, shape (outputs, dimension).

        With ĥ(x) the unit vector that `state(register="root")` leaves in its register for a row,
        `readout_ @ ĥ` is what a tree's "softmax" takes, or a regressor scales to its targets.
        """
        if "root" not in self.forms_:
            raise AttributeError("Only trees that are states read a root, hence no `readout_`.")
        arrays = self._arrays()
        tree = arrays.network if isinstance(arrays, MappedArrays) else arrays
        assert isinstance(tree, TreeArrays)
        return tree.readout()

    def _arrays(self) -> NetworkArrays | None:
        """Return the network as plain arrays; None of an isometric one, which is no state."""
        network = self.network_
        return network.arrays() if isinstance(network, StateNetwork | NetworkArrays) else None

    def _unnormalised(self, form: str, number: int) -> MPS | TTN:
        network = self._arrays()
        assert network is not None  # `forms_` was asked
        if form == "state":
            return self._with_columns(network.weights(number))
        return self._with_columns(network.register(form), network.register_site)

    def _with_columns(self, state: MPS | TTN, register: int | None = None) -> MPS | TTN:
        """Let a chain remember the columns of its sites where they do not stand in turn."""
        from qtn.states import MPS
        from qtn.states.origin import Trained

        columns = self.order_.tolist()
        if len(columns) != self._sites:  # amplitude features: several columns on a site
            return state
        if register is not None:
            columns.insert(register, self.n_features_in_)
        if not isinstance(state, MPS) or columns == list(range(state.n)):
            return state
        return replace(state, origin=Trained(tuple(columns)))

    # ------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        arrays = {f"param.{name}": value for name, value in self._named().items()}
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

    def _named(self) -> dict[str, NDArray[Any]]:
        """Return the parameters by the names that a file gives them."""
        if isinstance(self.network_, NetworkArrays):
            return self.network_.named()
        return {name: to_array(value) for name, value in self.network_.state_dict().items()}

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
        phys = self.columns_.mapped(inside, self._setting("features")).shape[2]
        self.network_.check_arrays(self._sites, phys, self._outputs())
        if len(parameters) != len(self._named()):
            raise fail("network", "one array per parameter", sorted(parameters))
        if isinstance(self.network_, NetworkArrays):
            return
        x = self._features(inside, torch.float64)
        with torch.no_grad():
            amplitude, _ = self.network_.exact()(x.permute(1, 2, 0), False)
        if amplitude.shape != (1, self._outputs()):
            raise fail("network", f"{self._outputs()} outputs", tuple(amplitude.shape))

    def _restore_structure(self, header: dict[str, Any]) -> None:
        """Take from a file what the model knows about its structure."""

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
        model._restore_structure(header)
        model._place = "cpu"
        copies = header.get("copies", 1)
        model.columns_ = restored_columns(arrays, copies, model.n_features_in_)
        model._optimiser, model._augmentation = None, model._image_moves(model._sites)
        parameters = {
            # What a network of one site lacks is an array without entries.
            name.removeprefix("param."): finite_array(name, value) if np.size(value) else value
            for name, value in arrays.items()
            if name.startswith("param.")
        }
        for value in parameters.values():
            choice("dtype", value.dtype.name, DTYPES)
        model.network_ = model._restored_network(parameters)
        model._check_network(parameters)
        return model

    def _restored_network(self, parameters: dict[str, NDArray[Any]]) -> Any:
        """Return the network of a file; without torch its plain arrays, which give the states."""
        if not torch_is_there():
            return arrays_of_parameters(parameters, getattr(self, "tree_", None))
        inner = {name.removeprefix("network."): value for name, value in parameters.items()}
        network = self._empty(inner)
        if "maps" in inner:
            assert isinstance(network, StateNetwork)
            network = MappedNetwork(torch.tensor(inner["maps"]), network)
        network.load_state_dict({k: torch.tensor(v) for k, v in parameters.items()})
        self._dtype = next(iter(network.parameters())).dtype
        return network
