"""The door of refinement: checks, rows to judge by, progress, Ctrl-C, and what is written down."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import bounded_int, fail, instance, positive_int, real
from qtn._progress import progress_bar
from qtn._random import derived_seed, generator
from qtn.aqc import Compiled
from qtn.aqc.interrupt import Interrupt
from qtn.aqc.shape.blocks import Blocks
from qtn.data.dataset import label_array
from qtn.devices import resolve
from qtn.errors import ArgumentError
from qtn.hybrid.refine.channel import measured_channel
from qtn.hybrid.refine.descents.base import OnDevice
from qtn.hybrid.refine.exact import ExactGradients
from qtn.hybrid.refine.gradients import Overlaps
from qtn.hybrid.refine.losses import (
    Channel,
    Floats,
    Likelihood,
    Loss,
    Numbers,
    RootCrossEntropy,
    decided,
)
from qtn.hybrid.refine.moved import moved_on
from qtn.hybrid.refine.on_device import refine_on_device
from qtn.hybrid.refine.starts import Start, checked_start, started
from qtn.hybrid.refine.task import Found, Rows, Task, placed, probabilities

BEFORE = "Before refinement: "
MOST_STEPS = 100_000
MOST_ROWS = 4000  # learnt from, as many of every class as there are
# What is made small by default, by what a form makes.
LOSSES: dict[str, Loss] = {"classifier": RootCrossEntropy(), "born": Likelihood()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `QuantumModel.refine`."""

    loss: Loss | None = None
    method: Any = None
    start: Start = "compiled"
    noise: Any = None
    validation: float = 0.15
    steps: int = 150
    seed: int | None = None


def refined(model: Any, x: ArrayLike, y: ArrayLike | None, request: Request) -> Any:
    """Return a model whose gates are fine-tuned; see `QuantumModel.refine`."""
    loss = _checked(model, request)
    seed = model.seed if request.seed is None else request.seed
    train, valid = split(_rows(model, x, y, loss), request.validation, seed)
    if isinstance(request.method, OnDevice):
        return _on_device(model, (train, valid), loss, request, seed)
    clock = time.process_time()
    channel = None
    if request.noise is not None:
        channel = measured_channel(model, request.noise, train, seed)
        loss = loss.under(channel)
    made = _searched(model, loss.candidates(), (train, valid), request, seed)
    chosen, found = _chosen(model, made, valid if len(valid) else train, channel, seed)
    return _written(model, request, chosen, found, time.process_time() - clock)


def _begun(model: Any, start: Start, seed: int) -> tuple[Blocks, ...]:
    """Return the circuits where a search begins."""
    return tuple(
        started(compiled.sequence, start, derived_seed(seed, "refine", k))
        for k, compiled in enumerate(model.compiled)
    )


def _on_device(
    model: Any, parts: tuple[Rows, Rows], loss: Loss, request: Request, seed: int
) -> Any:
    """Return the model with gates that its own device finds better."""
    if request.noise is not None:
        raise ArgumentError("A device has its own noise: leave `noise` out, or `method`.")
    train, valid = parts
    if not len(valid):
        raise ArgumentError(
            "A search on a device needs rows held out, to tell a better end from a lucky one, but "
            "there are none. Give more rows, or a larger `validation`."
        )
    if len(loss.candidates()) > 1:
        raise ArgumentError(
            f"A search on a device takes one loss, but {loss!r} compares several. Give a number."
        )
    x = np.concatenate([train.x, valid.x])
    y = None if train.y is None or valid.y is None else np.concatenate([train.y, valid.y])
    shots = request.method.shots

    def losses(scores: Floats, numbers: Numbers) -> Floats:
        return loss.measured(scores, None if y is None else y[numbers], shots)

    held = np.arange(len(train), len(x))
    begun = model
    if request.start != "compiled":
        begun = placed(model, _begun(model, request.start, seed))
    return refine_on_device(
        begun, x, losses, request.method, held=held, steps=request.steps, seed=seed
    )


def _searched(
    model: Any, losses: Sequence[Loss], rows: tuple[Rows, Rows], request: Request, seed: int
) -> list[tuple[Loss, Found]]:
    """Return what a search finds for every loss, up to the one that Ctrl-C ends."""
    begun = _begun(model, request.start, seed)
    weights = np.array([p.weight for p in model.form.products(model, rows[0].x[:1])])
    method = ExactGradients() if request.method is None else request.method
    made = []
    total = request.steps * len(losses)
    with (
        Interrupt() as interrupt,
        progress_bar(total, "refine", model.progress, word="at most") as bar,
    ):

        def watch(step: int, value: float) -> bool:
            bar.update(1 if step else 0)
            return interrupt.asked

        for loss in losses:
            task = Task(model, begun, loss, *rows, weights, request.steps, seed, watch)
            made.append((loss, method.refined(task)))
            if interrupt.asked:
                break
    return made


