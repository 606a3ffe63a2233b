"""The search for a recipe: candidates are judged on rows held out, the best is fitted to all rows.

1. Rows that are alike are merged and their weights added, and the rest is put into an order that
   depends on the rows alone: neither the order of the rows nor whether a row is written twice or
   weighs twice leaves a trace in the result.
2. Every candidate is trained on the rows that are not held out, which alone decide the scaling of
   the columns, and keeps the epoch of the lowest loss on those held out. Fewer than 1,000 rows are
   held out in five parts in turn; candidates far behind after the first part are dropped.
3. The candidate of the lowest mean loss is trained on all rows, for twice the median of its best
   epochs, since a cosine schedule that ends there has learned as much. The result is kept unless
   a model of step 2 explains all rows better: then training diverged, and that model is returned.
   Before, a chain's columns are put into another order, or a tree's joined in another way, if that
   is better on the rows held out: a chain at half the bond and at the whole.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from qtn._random import generator
from qtn.models.recipes.candidates import FEW_ROWS, MOST_EPOCHS, Candidate, Table
from qtn.models.recipes.settings import AUTO, DID_NOT_LEARN, Recipe
from qtn.models.recipes.tree_options import structures_of
from qtn.models.structure.orders import FEWEST, WIDEST

# A model trained by gradients: it stands above this wing.
Model = Any
Floats = NDArray[np.float64]
Tried = tuple[tuple[str, float], ...]
# Part of the rows held out, and rows that the search looks at, at most.
_PART, _MOST = 0.15, 6000
# Candidates whose first loss exceeds the best by this factor and this much are dropped.
_FACTOR, _MARGIN = 1.5, 0.1
_LEAST_EPOCHS = 4
# A loss above this part of a constant's is chance; what luck a smaller one may owe itself to.
_LEARNED, _LUCK, _TINY = 0.98, 0.1, 1e-300
# How much lower the loss of another order must be.
_CLEARLY = 0.98


@dataclass(slots=True)
class _Data:
    """Distinct rows with their targets and weights."""

    rows: Floats
    targets: NDArray[Any]
    weights: Floats

    def __getitem__(self, part: Any) -> _Data:
        return _Data(self.rows[part], self.targets[part], self.weights[part])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class _Trial:
    """A candidate, its losses on the rows held out, and the model of the lowest."""

    name: str
    settings: dict[str, Any]
    losses: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    model: Model | None = None

    @property
    def loss(self) -> float:
        return float(np.mean(self.losses))


def choose_recipe(model: Model, rows: Floats, targets: NDArray[Any], weights: Floats) -> None:
    """Choose a recipe for `model` and train it with that."""
    data = distinct(_Data(rows, targets, weights), model._seed)
    some = data[:_MOST]
    binary = all(len(np.unique(column)) < 3 for column in some.rows.T)
    table = Table(len(some), rows.shape[1], model._outputs(), binary)
    trials = [_Trial(name, settings) for name, settings in allowed(model, table)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows held out may lie far outside the training range
        parts = held_out_parts(some.targets, table.folds, model.validation_fraction, model._seed)
        for number, held in enumerate(parts):
            for trial in trials:
                _judge(trial, model, some, held)
            if number == 0:
                trials = _promising(trials)
        trials.sort(key=lambda trial: trial.loss if parts else 0.0)
        best = _restructured(trials[0], model, some, parts)
        fitted = _refit(best, model, data)
    learned = not parts or _learned(best.loss, some, parts, len(trials))
    tried = tuple((trial.name, trial.loss) for trial in trials) if parts else ()
    if best is not trials[0]:
        tried = ((best.name, best.loss), *tried)
    recipe = Recipe(best.name, {}, _reason(best, tried, len(parts)), tried)
    _adopt(model, fitted, best.settings, recipe, learned)


def best_structure(
    model: Model, rows: Floats, targets: NDArray[Any], weights: Floats
) -> dict[str, Any]:
    """Return the setting of the order or the tree of the columns that is best on rows held out."""
    data = distinct(_Data(rows, targets, weights), model._seed)[:_MOST]
    parts = held_out_parts(data.targets, 1, model.validation_fraction, model._seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        option, trials = _structures(_Trial("", {}), model, data, parts)
    return {option: trials[0].name}


def _structures(
    best: _Trial, model: Model, data: _Data, parts: list[NDArray[np.int64]]
) -> tuple[str, list[_Trial]]:
    """Return the option, and a trial of every structure with the settings of the best candidate.

    The best comes first. Chains are tried at half the bond, trees, whose bonds must hold the
    features, at the whole.
    """
    option, names = structures_of(model)
    bond = best.settings.get("bond", model._setting("bond"))
    small = {"bond": bond if option == "tree" else max(2, bond // 2)}
    trials = [_Trial(name, best.settings | small | {option: name}) for name in names]
    for trial in trials:
        for held in parts:
            _judge(trial, model, data, held)
    return option, sorted(trials, key=lambda trial: trial.loss if parts else 0.0)


def _restructured(
    best: _Trial, model: Model, data: _Data, parts: list[NDArray[np.int64]]
) -> _Trial:
    """Return the best candidate, its columns in another order or tree where that is better."""
    option, names = structures_of(model)
    wanted = getattr(model, option)
    auto = isinstance(wanted, str) and wanted == AUTO
    image = option == "tree" and model.shape is not None  # known to be one: patches
    if not auto and (wanted is not None or len(data) < FEW_ROWS or image):
        return best
    if not parts or not FEWEST <= data.rows.shape[1] <= WIDEST:
        return best
    option, found = _structures(best, model, data, parts)
    given = next(trial for trial in found if trial.name == names[0])
    if found[0].loss > _CLEARLY * given.loss:
        return best
    name = found[0].name
    words = f"{name} tree" if option == "tree" else f"{name} order"
    other = _Trial(f"{best.name}, {words}", best.settings | {option: name})
    for held in parts:
        _judge(other, model, data, held)
    return other if other.loss < best.loss else best


def allowed(model: Model, table: Table) -> list[Candidate]:
    """Return the candidates that agree with the settings given, each once."""
    given, candidates = model._in_force_given(), model._candidates(table)
    named = {k: v for k, v in given.items() if k in ("features", "rescale", "copies")}
    agree = [c for c in candidates if named.items() <= c[1].items()]
    found: list[Candidate] = []
    for name, settings in agree or candidates:
        own = {k: v for k, v in settings.items() if k not in given}
        if all(own != other for _, other in found):
            found.append((name if agree else f"{name}, as given", own))
    return found


def distinct(data: _Data, seed: int) -> _Data:
    """Merge rows that are alike and put the others into an order of the seed's."""
    rows = np.ascontiguousarray(data.rows + 0.0)  # one zero only
    packed = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    alike = np.unique(packed, return_inverse=True)[1].ravel()
    # Targets are compared as numbers: in units of their spread they hang on rounding.
    keys = np.column_stack([alike, data.targets.reshape(len(data), -1)])
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    weights = np.bincount(number.ravel(), data.weights)
    order = generator(seed, "rows").permutation(len(first))
    merged = _Data(data.rows[first], data.targets[first], weights / weights.mean())
    return merged[order]


