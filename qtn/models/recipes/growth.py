"""Growth of a Born machine: bonds get larger step by step, rows held out say when it is enough.

1. Of the rows some are held out: a tenth of them in one part, below 1,000 rows five parts in turn;
   or rows given for that.
2. A network of bond 2 starts around the product of the columns. At every bond of `LADDER` it is
   swept a few times and goes on from there: a search at a large bond that starts afresh ends in
   poorer optima (by a tenth of a nat per row and more). After every sweep the mixture with a
   background (`qtn.models.densities.background`), of the weight that is best, is judged by its mean
   log-likelihood on the rows held out, over all parts.
3. Networks of different structure (a chain's orders of columns) grow side by side up to bond 4; the
   best one goes on alone.
4. The first bond that brings nothing ends the growth. The sweep that was best is what counts: a
   larger bond never ends worse on the rows held out than a smaller one.
5. The same sweeps are then made on all rows, unless the rows held out were given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from qtn.models.densities.background import Background, best_weight, mixture
from qtn.models.densities.counted import Counted, Floats, Ints, Split
from qtn.models.recipes.settings import Recipe

LADDER = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
# The bond at which the best structure is chosen.
_CHOICE = 4
# Rows below which several parts are held out in turn, how many, and the share of a part otherwise.
_FEW, _FOLDS, _PART = 1000, 5, 0.1
# What a row of no probability counts.
LEAST_LOG_P = -1e4

Tensors = tuple[Floats, ...]
Step = Callable[[], None]


class Sweeper(Protocol):
    """A network in training."""

    @property
    def tensors(self) -> list[Floats]:
        """The tensors."""
        ...

    def log_likelihoods(self) -> Floats:
        """Return log p of every row."""
        ...


class Grower(ABC):
    """What knows how a kind of network is trained and read: a Born machine."""

    @abstractmethod
    def _structures(self, data: Counted) -> dict[str, Any]:
        """Return the structures to choose from, by name; where there is no choice, one."""

    @abstractmethod
    def _seedling(self, structure: Any, data: Counted) -> Sweeper:
        """Return a network of a structure and of a small bond, to be trained on the rows."""

    @abstractmethod
    def _steps(self, sweeper: Any, bond: int) -> list[Step]:
        """Return the sweeps at a bond of a network that grows."""

    @abstractmethod
    def _log_p(self, structure: Any, tensors: Tensors, rows: Ints) -> Floats:
        """Return log |ψ|² of rows within the levels, -inf where there is no amplitude."""

    def _shape(self, structure: Any, sweeper: Any) -> Any:
        """Return the structure that a network has by now, where training changes it."""
        return structure

    @abstractmethod
    def _background(self, data: Counted) -> Background:
        """Return the product of the columns' distributions, of weight 0."""


@dataclass(slots=True)
class Grown:
    """What growth found.

    Args:
        tensors: the network of the best sweep.
        structure: its structure, and the name of that.
        name: of the structure.
        bond: of the best sweep.
        background: the background, with its weight.
        history: "loss", "bond" and "validation_loss" of every sweep.
        tried: names of structures and bonds with their losses on rows held out, the best first.
        status: "stopped early", "completed" (all bonds were tried) or "interrupted".
        judged: structure and network that were judged by the first part.
    """

    tensors: Tensors
    structure: Any
    name: str
    bond: int
    background: Background
    history: dict[str, list[float]]
    tried: tuple[tuple[str, float], ...]
    status: str
    judged: tuple[Any, Tensors]

    def recipe(self, settings: Mapping[str, Any], parts: int) -> Recipe:
        """Return what was chosen and why, given the settings in force."""
        rows = f"{parts} part{'s' if parts > 1 else ''} of rows held out"
        why = f"loss {self.tried[0][1]:.4g} on {rows}, the lowest of {len(self.tried)}"
        return Recipe(f"growth, {self.tried[0][0]}", settings, why, self.tried)


@dataclass(slots=True)
class _Trial:
    """A structure, its networks in training (one per part), and how they went."""

    name: str
    structure: Any
    sweepers: list[Sweeper]
    losses: list[float] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    bonds: list[int] = field(default_factory=list)
    least: float = np.inf
    best: int = -1
    weight: float = 0.0
    tensors: Tensors = ()
    shape: Any = None

    def note(self, loss: float, weight: float, bond: int) -> bool:
        """Note a sweep of all parts, keep what was best, and say whether this one is."""
        self.losses.append(loss)
        self.bonds.append(bond)
        if loss < self.least:
            self.least, self.best, self.weight = loss, len(self.losses) - 1, weight
            self.tensors = tuple(self.sweepers[0].tensors)
            return True
        return False

    def tried(self) -> dict[str, float]:
        """Return the lowest loss at every bond."""
        out: dict[str, float] = {}
        for bond, loss in zip(self.bonds, self.losses, strict=True):
            name = f"{self.name}, bond {bond}"
            out[name] = min(loss, out.get(name, np.inf))
        return out


def ladder(most: int) -> list[int]:
    """Return the bonds that are tried, up to `most`.

    Example:
        >>> ladder(7)
        [2, 3, 4, 6, 7]
    """
    return [bond for bond in LADDER if bond < most] + [most]


