"""Born machines: the distribution of table rows as the squared amplitudes of a tensor network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import DensityMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, choice, fail, indices, positive_int, real
from qtn._progress import progress_bar, warn_interrupted
from qtn._random import RandomState, chosen_seed, generator
from qtn.data.bins import QuantileBins
from qtn.errors import ArgumentError
from qtn.models.base import Estimator, estimator
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.training.rows import all_or_nothing, check_rows, check_weights
from qtn.models.training.saved import (
    checked_history,
    column_names,
    packed_parameters,
    restore_columns,
    unpacked_parameters,
)

MOST_LEVELS = 64
STATUSES = ("completed", "converged", "interrupted")
AUTO_BINS = 8
# What a row without amplitude counts when sweeps are judged by rows held out.
_LEAST_LOG_P = -1e4


@dataclass(slots=True)
class _Run:
    """One search: its best tensors by `judged`, how it went, and the largest bond met."""

    tensors: tuple[Floats, ...]
    judged: float
    history: dict[str, list[float]]
    status: str
    widest: int


class Sweeper(Protocol):
    """A network in training."""

    @property
    def tensors(self) -> list[Floats]:
        """The tensors."""
        ...

    def log_likelihoods(self) -> Floats:
        """Return log p of every row."""
        ...


@estimator()
class BornMachine(DensityMixin, Estimator):
    """Base of the Born machines; see `MPSBornMachine` for the parameters and attributes."""

    bond: int = field(default=16, kw_only=False)
    bins: int | str | None = "auto"
    sweeps: int = 20
    tolerance: float = 1e-5

    @abstractmethod
    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[Sweeper, list[Callable[[], None]]]:
        """Return what is trained, and the sweeps that train it."""

    @abstractmethod
    def _log_p(self, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        """Return log p of rows within the levels."""

    @abstractmethod
    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        """Take all weight from some values of a column, in the list and not in the arrays."""

    @abstractmethod
    def _given(self, column: int, value: int, tensors: list[Floats]) -> None:
        """Hold a column fixed in tensors of the state: keep one value of its axis."""

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to rows of integers.

        Args:
            X: shape (samples, columns); see `bins`.
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
            weights = check_weights(sample_weight, len(found))
            found, weights = found[weights > 0], weights[weights > 0]
            self._learn_levels(found, None if sample_weight is None else weights)
            rows = self._levels(found)
            self.levels_ = tuple(int(v) + 1 for v in rows.max(axis=0))
            held = np.zeros(len(rows), dtype=bool)
            if self.validation_fraction > 0:
                count = min(max(1, round(self.validation_fraction * len(rows))), len(rows) - 1)
                held[generator(self._seed, "validation").permutation(len(rows))[:count]] = True
            self._search(rows[~held], weights[~held], rows[held])
        return self

    def _learn_levels(self, rows: Floats, weights: Floats | None) -> None:
        """Decide which columns are integers already, and cut the others into bins."""
        codes = (rows == np.floor(rows)) & (rows >= 0) & (rows < MOST_LEVELS)
        bins = AUTO_BINS if self.bins == "auto" else self.bins
        self._coded = codes.all(axis=0) if self.bins == "auto" else np.full(len(codes[0]), not bins)
        self._bins: QuantileBins | None = None
        if not self._coded.all():
            assert isinstance(bins, int)
            self._bins = QuantileBins(bins).fit(rows[:, ~self._coded], sample_weight=weights)

    def _levels(self, rows: Floats, known: bool = False) -> Ints:
        levels = as_levels(np.where(self._coded, rows, 0.0), np.inf if known else MOST_LEVELS)
        if self._bins is not None:
            levels[:, ~self._coded] = self._bins.transform(rows[:, ~self._coded])
        return levels

    def _check_parameters(self) -> None:
        positive_int("bond", self.bond, way_out="16 is a good first choice.")
        positive_int("sweeps", self.sweeps)
        if self.bins is not None and not (isinstance(self.bins, str) and self.bins == "auto"):
            bounded_int("bins", self.bins, 2, MOST_LEVELS, way_out='Or take "auto" or None.')
        real("tolerance", self.tolerance, 0.0)
        super()._check_parameters()

    def _search(self, rows: Ints, weights: Floats, held: Ints) -> None:
        """Fit at the bond wanted, and at half of it, a quarter, … while a bond was too small.

        A network of a larger bond contains those of smaller ones, but its search can end in a
        poorer optimum; the best of all is kept, so that a larger bond never ends worse.
        """
        # Rows with a value that the others lack are impossible, whatever the sweep.
        held = held[_shown(rows, held)]
        best = self._sweep(rows, weights, held, self.bond)
        if best.status == "interrupted" and not best.history["loss"]:
            raise KeyboardInterrupt  # nothing was learned yet
        bond, run = self.bond // 2, best
        while bond > 1 and run.widest > bond and run.status != "interrupted":
            run = self._sweep(rows, weights, held, bond)
            best = run if run.judged < best.judged else best
            bond //= 2
        self.tensors_ = self._without(best.tensors, rows)
        self.history_ = best.history
        self.status_ = "interrupted" if run.status == "interrupted" else best.status
        if self.status_ == "interrupted":
            warn_interrupted(f"sweep {len(self.history_['loss'])}")

    def _sweep(self, rows: Ints, weights: Floats, held: Ints, bond: int) -> _Run:
        sweeper, steps = self._training(rows, weights, bond)
        share = weights / weights.sum()
        run = _Run(
            tuple(sweeper.tensors), np.inf, {"loss": [], "bond": []}, "completed", _widest(sweeper)
        )
        previous = np.inf
        bar = progress_bar(len(steps), "fitting", self.progress)
        try:
            for step in steps:
                step()
                bar.update()
                loss = judged = -float(share @ sweeper.log_likelihoods())
                run.history["loss"].append(loss)
                bond = _widest(sweeper)
                run.history["bond"].append(bond)
                run.widest = max(run.widest, bond)
                if len(held):
                    likely = np.maximum(self._log_p(tuple(sweeper.tensors), held), _LEAST_LOG_P)
                    judged = -float(likely.mean())
                    run.history.setdefault("validation_loss", []).append(judged)
                if judged < run.judged:
                    run.judged, run.tensors = judged, tuple(sweeper.tensors)
                if abs(previous - loss) < self.tolerance:
                    run.status = "converged"
                    break
                previous = loss
        except KeyboardInterrupt:
            run.status = "interrupted"
        finally:
            bar.close()
        return run

    def _without(self, tensors: tuple[Floats, ...], rows: Ints) -> tuple[Floats, ...]:
        """Return the tensors without any weight on values that no row shows."""
        out = list(tensors)
        for column, levels in enumerate(self.levels_):
            absent = np.setdiff1d(np.arange(levels), rows[:, column])
            if len(absent):
                self._forget(column, absent, out)
        return tuple(out)

    # -------------------------------------------------------------------- forms

    @property
    def forms_(self) -> tuple[str, ...]:
        """The forms of the fitted machine; see `state`."""
        check_is_fitted(self)
        return ("state",)

    def _labels(self) -> list[Any]:
        return []

    def site_vectors(self, X: ArrayLike) -> list[Floats]:
        """Return the unit vectors of the values of rows `X`; see `Compilable.site_vectors`.

        A value that its column never showed in training has the vector zero.
        """
        check_is_fitted(self)
        rows = self._levels(check_rows(self, X, reset=False), known=True)
        levels = zip(rows.T, self.levels_, strict=True)
        return [(column[:, None] == np.arange(d)).astype(np.float64) for column, d in levels]

    # ------------------------------------------------------------------ figures

    def score_samples(self, X: ArrayLike) -> Floats:
        """Return log p of every row, in nats.

        A row has -inf where it holds a value that its column never showed in training, or a
        combination to which the state gives no amplitude.

        Raises:
            ArgumentError: the rows cannot be used: another width, or for columns of integers
                values that are none.
        """
        check_is_fitted(self)
        rows = self._levels(check_rows(self, X, reset=False), known=True)
        seen = (rows < np.array(self.levels_)).all(axis=1)
        out = np.full(len(rows), -np.inf)
        if seen.any():
            out[seen] = self._log_p(self.tensors_, rows[seen])
        return out

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the mean of log p over the rows, in nats."""
        return float(self.score_samples(X).mean())

    def sample(
        self,
        n_samples: int = 1,
        seed: int = 0,
        given: Mapping[int, int] | None = None,
        random_state: RandomState = None,
    ) -> Ints:
        """Draw rows, exactly and independently, if wanted with some columns held fixed.

        Args:
            n_samples: number of rows.
            seed: of the draw.
            given: value of the columns to hold fixed, for instance {0: 1, 5: 0}; the others are
                drawn from their conditional distribution (in-painting).
            random_state: the seed by scikit-learn's name, as in the model's own parameters.

        Returns:
            Integers of shape (n_samples, columns).

        Raises:
            ArgumentError: no such column or value, or values that never occur together.
        """
        check_is_fitted(self)
        positive_int("n_samples", n_samples)
        drawn = chosen_seed(seed, random_state)
        if given is not None and not isinstance(given, Mapping):
            raise fail("given", "a mapping of columns to values, or None", given)
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
        out = state.normalised().sample(n_samples, drawn).astype(np.int64)
        for column, value in fixed.items():
            out[:, column] = value
        return out

    # -------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        check_is_fitted(self)
        header = {
            "parameters": packed_parameters(self.get_params(deep=False), self._seed),
            "column_names": column_names(self),
            "coded": self._coded.tolist(),
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
        parameters = unpacked_parameters(header["parameters"])
        # A model fitted on a GPU comes back on any machine.
        model = cls(**parameters | ({"device": "cpu"} if "device" in parameters else {}))
        model._check_parameters()
        model.history_ = checked_history(header["history"])
        model.status_ = choice("status", header["status"], STATUSES)
        model.levels_ = indices("levels", header["levels"])
        restore_columns(model, len(model.levels_), header.get("column_names"))
        count = sum(name.startswith("edges.") for name in arrays)
        edges = [arrays[f"edges.{i}"] for i in range(count)]
        coded = header.get("coded", [not edges] * len(model.levels_))
        model._coded, model._bins = np.array(coded, dtype=bool), None
        if edges:
            model._bins = QuantileBins.of(edges)
        model.tensors_ = tuple(arrays[str(i)] for i in range(len(arrays) - len(edges)))
        model._check_restored()
        return model

    def _check_restored(self) -> None:
        """Raise `ArgumentError` unless state, levels and bins of a file belong together."""
        if self.state().phys != self.levels_ or self._coded.shape != (len(self.levels_),):
            raise fail("levels", "the dimensions of the sites", list(self.levels_))
        cut = np.array(self.levels_)[~self._coded]
        edges = [] if self._bins is None else self._bins.edges_
        for levels, found in zip(cut, edges, strict=True):
            good = found.ndim == 1 and np.isfinite(found).all() and (np.diff(found) > 0).all()
            if not good or levels > len(found) + 1:
                raise fail("edges", f"ascending edges of {levels} bins", found)


def as_levels(rows: Floats, most: float = MOST_LEVELS) -> Ints:
    """Return rows as integers.

    Raises:
        ArgumentError: a value is no integer from 0 to below `most`.
    """
    bad = (rows != np.floor(rows)) | (rows < 0) | (rows >= most)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ArgumentError(
            f"Argument `X` must hold integers of 0 … {MOST_LEVELS - 1}, but is {rows[where]:g} at "
            f"index {where}. Set bins= for real numbers, or encode such a column first, for "
            "instance with sklearn.preprocessing.OrdinalEncoder."
        )
    return np.minimum(rows, MOST_LEVELS).astype(np.int64)


def _widest(sweeper: Sweeper) -> int:
    return max(t.shape[2] for t in sweeper.tensors)


def _shown(rows: Ints, others: Ints) -> NDArray[np.bool_]:
    """Return which of the others hold only values that their columns show in the rows."""
    columns = range(rows.shape[1])
    return np.all([np.isin(others[:, c], rows[:, c]) for c in columns], axis=0)