def _checked(model: Any, request: Request) -> Loss:
    """Return the loss; raise `ArgumentError` for options that are none, or circuits that cannot."""
    positive_int("steps", request.steps, maximum=MOST_STEPS)
    real("validation", request.validation, 0.0, 0.9)
    if request.seed is not None:
        bounded_int("seed", request.seed, 0)
    checked_start(request.start)
    if request.noise is not None:
        resolve(request.noise)
    known = isinstance(request.method, OnDevice) or hasattr(request.method, "refined")
    if request.method is not None and not known:
        raise fail("method", "None or a way to refine such as qtn.hybrid.SPSA()", request.method)
    loss = LOSSES.get(model.form.makes) if request.loss is None else request.loss
    if loss is None:
        raise ArgumentError(
            f"A {type(model).__name__} has no loss of its own. Give one that it can be refined on, "
            "as loss=."
        )
    instance("loss", loss, Loss, "a loss such as qtn.hybrid.RootCrossEntropy()")
    for compiled in model.compiled:
        if not isinstance(compiled, Compiled):
            raise ArgumentError(
                f"The circuits of the form {type(model.form).__name__} are written as they are, "
                "not compiled from blocks, and cannot be refined. Overlap and Label can."
            )
    return loss


def _rows(model: Any, x: ArrayLike, y: ArrayLike | None, loss: Loss) -> Rows:
    """Return the rows as the circuits bind them, with the numbers of their labels."""
    bound = model.rows(x)
    if not loss.needs_labels:
        if y is not None:
            raise ArgumentError(f"The loss {type(loss).__name__} takes no labels: leave `y` out.")
        return Rows(bound)
    if y is None:
        raise ArgumentError(f"The loss {type(loss).__name__} needs a label per row: give `y`.")
    labels = label_array("y", y)
    if labels.shape != (len(bound),):
        raise ArgumentError(
            f"Argument `y` must have one label per input, shape ({len(bound)},), but has shape "
            f"{labels.shape}."
        )
    known = {label: number for number, label in enumerate(model.classes.tolist())}
    others = sorted({str(label) for label in labels.tolist() if label not in known})
    if others:
        raise ArgumentError(
            f"Argument `y` must hold labels of the model, {model.classes.tolist()}, but holds "
            f"{', '.join(others[:5])}."
        )
    numbers = np.array([known[label] for label in labels.tolist()], dtype=np.int64)
    if len(np.unique(numbers)) < 2:
        raise ArgumentError(
            "Argument `y` must hold at least two classes, but holds one: there is nothing to tell "
            "apart."
        )
    return Rows(bound, numbers)


def split(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return rows to learn from and rows that judge, of every class the same share.

    Of more than `MOST_ROWS` rows to learn from the classes keep as many as there are of each, up
    to the same number.
    """
    rng = generator(seed, "refine", "rows")
    numbers = np.zeros(len(rows), dtype=np.int64) if rows.y is None else rows.y
    kinds = np.unique(numbers)
    train: list[Numbers] = []
    valid: list[Numbers] = []
    for kind in kinds:
        places = rng.permutation(np.flatnonzero(numbers == kind))
        count = min(round(share * len(places)), len(places) - 1)
        valid.append(places[:count])
        train.append(places[count:])
    if sum(map(len, train)) > MOST_ROWS:
        most = _level([len(places) for places in train], MOST_ROWS)
        train = [places[:most] for places in train]
    return rows.at(np.sort(np.concatenate(train))), rows.at(np.sort(np.concatenate(valid)))


def _level(sizes: Sequence[int], total: int) -> int:
    """Return the number up to which all classes keep their rows, so that `total` are left."""
    low, high = 1, max(sizes)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if sum(min(s, middle) for s in sizes) <= total else (low, middle - 1)
        )
    return low


def _chosen(
    model: Any, made: Sequence[tuple[Loss, Found]], rows: Rows, channel: Channel | None, seed: int
) -> tuple[Loss, Found]:
    """Return the one that decides best with the shots of the model."""
    if len(made) == 1:
        return made[0]
    assert rows.y is not None
    rates = []
    for _, found in made:
        p = _probabilities(model, found.blocks, rows)
        p = p if channel is None else channel(p)
        rng = generator(seed, "refine", "shots")
        rates.append(decided(p, rows.y, found.weights, model.shots, rng))
    return made[int(np.argmax(rates))]


def _probabilities(model: Any, blocks: Sequence[Blocks], rows: Rows) -> Floats:
    products = [(p.number, p.vectors) for p in model.form.products(model, rows.x)]
    matrices = [[matrix for _, matrix in circuit.gates] for circuit in blocks]
    return probabilities(Overlaps(blocks, products).values(matrices))


def _written(model: Any, request: Request, loss: Loss, found: Found, seconds: float) -> Any:
    """Return the model with the circuits found, and where they come from."""
    where = "" if request.noise is None else f", noise of {request.noise}"
    notes = {
        "refined": f"{loss!r}, start {request.start!r}{where}",
        "losses": [float(value) for value in found.losses],
    }
    each = seconds / len(model.compiled)
    compiled = [
        moved_on(old, new, notes, each)
        for old, new in zip(model.compiled, found.blocks, strict=True)
    ]
    changed: dict[str, Any] = {"compiled": tuple(compiled)}
    if model.why and not model.why.startswith(BEFORE):  # what it says is of the circuits before
        changed["why"] = f"{BEFORE}{model.why}"
    if hasattr(model, "weights"):
        changed["weights"] = found.weights
    return replace(model, **changed)
