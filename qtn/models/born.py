"""Born machines: the distribution of table rows as the squared amplitudes of a tensor network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, positive_int, real
from qtn._progress import progress_bar, warn_interrupted
from qtn._random import generator
from qtn.data.bins import QuantileBins
from qtn.errors import ArgumentError
from qtn.models.born_local import Floats, Ints
from qtn.models.rows import all_or_nothing, check_rows, check_weights

_MOST_LEVELS = 64


class Sweeper(Protocol):
    """A network in training."""

    @property
    def tensors(self) -> list[Floats]:
        """The tensors."""
        ...

    def log_likelihoods(self) -> Floats:
        """Return log p of every row."""
        ...


class BornMachine(DensityMixin, BaseEstimator, ABC):
    """Base of the Born machines; see `MPSBornMachine` for the parameters and attributes."""

    bond: int
    bins: int | None
    sweeps: int
    tolerance: float
    validation_fraction: float
    seed: int
    progress: bool | None
    tensors_: tuple[Floats, ...]
    _bins: QuantileBins | None
    levels_: tuple[int, ...]

    @abstractmethod
    def _training(self, rows: Ints, weights: Floats) -> tuple[Sweeper, list[Callable[[], None]]]:
        """Return what is trained, and the sweeps that train it."""

    @abstractmethod
    def _log_p(self, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        """Return log p of rows within the levels."""

    @abstractmethod
    def state(self) -> Any:
        """Return the normalised state ψ, one site per column."""

    @abstractmethod
    def _given(self, column: int, value: int, tensors: list[Floats]) -> None:
        """Hold a column fixed in tensors of the state: keep one value of its axis."""

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to rows of integers.

        Args:
            X: shape (samples, columns), integers 0 … levels-1, every column with its own levels;
                or any numbers, with `bins`.
            y: ignored.
            sample_weight: weight of every row, shape (samples,).

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was fitted.
        """
        self._check_parameters()
        with all_or_nothing(self):
            found = check_rows(self, X, reset=True)
            self._bins = None if self.bins is None else QuantileBins(self.bins).fit(found)
            rows = self._levels(found)
            weights = check_weights(sample_weight, len(rows))
            self.levels_ = tuple(int(v) + 1 for v in rows.max(axis=0))
            held = np.zeros(len(rows), dtype=bool)
            if self.validation_fraction > 0:
                count = min(max(1, round(self.validation_fraction * len(rows))), len(rows) - 1)
                held[generator(self.seed, "validation").permutation(len(rows))[:count]] = True
            self._sweep(rows[~held], weights[~held] / weights[~held].sum(), rows[held])
        return self

    def _levels(self, rows: Floats) -> Ints:
        return as_levels(rows) if self._bins is None else self._bins.transform(rows)

    def _check_parameters(self) -> None:
        positive_int("bond", self.bond, way_out="16 is a good first choice.")
        positive_int("sweeps", self.sweeps)
        if self.bins is not None:
            bounded_int("bins", self.bins, 2, _MOST_LEVELS)
        real("tolerance", self.tolerance, 0.0)
        real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        bounded_int("seed", self.seed, 0)

    def _sweep(self, rows: Ints, weights: Floats, held: Ints) -> None:
        sweeper, steps = self._training(rows, weights)
        best, self.tensors_ = np.inf, tuple(sweeper.tensors)
        self.history_: dict[str, list[float]] = {"loss": [], "bond": []}
        self.status_, previous = "completed", np.inf
        bar = progress_bar(len(steps), "fitting", self.progress)
        try:
            for step in steps:
                step()
                bar.update()
                loss = -float(weights @ sweeper.log_likelihoods())
                judged = loss
                self.history_["loss"].append(loss)
                self.history_["bond"].append(max(t.shape[2] for t in sweeper.tensors))
                if len(held):
                    judged = -float(self._log_p(tuple(sweeper.tensors), held).mean())
                    self.history_.setdefault("validation_loss", []).append(judged)
                if judged < best:
                    best, self.tensors_ = judged, tuple(sweeper.tensors)
                if abs(previous - loss) < self.tolerance:
                    self.status_ = "converged"
                    break
                previous = loss
        except KeyboardInterrupt:
            if not self.history_["loss"]:
                raise  # nothing was learned yet
            self.status_ = "interrupted"
            warn_interrupted(f"sweep {len(self.history_['loss'])}")
        finally:
            bar.close()

    # ------------------------------------------------------------------ figures

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return log p of every row, in nats; -inf for values that never occurred.

        Raises:
            ArgumentError: the rows are no non-negative integers or have another width.
        """
        check_is_fitted(self)
        rows = self._levels(check_rows(self, X, reset=False))
        seen = (rows < np.array(self.levels_)).all(axis=1)
        out = np.full(len(rows), -np.inf)
        if seen.any():
            out[seen] = self._log_p(self.tensors_, rows[seen])
        return out

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the mean of log p over the rows, in nats."""
        return float(self.score_samples(X).mean())

    def sample(
        self, n_samples: int = 1, seed: int = 0, given: Mapping[int, int] | None = None
    ) -> Ints:
        """Draw rows, exactly and independently, if wanted with some columns held fixed.

        Args:
            n_samples: number of rows.
            seed: of the draw.
            given: value of the columns to hold fixed, for instance {0: 1, 5: 0}; the others are
                drawn from their conditional distribution (in-painting).

        Returns:
            Integers of shape (n_samples, columns).

        Raises:
            ArgumentError: no such column or value, or values that never occur together.
        """
        check_is_fitted(self)
        positive_int("n_samples", n_samples)
        fixed = dict(given or {})
        state = self.state()
        tensors = list(state.tensors)
        for column, value in fixed.items():
            bounded_int("given", column, 0, len(self.levels_) - 1)
            bounded_int(f"given[{column}]", value, 0, self.levels_[column] - 1)
            self._given(column, value, tensors)
        state = replace(state, tensors=tuple(tensors))
        if state.log_norm() < -100:
            raise ArgumentError(
                f"Argument `given` must name values that can occur together, but {fixed} has "
                "probability 0 under the model."
            )
        out = state.normalised().sample(n_samples, seed).astype(np.int64)
        for column, value in fixed.items():
            out[:, column] = value
        return out

    # -------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        header = {
            "parameters": self.get_params(),
            "history": self.history_,
            "status": self.status_,
            "levels": list(self.levels_),
        }
        arrays = {str(i): t for i, t in enumerate(self.tensors_)}
        if self._bins is not None:
            arrays |= {f"edges.{i}": e for i, e in enumerate(self._bins.edges_)}
        return arrays, header

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned."""
        model = cls(**header["parameters"])
        model.history_, model.status_ = header["history"], header["status"]
        model.levels_ = tuple(header["levels"])
        model.n_features_in_ = len(model.levels_)
        edges = [name for name in arrays if name.startswith("edges.")]
        model._bins = None
        if edges:
            model._bins = QuantileBins(model.bins or 2)
            model._bins.edges_ = [arrays[f"edges.{i}"] for i in range(len(edges))]
            model._bins.n_features_in_ = model.n_features_in_
        model.tensors_ = tuple(arrays[str(i)] for i in range(len(arrays) - len(edges)))
        return model


def as_levels(rows: Floats) -> Ints:
    """Return rows as integers.

    Raises:
        ArgumentError: a value is no integer of 0 … 63.
    """
    levels = rows.astype(np.int64)
    bad = (levels != rows) | (levels < 0) | (levels >= _MOST_LEVELS)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ArgumentError(
            f"Argument `X` must hold integers of 0 … {_MOST_LEVELS - 1}, but is {rows[where]:g} at "
            f"index {where}. Set bins= for real numbers, or encode such a column first, for "
            "instance with sklearn.preprocessing.OrdinalEncoder."
        )
    return levels
