"""Born machines: the distribution of table rows as the squared amplitudes of a tensor network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import DensityMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, choice, fail, indices, positive_int, real
from qtn._machine import few_threads
from qtn._progress import progress_bar, warn_interrupted
from qtn._random import generator
from qtn.models.base import Estimator, estimator
from qtn.models.densities.background import Background
from qtn.models.densities.counted import Counted, Split
from qtn.models.forms.born_forms import BornForms
from qtn.models.recipes.growth import Grower, Growth, Sweeper, best_structure, held_out, ladder
from qtn.models.recipes.halving import halved
from qtn.models.recipes.settings import AUTO, RECIPES, Recipe, Settings, is_auto
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.training.levels import MOST_LEVELS, Levels
from qtn.models.training.rows import all_or_nothing, check_rows, check_weights
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)

STATUSES = ("completed", "converged", "stopped early", "interrupted")


@estimator()
class BornMachine(DensityMixin, Settings, Grower, BornForms, Estimator):
    """Base of the Born machines; see `MPSBornMachine` for the parameters and attributes.

    Attributes:
        GROWN: what "auto" means where bonds grow; empty for a class whose bonds do not.
    """

    GROWN: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    bond: int | str = field(default=AUTO, kw_only=False)
    recipe: str = AUTO
    bins: int | str | None = "auto"
    sweeps: int | str = AUTO
    mixture: float | str = AUTO
    smoothing: float = 1.0
    tolerance: float = 1e-5

    @abstractmethod
    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[Sweeper, list[Callable[[], None]]]:
        """Return what is trained by hand, and the sweeps that train it."""

    @abstractmethod
    def _adopt(self, structure: Any) -> None:
        """Make a structure that of the model."""

    @abstractmethod
    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        """Take all weight from some values of a column, in the list and not in the arrays."""

    def _structure_settings(self, name: str, structure: Any) -> dict[str, Any]:
        """Return the settings that say which structure was chosen."""
        return {"order": name}

    # ---------------------------------------------------------------------- fit

    @few_threads(1)
    def fit(
        self,
        X: ArrayLike,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        validation: ArrayLike | None = None,
    ) -> Self:
        """Fit to rows of integers.

        Args:
            X: shape (samples, columns); see `bins`.
            y: ignored.
            sample_weight: weight of every row, shape (samples,).
            validation: rows by which to judge, which are not trained on; None holds out some of
                `X`, and where bonds grow trains on all in the end.

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was fitted.
        """
        self._check_parameters()
        with all_or_nothing(self):
            found = check_rows(self, X, reset=True)
            weights = check_weights(sample_weight, len(found))
            found, weights = found[weights > 0], weights[weights > 0]
            self._levels = Levels.of(found, None if sample_weight is None else weights, self.bins)
            rows = self._levels.apply(found)
            judges: Ints | None = None
            if validation is not None:
                others = check_rows(self, validation, reset=False, name="validation")
                judges = self._levels.apply(others, "validation")
            self._chosen: dict[str, Any] = {}
            grows = bool(self.GROWN) and self._searches()
            most = rows.max(axis=0) if judges is None else np.vstack([rows, judges]).max(axis=0)
            smooth = grows if is_auto(self.mixture) else self.mixture != 0
            # Where values never seen are possible, every column has one that was not.
            self.levels_ = tuple(int(v) + 1 for v in np.maximum(most, int(smooth)))
            data = Counted.of(rows, weights) if grows else Counted(rows, weights)
            if grows and (parts := self._parts(data, judges)):
                self._grow(data, parts, refit=judges is None)
            else:
                self._train(data, judges)
        return self

    def _parts(self, data: Counted, judges: Ints | None) -> list[Split]:
        if judges is not None:
            return [Split(data, Counted.of(judges))]
        return held_out(data, self.validation_fraction, generator(self._seed, "validation"))

    def _grow(self, data: Counted, parts: list[Split], refit: bool) -> None:
        """Let bonds grow, see `qtn.models.recipes.growth`."""
        weight = None if is_auto(self.mixture) else float(self.mixture)
        growth = Growth(self, parts, self._structures(data), weight)
        bar = progress_bar(None, "fitting", self.progress)
        try:
            with few_threads(1):  # products of bonds this small gain nothing from more
                growth.climb(ladder(self._growing("bond")), bar.update)
                found = growth.finished(data if refit else None, bar.update)
        finally:
            bar.close()
        coherent = None
        if weight is None:
            self._adopt(found.judged[0])
            self.tensors_ = self._without(found.judged[1], parts[0].kept.rows)
            coherent = self._best_coherent(self._background(parts[0].kept), parts[0].held)
        self._adopt(found.structure)
        chosen = {"bond": found.bond, "mixture": found.background.weight}
        chosen |= self._structure_settings(found.name, found.structure)
        names = set(self.get_params(deep=False))
        self._chosen = {k: v for k, v in {**self.GROWN, **chosen}.items() if k in names}
        self.background_ = replace(found.background, coherent=coherent)
        self.tensors_ = self._without(found.tensors, data.rows)
        self.history_, self.status_ = found.history, found.status
        self.recipe_ = found.recipe(self._in_force(), len(parts))
        if self.status_ == "interrupted":
            warn_interrupted(f"sweep {len(self.history_['loss'])}")

    def _growing(self, name: str) -> Any:
        """Return the value of a parameter where bonds grow."""
        value = getattr(self, name)
        return self.GROWN[name] if is_auto(value) else value

    def _train(self, data: Counted, judges: Ints | None) -> None:
        """Train by hand, see `qtn.models.recipes.halving`."""
        structures = self._structures(data)
        if len(structures) > 1:
            name = best_structure(self, self._parts(data, judges), structures)
            self._adopt(structures[name])
            self._chosen = self._structure_settings(name, structures[name])
        else:
            self._adopt(next(iter(structures.values())))
        rows, weights = data.rows, data.counts
        if judges is None:
            held = np.zeros(len(rows), dtype=bool)
            if self.validation_fraction > 0:
                count = min(max(1, round(self.validation_fraction * len(rows))), len(rows) - 1)
                held[generator(self._seed, "validation").permutation(len(rows))[:count]] = True
            rows, weights, judges = rows[~held], weights[~held], rows[held]
        best = halved(self, rows, weights, judges)
        self.background_ = replace(self._background(data), weight=float(self._setting("mixture")))
        self.tensors_ = self._without(best.tensors, rows)
        self.history_, self.status_ = best.history, best.status
        self.recipe_ = Recipe("by hand", self._in_force(), "settings were given")

    def _background(self, data: Counted) -> Background:
        return Background.of(data, self.levels_, self.smoothing)

    def _check_parameters(self) -> None:
        choice("recipe", self.recipe, RECIPES)
        for name in ("bond", "sweeps"):
            if not is_auto(getattr(self, name)):
                way_out = "16 is a good first choice." if name == "bond" else ""
                positive_int(name, getattr(self, name), way_out=way_out)
        if not (isinstance(self.mixture, str) and self.mixture == AUTO):
            real("mixture", self.mixture, 0.0, 0.99)
        real("smoothing", self.smoothing, 0.0, open_low=True)
        self._check_none()
        if self.bins is not None and not (isinstance(self.bins, str) and self.bins == "auto"):
            bounded_int("bins", self.bins, 2, MOST_LEVELS, way_out='Or take "auto" or None.')
        real("tolerance", self.tolerance, 0.0)
        super()._check_parameters()

    def _without(self, tensors: tuple[Floats, ...], rows: Ints) -> tuple[Floats, ...]:
        """Return the tensors without any weight on values that no row shows."""
        out = list(tensors)
        for column, levels in enumerate(self.levels_):
            absent = np.setdiff1d(np.arange(levels), rows[:, column])
            if len(absent):
                self._forget(column, absent, out)
        return tuple(out)

    # ------------------------------------------------------------------ figures

    @few_threads(1)
    def score_samples(self, X: ArrayLike) -> Floats:
        """Return log p of every row, in nats.

            log p = log((1 - w) |ψ(v)|² + w Π_c q_c(v_c))

        with the weight w of `background_`. Without a background a row has -inf where it holds a
        value that its column never showed in training, or a combination to which the state gives
        no amplitude; with one, where it holds a value that is none of its column's `levels_`.

        Raises:
            ArgumentError: the rows cannot be used: another width, or for columns of integers
                values that are none.
        """
        check_is_fitted(self)
        rows = self._levels.apply(check_rows(self, X, reset=False), known=True)
        seen = (rows < np.array(self.levels_)).all(axis=1)
        out = np.full(len(rows), -np.inf)
        if seen.any():
            found = self._log_p(self._structure(), self.tensors_, rows[seen])
            out[seen] = self.background_.mixed(found, rows[seen])
        return out

    @few_threads(1)
    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the mean of log p over the rows, in nats."""
        return float(self.score_samples(X).mean())

    # -------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        header = {
            "parameters": packed_parameters(self.get_params(deep=False), self._seed),
            "column_names": column_names(self),
            "coded": self._levels.coded.tolist(),
            "history": self.history_,
            "status": self.status_,
            "levels": list(self.levels_),
            "chosen": self._chosen,
            "recipe": self.recipe_.pack(),
            "weight": self.background_.weight,
            "coherent": self.background_.coherent,
        }
        arrays = {str(i): t for i, t in enumerate(self.tensors_)}
        arrays |= {f"background.{i}": p for i, p in enumerate(self.background_.probabilities)}
        arrays |= {f"edges.{i}": e for i, e in enumerate(self._levels.edges)}
        return arrays, header

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned."""
        parameters = unpacked_parameters(header["parameters"])
        # A model fitted on a GPU comes back on any machine.
        model = cls(**parameters | ({"device": "cpu"} if "device" in parameters else {}))
        model._check_parameters()
        model.history_ = checked_history(header["history"])
        model.status_ = choice("status", header["status"], STATUSES)
        model.levels_ = indices("levels", header["levels"])
        restore_columns(model, len(model.levels_), header.get("column_names"))
        edges = _numbered(arrays, "edges.")
        model._levels = Levels.restored(header.get("coded"), edges, model.levels_)
        weight = real("weight", header.get("weight", 0.0), 0.0, 0.99)
        coherent = header.get("coherent")
        if coherent is not None:
            real("coherent", coherent, 0.0, 0.99)
        model.background_ = Background(_numbered(arrays, "background."), weight, coherent)
        model.tensors_ = _numbered(arrays, "")
        model._restore_recipe(header)
        model._restore_structure(header)
        model._check_restored()
        return model

    def _restore_structure(self, header: dict[str, Any]) -> None:
        """Take from a file what the model knows about its structure."""

    def _check_restored(self) -> None:
        """Raise `ArgumentError` unless state, levels and background of a file belong together."""
        sites = tuple(self.levels_[c] for c in self._site_columns())
        if self._pure().phys != sites:
            raise fail("levels", "the dimensions of the sites", list(self.levels_))
        self.background_.check(self.levels_)


def _numbered(arrays: dict[str, NDArray[Any]], name: str) -> tuple[NDArray[Any], ...]:
    """Return the arrays called `name` and a number, in the order of these."""
    numbers = sorted(
        int(k[len(name) :]) for k in arrays if k.startswith(name) and k[len(name) :].isdecimal()
    )
    return tuple(arrays[f"{name}{i}"] for i in numbers)
