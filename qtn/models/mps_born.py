"""Born machines on a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, permutation, real
from qtn._random import generator
from qtn.models.base import estimator
from qtn.models.born import BornMachine
from qtn.models.densities.chain_conditionals import chain_completions, chain_marginals
from qtn.models.densities.counted import Counted, Flags
from qtn.models.recipes.candidates import FEW_ROWS
from qtn.models.recipes.growth import Sweeper
from qtn.models.recipes.settings import AUTO, is_auto
from qtn.models.structure.orders import (
    FEWEST,
    WIDEST,
    fiedler,
    pairwise_information,
    site_order,
    walk,
)
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_sweeps import BornSweeper

if TYPE_CHECKING:
    from qtn.models.sweeps.born_torch import TorchBornSweeper
    from qtn.states import MPS


@estimator(
    *("bond", "recipe", "bins", "sweeps", "polish", "fraction", "cutoff", "mixture", "smoothing"),
    *("order", "tolerance", "validation_fraction", "noise", "device"),
    *("seed", "random_state", "progress"),
)
class MPSBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a matrix product state.

    Fitted by two-site sweeps that grow the bonds where the data need them, then by one-site sweeps
    at fixed bonds; every local problem is approached by a safeguarded Newton step, see
    `qtn.models.sweeps.born_sweeps`. Without settings by hand (`bond`, `sweeps`, `polish`, `noise`)
    bonds grow from 2 on while rows held out gain from it, the columns are put in order, and a
    background is mixed in so that no value is impossible: `recipe_` says what came out, see
    `qtn.models.recipes.growth`.

    Args:
        bond: largest bond dimension; bonds grow up to 32 by themselves. By hand 16: where it is
            reached, half of it, a quarter, … are tried too and the best is kept, so that a larger
            bond never ends worse than its half.
        recipe: "auto" lets bonds grow where nothing is set by hand; "search" lets them grow up to
            the bond given, with the sweeps given at every bond; "fixed" trains as by hand.
        bins: "auto" takes columns of integers 0 … 63 as they are, and cuts all others into 8 bins
            at the quantiles of the training rows; None takes integers only; a number cuts every
            column into as many bins.
        sweeps: sweeps over two sites, right and left; by hand 20, while bonds grow 2 at each.
        polish: sweeps over one site afterwards; each takes a third of the time of one over two
            sites, and most of the likelihood of large data is gained here. By hand 0, while
            bonds grow 4 at each.
        fraction: part of the way to the local minimum that a two-site step goes; small values need
            more sweeps and end in better optima.
        cutoff: singular values below this fraction of the largest are dropped.
        mixture: weight from 0 to .99 of the product of the columns' distributions that is mixed
            into the density, see `qtn.models.densities.background`; "auto" takes the best weight
            on rows held out where bonds grow, and 0 by hand: values never seen are impossible then.
        smoothing: pseudo-count of every value in that product, and in the one that the sweeps start
            from.
        order: of the columns along the chain: "given", "walk", "fiedler"
            (`qtn.models.structure.orders`), every column's number once, or "auto": the best on rows
            held out at bond 4. None is "auto" where bonds grow (4 to 256 columns, at least 200
            rows), else "given".
        tolerance: stop when a sweep lowers the loss by less than this, in nats per row.
        validation_fraction: part of the rows held out; the sweep that is best on them is kept. 0:
            none by hand, and where bonds grow a tenth, or five parts in turn of fewer than 1,000.
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
        status_: "completed", "converged", "stopped early" (a larger bond brought nothing) or
            "interrupted" (Ctrl-C, best so far kept).
        recipe_: the settings trained with, and why (`qtn.models.recipes.settings.Recipe`).
        order_: the column that every site holds, shape (sites,).
        background_: what is mixed in, and with what weight.

    Cost: a sweep takes about 20 · rows · sites · bond² operations and rows · sites · bond numbers,
    rows that are alike counted once while bonds grow.

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = MPSBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Han, Wang, Fan, Wang, Zhang, Phys. Rev. X 8, 031012 (2018). There the local step
    follows the gradient with a tuned learning rate.
    """

    kind: ClassVar[str] = "mps-born-machine"

    FIXED: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"bond": 16, "sweeps": 20, "polish": 0, "order": None, "mixture": 0.0}
    )
    GROWN: ClassVar[Mapping[str, Any]] = MappingProxyType({"bond": 32, "sweeps": 2, "polish": 4})

    polish: int | str = AUTO
    fraction: float = 0.2
    cutoff: float = 1e-6
    order: str | Sequence[int] | None = None
    noise: float = 0.1
    device: str = "cpu"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not is_auto(self.polish):
            bounded_int("polish", self.polish, 0)
        real("fraction", self.fraction, 0.0, 1.0, open_low=True)
        real("cutoff", self.cutoff, 0.0, 1.0)
        real("noise", self.noise, 0.0, 1e6)
        if not (isinstance(self.device, str) and self.device == "cpu"):
            from qtn.models.training.place import check_device  # brings torch along

            check_device(self.device)

    # ---------------------------------------------------------------- structure

    def _structures(self, data: Counted) -> dict[str, Any]:
        columns = data.rows.shape[1]
        rows = data.rows.astype(np.float64)
        order = self.order
        if not (order == AUTO if isinstance(order, str) else order is None and self._searches()):
            found = site_order(order, rows, data.counts)
            return {"given": np.arange(columns) if found is None else found}
        if not FEWEST <= columns <= WIDEST or (order is None and data.total < FEW_ROWS):
            return {"given": np.arange(columns)}
        structures: dict[str, Any] = {"given": np.arange(columns)}
        information = pairwise_information(rows, data.counts)
        for name, found in (("walk", walk(information)), ("fiedler", fiedler(information))):
            if not any((found == other).all() for other in structures.values()):
                structures[name] = found
        return structures

    def _adopt(self, structure: Any) -> None:
        self.order_ = structure

    def _structure(self) -> Any:
        return self.order_

    def _site_columns(self) -> Ints:
        return self.order_

    def _restore_structure(self, header: dict[str, Any]) -> None:
        order = header.get("order", list(range(len(self.levels_))))
        self.order_ = permutation("order", order, len(self.levels_))

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        return arrays, header | {"order": self.order_.tolist()}

    # ----------------------------------------------------------------- training

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[Sweeper, list[Callable[[], None]]]:
        start = self._start(rows, weights, self.order_)
        share = weights / weights.sum()
        sweeper = self._sweeper(start, rows[:, self.order_], share, bond)
        polish = self._setting("polish")
        return sweeper, self._sweeps(sweeper, bond, self._setting("sweeps"), polish)

    def _seedling(self, structure: Any, data: Counted) -> Sweeper:
        start = self._start(data.rows, data.counts, structure)
        rows = np.ascontiguousarray(data.rows[:, structure])
        return self._sweeper(start, rows, data.shares, self._growing("bond"))

    def _steps(self, sweeper: Any, bond: int) -> list[Callable[[], None]]:
        return self._sweeps(sweeper, bond, self._growing("sweeps"), self._growing("polish"))

    def _sweeps(
        self, sweeper: Any, bond: int, sweeps: int, polish: int
    ) -> list[Callable[[], None]]:
        if sweeper.n == 1:
            return [sweeper.one_site] * sweeps
        grow = partial(sweeper.two_site, bond, self.cutoff, self.fraction)
        return [grow] * sweeps + [sweeper.one_site] * polish

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

    def _start(self, rows: Ints, weights: Floats, order: Ints) -> list[Floats]:
        """Return a chain of bond 2 around the product of the columns' distributions."""
        rng = generator(self._seed, "start")
        out = []
        last = len(order) - 1
        for i, column in enumerate(order):
            levels = self.levels_[column]
            counts = np.bincount(rows[:, column], weights, levels) + self.smoothing
            amplitude = np.sqrt(counts / counts.sum())
            shape = (1 if i == 0 else 2, levels, 1 if i == last else 2)
            out.append(amplitude[None, :, None] * (1 + self.noise * rng.random(shape)))
        return out

    # -------------------------------------------------------------------- state

    def _log_p(self, structure: Any, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import MPS

        h, total = np.ones((len(rows), 1)), np.zeros(len(rows))
        for column, t in zip(structure, tensors, strict=True):
            out = np.empty((len(rows), t.shape[2]))
            for s in range(t.shape[1]):
                where = rows[:, column] == s
                out[where] = h[where] @ t[:, s]
            c = np.abs(out).max(axis=1)
            # A row without amplitude keeps the logarithm -inf from here on.
            with np.errstate(divide="ignore"):
                total += np.log(c)
            h = out / np.where(c > 0, c, 1.0)[:, None]
        # The last bond is 1, so that h holds signs only.
        return np.asarray(2 * (total - MPS(tensors).log_norm()))

    def _pure(self) -> MPS:
        from qtn.states import MPS
        from qtn.states.origin import Trained

        moved = (self.order_ != np.arange(len(self.order_))).any()
        origin = Trained(tuple(self.order_.tolist())) if moved else None
        return MPS(self.tensors_, origin=origin).normalised()

    def _marginals(self, rows: Ints, missing: Flags) -> tuple[Floats, list[Floats]]:
        tensors, order = self._pure().tensors, self.order_
        log_p, found = chain_marginals(tensors, rows[:, order], missing[:, order])
        return log_p, [found[site] for site in np.argsort(order)]

    def _completions(
        self, rows: Ints, missing: Flags, rng: np.random.Generator
    ) -> tuple[Floats, Ints]:
        tensors, order = self._pure().tensors, self.order_
        log_p, found = chain_completions(tensors, rows[:, order], missing[:, order], rng)
        return log_p, found[:, np.argsort(order)]

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        site = self._site(column)
        tensors[site] = tensors[site].copy()
        tensors[site][:, values] = 0.0

    def _hold(self, column: int, value: int, tensors: list[Floats]) -> None:
        site = self._site(column)
        tensors[site] = tensors[site][:, value : value + 1]

    def _site(self, column: int) -> int:
        return int(np.flatnonzero(self.order_ == column)[0])