def held_out_parts(
    targets: NDArray[Any], folds: int, fraction: float, seed: int
) -> list[NDArray[np.int64]]:
    """Return the parts of the rows that are held out in turn, none where there are too few rows.

    Every class is dealt out evenly; of a class of one row none is held out.
    """
    rng = generator(seed, "parts")
    places = np.full(len(targets), -1)
    groups = [np.arange(len(targets))]
    if targets.ndim == 1:
        groups = [np.flatnonzero(targets == c) for c in np.unique(targets)]
    offset = 0
    for group in groups:
        if len(group) > 1:
            count = folds if folds > 1 else max(2, round(1 / (fraction or _PART)))
            places[rng.permutation(group)] = (offset + np.arange(len(group))) % count
            offset += len(group)
    parts = [np.flatnonzero(places == number) for number in range(folds)]
    return [part for part in parts if 0 < len(part) < len(targets)]


def _judge(trial: _Trial, model: Model, data: _Data, held: NDArray[np.int64]) -> None:
    worker = _worker(model, trial.settings)
    kept = np.setdiff1d(np.arange(len(data)), held)
    worker._train(data.rows, data.targets, data.weights, held, kept)
    loss = worker._mean_loss(data.rows[held], data.targets[held], data.weights[held])
    loss = loss if np.isfinite(loss) else np.inf
    if not trial.losses or loss < min(trial.losses):
        trial.model = worker
    trial.losses.append(loss)
    trial.epochs.append(worker.best_epoch_)


def _promising(trials: list[_Trial]) -> list[_Trial]:
    best = min(trial.loss for trial in trials)
    return [t for t in trials if t.loss <= _FACTOR * best + _MARGIN] or trials


