"""Born machines on a chain."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qtn._checks import bounded_int, real
from qtn._random import generator
from qtn.models.base import estimator
from qtn.models.born import BornMachine, Sweeper
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_sweeps import BornSweeper

if TYPE_CHECKING:
    from qtn.models.sweeps.born_torch import TorchBornSweeper
    from qtn.states import MPS


@estimator(
    *("bond", "bins", "sweeps", "polish", "fraction", "cutoff", "smoothing", "tolerance"),
    *("validation_fraction", "noise", "device", "seed", "random_state", "progress"),
)
class MPSBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a matrix product state.

    Fitted by two-site sweeps that grow the bonds where the data need them, then by one-site sweeps
    at fixed bonds; every local problem is approached by a safeguarded Newton step, see
    `qtn.models.sweeps.born_sweeps`.

    Args:
        bond: largest bond dimension. Where it is reached, half of it, a quarter, … are tried too
            and the best is kept: a larger bond never ends worse than its half.
        bins: "auto" takes columns of integers 0 … 63 as they are, and cuts all others into 8 bins
            at the quantiles of the training rows; None takes integers only; a number cuts every
            column into as many bins.
        sweeps: sweeps over two sites, right and left.
        polish: sweeps over one site afterwards; each takes a third of the time of one over two
            sites, and most of the likelihood of large data is gained here.
        fraction: part of the way to the local minimum that a two-site step goes; small values need
            more sweeps and end in better optima.
        cutoff: singular values below this fraction of the largest are dropped.
        smoothing: pseudo-count of every value in the product state that the sweeps start from.
        tolerance: stop when a sweep lowers the loss by less than this, in nats per row.
        validation_fraction: part of the rows held out; the sweep with the best one is kept.
        noise: relative noise of the start.
        device: "cpu", "cuda", or "auto", which takes a GPU where the sweeps are expected to end
            sooner there; always in double precision.
        seed: chooses the noise and the validation rows.
        random_state: the same by scikit-learn's name, see `MPSClassifier`.
        progress: True or False shows or hides the bar; None shows it where someone can watch.

    Attributes:
        history_: per sweep, the mean negative log likelihood in nats ("loss"), the largest bond
            and, with validation, the "validation_loss".
        levels_: number of values of every column.
        status_: "completed", "converged" or "interrupted" (Ctrl-C, best so far kept).

    Cost: a sweep takes about 20 · rows · sites · bond² operations and rows · sites · bond numbers;
    the smaller bonds add at most a third.

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = MPSBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Han, Wang, Fan, Wang, Zhang, Phys. Rev. X 8, 031012 (2018). There the local step
    follows the gradient with a tuned learning rate.
    """

    kind: ClassVar[str] = "mps-born-machine"

    polish: int = 0
    fraction: float = 0.2
    cutoff: float = 1e-6
    smoothing: float = 1.0
    noise: float = 0.1
    device: str = "cpu"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        bounded_int("polish", self.polish, 0)
        real("fraction", self.fraction, 0.0, 1.0, open_low=True)
        real("cutoff", self.cutoff, 0.0, 1.0)
        real("smoothing", self.smoothing, 0.0, open_low=True)
        real("noise", self.noise, 0.0, 1e6)
        if not (isinstance(self.device, str) and self.device == "cpu"):
            from qtn.models.training.place import check_device  # brings torch along

            check_device(self.device)

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[Sweeper, list[Callable[[], None]]]:
        sweeper = self._sweeper(self._start(rows, weights), rows, weights / weights.sum(), bond)
        if sweeper.n == 1:
            return sweeper, [sweeper.one_site] * self.sweeps
        grow = partial(sweeper.two_site, bond, self.cutoff, self.fraction)
        return sweeper, [grow] * self.sweeps + [sweeper.one_site] * self.polish

    def _sweeper(
        self, start: list[Floats], rows: Ints, weights: Floats, bond: int
    ) -> BornSweeper | TorchBornSweeper:
        """Return the sweeper of the device."""
        if self.device != "cpu":
            from qtn.models.sweeps.born_torch import TorchBornSweeper
            from qtn.models.training.place import born_place

            place = born_place(self.device, len(rows), rows.shape[1], bond)
            if place != "cpu":
                return TorchBornSweeper(start, rows, weights, place)
        return BornSweeper(start, rows, weights)

    def _start(self, rows: Ints, weights: Floats) -> list[Floats]:
        """Return a chain of bond 2 around the product of the columns' distributions."""
        rng = generator(self._seed, "start")
        out = []
        last = len(self.levels_) - 1
        for i, levels in enumerate(self.levels_):
            counts = np.bincount(rows[:, i], weights, levels) + self.smoothing
            amplitude = np.sqrt(counts / counts.sum())
            shape = (1 if i == 0 else 2, levels, 1 if i == last else 2)
            out.append(amplitude[None, :, None] * (1 + self.noise * rng.random(shape)))
        return out

    def _log_p(self, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import MPS

        h, total = np.ones((len(rows), 1)), np.zeros(len(rows))
        for i, t in enumerate(tensors):
            out = np.empty((len(rows), t.shape[2]))
            for s in range(t.shape[1]):
                where = rows[:, i] == s
                out[where] = h[where] @ t[:, s]
            c = np.abs(out).max(axis=1)
            # A row without amplitude keeps the logarithm -inf from here on.
            with np.errstate(divide="ignore"):
                total += np.log(c)
            h = out / np.where(c > 0, c, 1.0)[:, None]
        # The last bond is 1, so that h holds signs only.
        return np.asarray(2 * (total - MPS(tensors).log_norm()))

    def _unnormalised(self, form: str, number: int) -> MPS:
        from qtn.states import MPS

        return MPS(self.tensors_)

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        tensors[column] = tensors[column].copy()
        tensors[column][:, values] = 0.0

    def _given(self, column: int, value: int, tensors: list[Floats]) -> None:
        tensors[column] = tensors[column][:, value : value + 1]
