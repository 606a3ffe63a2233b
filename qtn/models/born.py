"""Born machines: the distribution of table rows as the squared amplitudes of a tensor network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, fail, positive_int, real
from qtn._progress import progress_bar
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.models.born_sweeps import BornSweeper
from qtn.models.rows import check_rows

if TYPE_CHECKING:
    from qtn.states import MPS

_MOST_LEVELS = 64


class MPSBornMachine(DensityMixin, BaseEstimator):
    """Density of rows of small integers, p(v) = |ψ(v)|² / ‖ψ‖², ψ a matrix product state.

    Fitted by two-site sweeps that grow the bonds where the data need them, then by one-site sweeps
    at fixed bonds; every local problem is approached by a safeguarded Newton step, see
    `qtn.models.born_sweeps`.

    Args:
        bond: largest bond dimension.
        sweeps: sweeps over two sites, right and left.
        polish: sweeps over one site afterwards.
        fraction: part of the way to the local minimum that a two-site step goes; small values need
            more sweeps and end in better optima.
        cutoff: singular values below this fraction of the largest are dropped.
        smoothing: pseudo-count of every value in the product state that the sweeps start from.
        tolerance: stop when a sweep lowers the loss by less than this, in nats per row.
        validation_fraction: part of the rows held out; the sweep with the best one is kept.
        noise: relative noise of the start.
        seed: chooses the noise and the validation rows.
        progress: True or False shows or hides the bar; None shows it where someone can watch.

    Attributes:
        history_: per sweep, the mean negative log likelihood in nats ("loss"), the largest bond
            and, with validation, the "validation_loss".
        levels_: number of values of every column.
        status_: "completed", "converged" or "interrupted" (Ctrl-C, best so far kept).

    Cost: a sweep takes about 20 · rows · sites · bond² operations and rows · sites · bond numbers.

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = MPSBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Han, Wang, Fan, Wang, Zhang, Phys. Rev. X 8, 031012 (2018). There the local step
    follows the gradient with a tuned learning rate.
    """

    kind: ClassVar[str] = "mps-born-machine"

    def __init__(
        self,
        bond: int = 16,
        *,
        sweeps: int = 20,
        polish: int = 0,
        fraction: float = 0.2,
        cutoff: float = 1e-6,
        smoothing: float = 1.0,
        tolerance: float = 1e-5,
        validation_fraction: float = 0.0,
        noise: float = 0.1,
        seed: int = 0,
        progress: bool | None = None,
    ) -> None:
        self.bond = bond
        self.sweeps = sweeps
        self.polish = polish
        self.fraction = fraction
        self.cutoff = cutoff
        self.smoothing = smoothing
        self.tolerance = tolerance
        self.validation_fraction = validation_fraction
        self.noise = noise
        self.seed = seed
        self.progress = progress

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to rows of integers.

        Args:
            X: shape (samples, columns), integers 0 … levels-1; every column has its own levels.
            y: ignored.
            sample_weight: weight of every row, shape (samples,).

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was fitted.
        """
        self._check_parameters()
        rows = as_levels(check_rows(self, X, reset=True))
        weights = self._weights(sample_weight, len(rows))
        self.levels_ = tuple(int(v) + 1 for v in rows.max(axis=0))
        held = np.zeros(len(rows), dtype=bool)
        if self.validation_fraction > 0:
            count = min(max(1, round(self.validation_fraction * len(rows))), len(rows) - 1)
            held[generator(self.seed, "validation").permutation(len(rows))[:count]] = True
        self._sweep(rows[~held], weights[~held] / weights[~held].sum(), rows[held])
        return self

    def _check_parameters(self) -> None:
        positive_int("bond", self.bond, way_out="16 is a good first choice.")
        positive_int("sweeps", self.sweeps)
        bounded_int("polish", self.polish, 0)
        real("fraction", self.fraction, 0.0, 1.0, open_low=True)
        real("cutoff", self.cutoff, 0.0, 1.0)
        real("smoothing", self.smoothing, 0.0, open_low=True)
        real("tolerance", self.tolerance, 0.0)
        real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        real("noise", self.noise, 0.0)
        bounded_int("seed", self.seed, 0)

    def _weights(self, sample_weight: ArrayLike | None, count: int) -> NDArray[np.float64]:
        if sample_weight is None:
            return np.full(count, 1.0 / count)
        weights = np.asarray(sample_weight, dtype=np.float64)
        good = weights.shape == (count,) and np.isfinite(weights).all()
        if not good or (weights < 0).any() or not weights.any():
            raise fail(
                "sample_weight", "one non-negative weight per row, not all zero", sample_weight
            )
        return weights

    def _start(
        self, rows: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> list[NDArray[np.float64]]:
        """Return a chain of bond 2 around the product of the columns' distributions."""
        rng = generator(self.seed, "start")
        out = []
        last = len(self.levels_) - 1
        for i, levels in enumerate(self.levels_):
            counts = np.bincount(rows[:, i], weights * len(rows), levels) + self.smoothing
            amplitude = np.sqrt(counts / counts.sum())
            shape = (1 if i == 0 else 2, levels, 1 if i == last else 2)
            out.append(amplitude[None, :, None] * (1 + self.noise * rng.random(shape)))
        return out

    def _sweep(
        self, rows: NDArray[np.int64], weights: NDArray[np.float64], held: NDArray[np.int64]
    ) -> None:
        sweeper = BornSweeper(self._start(rows, weights), rows, weights)
        best, self.tensors_ = np.inf, tuple(sweeper.tensors)
        self.history_: dict[str, list[float]] = {"loss": [], "bond": []}
        self.status_, previous = "completed", np.inf
        two_site = self.sweeps if len(self.levels_) > 1 else 0
        bar = progress_bar(two_site + self.polish, "fitting", self.progress)
        try:
            for k in range(two_site + self.polish):
                if k < two_site:
                    sweeper.two_site(self.bond, self.cutoff, self.fraction)
                else:
                    sweeper.one_site()
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
            self.status_ = "interrupted"
        finally:
            bar.close()

    # ------------------------------------------------------------------ figures

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log p of every row, in nats; -inf for values that never occurred.

        Raises:
            ArgumentError: the rows are no non-negative integers or have another width.
        """
        check_is_fitted(self)
        rows = as_levels(check_rows(self, X, reset=False))
        seen = (rows < np.array(self.levels_)).all(axis=1)
        out = np.full(len(rows), -np.inf)
        if seen.any():
            out[seen] = self._log_p(self.tensors_, rows[seen])
        return out

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Return the mean of log p over the rows, in nats."""
        return float(self.score_samples(X).mean())

    @staticmethod
    def _log_p(
        tensors: tuple[NDArray[np.float64], ...], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        from qtn.states import MPS

        h, total = np.ones((len(rows), 1)), np.zeros(len(rows))
        for i, t in enumerate(tensors):
            out = np.empty((len(rows), t.shape[2]))
            for s in range(t.shape[1]):
                where = rows[:, i] == s
                out[where] = h[where] @ t[:, s]
            c = np.maximum(np.abs(out).max(axis=1), 1e-300)
            h, total = out / c[:, None], total + np.log(c)
        last = np.log(np.maximum(np.abs(h[:, 0]), 1e-300))
        return np.asarray(2 * (total + last - MPS(tensors).log_norm()))

    def state(self) -> MPS:
        """Return the normalised state ψ, one site per column."""
        from qtn.states import MPS

        check_is_fitted(self)
        return MPS(self.tensors_).normalised()

    def sample(
        self, n_samples: int = 1, seed: int = 0, given: Mapping[int, int] | None = None
    ) -> NDArray[np.int64]:
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
        tensors = list(self.state().tensors)
        for column, value in fixed.items():
            bounded_int("given", column, 0, len(tensors) - 1)
            bounded_int(f"given[{column}]", value, 0, self.levels_[column] - 1)
            tensors[column] = tensors[column][:, value : value + 1]
        from qtn.states import MPS

        state = MPS(tuple(tensors))
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
        return {str(i): t for i, t in enumerate(self.tensors_)}, header

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Self:
        """Rebuild from what `pack` returned."""
        model = cls(**header["parameters"])
        model.history_, model.status_ = header["history"], header["status"]
        model.levels_ = tuple(header["levels"])
        model.n_features_in_ = len(model.levels_)
        model.tensors_ = tuple(arrays[str(i)] for i in range(len(model.levels_)))
        return model


def as_levels(rows: NDArray[np.float64]) -> NDArray[np.int64]:
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
            f"index {where}. Encode such a column first, for instance with "
            "sklearn.preprocessing.KBinsDiscretizer or OrdinalEncoder."
        )
    return levels