def _refit(trial: _Trial, model: Model, data: _Data) -> Model:
    epochs = trial.settings.get("epochs", model._setting("epochs"))
    if trial.epochs and epochs and "epochs" in trial.settings:
        most = max(epochs, min(2 * epochs, MOST_EPOCHS))
        epochs = int(np.clip(2 * np.median(trial.epochs), _LEAST_EPOCHS, most))
        trial.settings["epochs"] = epochs
    worker = _worker(model, trial.settings, checkpoint=model.checkpoint, progress=model.progress)
    worker._train(data.rows, data.targets, data.weights, np.empty(0, np.int64))
    if trial.model is not None and worker.status_ != "interrupted":
        before, after = (
            m._mean_loss(data.rows, data.targets, data.weights) for m in (trial.model, worker)
        )
        if not after <= before:
            return trial.model
    return worker


def _worker(model: Model, settings: dict[str, Any], **options: Any) -> Model:
    """Return a model that is trained with these settings, and knows the targets."""
    fixed = {"recipe": "fixed", "seed": model._seed, "random_state": None, "checkpoint": None}
    worker: Model = clone(model).set_params(
        **{**fixed, "progress": False, "validation_fraction": 0.0, **settings, **options}
    )
    for name in ("classes_", "target_mean_", "target_scale_"):
        if name in vars(model):
            setattr(worker, name, getattr(model, name))
    worker._chosen = {}
    worker._check_parameters()
    return worker


def _adopt(
    model: Model,
    fitted: Model,
    settings: dict[str, Any],
    recipe: Recipe,
    learned: bool,
) -> None:
    own = {*model.get_params(deep=False), "recipe_", "_chosen", "_seed"}
    for name, value in vars(fitted).items():
        if name not in own:
            setattr(model, name, value)
    model._chosen = settings
    model.recipe_ = replace(recipe, settings=model._in_force())
    if not learned:
        _say_unlearned(model)


def check_learned(model: Model, data: tuple[Floats, NDArray[Any], Floats], held: Any) -> None:
    """Say so if the best loss of training by hand on the rows `held` out is that of chance.

    A loss that counts more than the targets tells nothing here.
    """
    losses = model.history_.get("validation_loss")
    if not losses or model._wants_norm():
        return
    if not _learned(min(losses), _Data(*data), [held], 1):
        _say_unlearned(model)


def _learned(loss: float, data: _Data, parts: list[NDArray[np.int64]], tried: int) -> bool:
    """Return whether a mean loss on the rows held out is better than a constant's, and no luck.

    If the targets were drawn from the constant, the likelihood ratio of a model fixed before the
    rows held out were seen would exceed 1/p with probability p at most (Ville 1939); the best of
    several has that chance as often.
    """
    constant, rows = _constant_loss(data, parts), sum(len(part) for part in parts)
    if not loss < _LEARNED * constant:
        return False
    if data.targets.ndim == 1:
        gained = rows * (constant - loss)
    else:
        gained = rows / 2 * np.log(constant / max(loss, _TINY))
    return bool(gained > np.log(tried / _LUCK))


def _say_unlearned(model: Model) -> None:
    if model.status_ == "interrupted":
        return
    model.status_ = DID_NOT_LEARN
    warnings.warn(
        "The model did not learn: on rows held out it is no better than a constant. The columns "
        "may say nothing about the targets, or there are too few rows.",
        stacklevel=5,
    )


def _constant_loss(data: _Data, parts: list[NDArray[np.int64]]) -> float:
    """Return the mean loss on the rows held out of what the other rows say without columns."""
    losses = []
    for held in parts:
        kept = np.setdiff1d(np.arange(len(data)), held)
        weights, aside = data.weights[kept], data.weights[held]
        if data.targets.ndim == 1:
            counts = np.bincount(data.targets[kept], weights, int(data.targets.max()) + 1)
            logs = -np.log(np.maximum(counts / counts.sum(), 1e-12))
            errors = logs[data.targets[held]]
        else:
            mean = np.average(data.targets[kept], axis=0, weights=weights)
            errors = ((data.targets[held] - mean) ** 2).mean(axis=1)
        losses.append(np.average(errors, weights=aside))
    return float(np.mean(losses))


def _reason(best: _Trial, tried: Tried, parts: int) -> str:
    if not parts:
        return "too few rows to hold any out: the first candidate"
    rows = f"rows held out in {parts} part{'s' if parts > 1 else ''}"
    return f"loss {best.loss:.4g} on {rows}, the lowest of {len(tried)}"