def held_out(data: Counted, fraction: float, rng: np.random.Generator) -> list[Split]:
    """Return the parts by which growth is judged, none if there are too few rows."""
    if fraction:
        return data.parts(max(2, round(1 / fraction)), 1, rng)
    if data.total < _FEW:
        return data.parts(_FOLDS, _FOLDS, rng)
    return data.parts(round(1 / _PART), 1, rng)


class Growth:
    """A growth, which Ctrl-C ends with the best so far.

    Args:
        grower: how networks are trained and read.
        parts: rows to train on and rows held out, at least one pair.
        structures: what is tried, by name.
        weight: of the background; None: the best one.
    """

    def __init__(
        self,
        grower: Grower,
        parts: Sequence[Split],
        structures: Mapping[str, Any],
        weight: float | None = None,
    ) -> None:
        self.grower, self.parts, self.weight = grower, parts, weight
        self.status = "completed"
        self.trials = [
            _Trial(name, structure, [grower._seedling(structure, part.kept) for part in parts])
            for name, structure in structures.items()
        ]
        self.left_behind: dict[str, float] = {}
        weights = np.concatenate([part.held.counts for part in parts])
        self._shares = weights / weights.sum()
        self._log_q = np.concatenate(
            [grower._background(part.kept).log_p(part.held.rows) for part in parts]
        )

    @property
    def best(self) -> _Trial:
        """The trial of the lowest loss."""
        return min(self.trials, key=lambda trial: trial.least)

    def climb(self, bonds: Sequence[int], seen: Step) -> None:
        """Sweep at one bond after another until one brings nothing; `seen` is called per sweep."""
        try:
            for bond in bonds:
                before = self.best.least
                for trial in self.trials:
                    self._rung(trial, bond, seen)
                if bond >= _CHOICE or bond == bonds[-1]:
                    self._choose()
                    if self.best.least >= before:
                        self.status = "stopped early"
                        return
        except KeyboardInterrupt:
            if not np.isfinite(self.best.least):
                raise
            self.status = "interrupted"

    def _rung(self, trial: _Trial, bond: int, seen: Step) -> None:
        steps = [self.grower._steps(sweeper, bond) for sweeper in trial.sweepers]
        for together in zip(*steps, strict=True):
            for step in together:
                step()
            seen()
            first = self.parts[0].kept
            trial.train.append(-float(first.shares @ trial.sweepers[0].log_likelihoods()))
            log_p = np.concatenate(
                [
                    self._log_p(trial, sweeper, part)
                    for sweeper, part in zip(trial.sweepers, self.parts, strict=True)
                ]
            )
            weight = self.weight
            if weight is None:
                weight = best_weight(log_p, self._log_q, self._shares)
            likely = np.maximum(mixture(log_p, self._log_q, weight), LEAST_LOG_P)
            if trial.note(-float(self._shares @ likely), weight, bond):
                trial.shape = self.grower._shape(trial.structure, trial.sweepers[0])

    def _log_p(self, trial: _Trial, sweeper: Sweeper, part: Split) -> Floats:
        shape = self.grower._shape(trial.structure, sweeper)
        return self.grower._log_p(shape, tuple(sweeper.tensors), part.held.rows)

    def _choose(self) -> None:
        best = self.best
        for trial in self.trials:
            if trial is not best:
                self.left_behind |= trial.tried()
        self.trials = [best]

    def finished(self, data: Counted | None, seen: Step) -> Grown:
        """Return what was found.

        Args:
            data: all rows, for the same sweeps once more; None keeps the network that was judged.
            seen: called per sweep.
        """
        best = self.best
        end = best.best + 1
        bonds = [float(bond) for bond in best.bonds]
        history = {"loss": best.train, "bond": bonds, "validation_loss": best.losses}
        tensors, shape, rows = best.tensors, best.shape, self.parts[0].kept
        if data is not None and self.status != "interrupted":
            try:
                sweeper, history["loss"] = self._repeated(best, data, end, seen)
                tensors, shape = tuple(sweeper.tensors), self.grower._shape(best.structure, sweeper)
                history = {name: values[:end] for name, values in history.items()}
                rows = data
            except KeyboardInterrupt:
                self.status = "interrupted"
        background = Background(self.grower._background(rows).probabilities, best.weight)
        tried = sorted((best.tried() | self.left_behind).items(), key=lambda pair: pair[1])
        bond = best.bonds[best.best]
        judged = (best.shape, best.tensors)
        return Grown(
            tensors, shape, best.name, bond, background, history, tuple(tried), self.status, judged
        )

    def _repeated(
        self, trial: _Trial, data: Counted, count: int, seen: Step
    ) -> tuple[Sweeper, list[float]]:
        """Make the first sweeps of a trial on other rows."""
        sweeper, losses, done = self.grower._seedling(trial.structure, data), [], 0
        while done < count:
            for step in self.grower._steps(sweeper, trial.bonds[done])[: count - done]:
                step()
                seen()
                losses.append(-float(data.shares @ sweeper.log_likelihoods()))
                done += 1
        return sweeper, losses


def best_structure(grower: Grower, parts: Sequence[Split], structures: Mapping[str, Any]) -> str:
    """Return the name of the structure that is best on rows held out, at a small bond."""
    if not parts:
        return next(iter(structures))
    growth = Growth(grower, parts, structures)
    growth.climb(ladder(_CHOICE), lambda: None)
    return growth.best.name
