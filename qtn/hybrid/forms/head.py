r"""A logistic head: what the frequencies of a register's outcomes say of the class.

Noise spreads the outcomes evenly, so that "outcome modulo the number of classes" favours classes
with more outcomes than others, and what an outcome says changes with the noise. A head learns it,

.. math:: p(c|x) = \mathrm{softmax}_c\Big(b_c + \sum_o W_{oc} \sqrt{f_o(x)}\Big),

from the frequencies f of training rows as the device would give them: the model contracts its
circuit exactly under depolarising noise on every block and flips of the bits read, and shots are
drawn. The square root makes the noise of all frequencies alike, :math:`1/(2\sqrt{N})` of N shots.

How much noise there is the device tells: some rows held out are measured on it, and the levels are
those that make what was measured likeliest. No labels are needed for that. Heads for several levels
around and several penalties are fitted, and the one with the least cross-entropy on the rows held
out, as measured, is kept.

Reference: the variance-stabilising root is Anscombe's, Biometrika 35, 246 (1948).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from qtn._checks import bounded_int, fail, real
from qtn._display import Fields
from qtn._machine import few_threads
from qtn._random import generator
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError
from qtn.hybrid.forms.base import Floats
from qtn.hybrid.forms.isometric import Isometric, register_of
from qtn.hybrid.pipelines import passed, taken_apart

PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)  # inverse: how far weights may go
FACTORS = (0.5, 1.0, 2.0)  # of the calibrated noise
_DRAWS = 3  # of the shots of a training row
_CALIBRATING = 100  # rows that the levels are read off at most
_STEPS = 60
_TINY = 1e-9
_ALIKE = 1e-4  # probabilities of a circuit and of the classifier that it was written from


@dataclass(frozen=True, slots=True, repr=False)
class Tried(Fields):
    """A head that was fitted.

    Args:
        noise: depolarising probability per block, or gate on registers, of its training rows.
        readout: probability of a flipped bit of its training rows.
        penalty: inverse of the penalty on its weights.
        loss: mean cross-entropy on the rows held out, in nats.
    """

    noise: float
    readout: float
    penalty: float
    loss: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogisticHead(Fields):
    """Probabilities of the classes from frequencies of outcomes.

    Args:
        weights: W, shape (outcomes, classes).
        offsets: b, shape (classes,).
        tried: all heads that were fitted, the one kept first.
    """

    weights: Floats
    offsets: Floats
    tried: tuple[Tried, ...] = ()

    def _brief(self) -> str:
        kept = f", noise={self.noise:.3g}, readout={self.readout:.3g}" if self.tried else ""
        return f"{len(self.weights)} outcomes, {len(self.offsets)} classes{kept}"

    @property
    def noise(self) -> float:
        """Depolarising probability per block of the rows that it was fitted to."""
        return self.tried[0].noise if self.tried else 0.0

    @property
    def readout(self) -> float:
        """Probability of a flipped bit of the rows that it was fitted to."""
        return self.tried[0].readout if self.tried else 0.0

    def __call__(self, distribution: Floats) -> Floats:
        """Return probabilities (batch, classes) of distributions (batch, outcomes)."""
        return _softmax(_roots(distribution) @ self.weights + self.offsets)


@few_threads(1)
def fit_head(
    quantum: Any,
    model: Any,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rows: int = 100,
    levels: Sequence[tuple[float, float]] | None = None,
) -> Any:
    """Return a deployed isometric model with a head fitted to its device.

    Args:
        quantum: a model deployed in the form `Isometric`.
        model: the classifier that it was made of, or the pipeline or search that ends in it.
        x: training rows as the deployed model takes them, shape (samples, features).
        y: their labels, shape (samples,).
        rows: how many of them are held out and measured on the device.
        levels: pairs of a depolarising probability per block and a probability of a flipped bit
            to choose from; None reads them off the rows measured.

    Returns:
        The same deployed model with another form: `quantum.form.head` is a `LogisticHead`.

    Raises:
        ArgumentError: the model is not deployed in that form or not of that classifier, the rows
            cannot be used, or there are too few to hold some out.
        BudgetError: the rows to measure exceed the budget of the deployed model.

    Cost: `rows` inputs on the device, and some seconds of fits.

    Example:
        >>> import qtn
        >>> data = qtn.load_digits(size=2, classes=(0, 1))
        >>> model = qtn.TTNClassifier(isometric=True, nodes="blocks", epochs=10)
        >>> quantum = qtn.deploy(model.fit(data.x_train, data.y_train), form="isometric")
        >>> quantum = fit_head(quantum, model, data.x_train, data.y_train, rows=20)
        >>> quantum.form.head
        LogisticHead(16 outcomes, 2 classes, noise=0, readout=0)
    """
    model, table, numbers = _checked(quantum, model, x, y)
    inside = np.asarray(passed(quantum.before, table))  # as the classifier itself takes them
    held, kept = _split(numbers, bounded_int("rows", rows, 2), quantum.seed)
    measured = quantum.form.frequencies(quantum, table[held])
    chosen = (
        _around(_calibrated(model, inside[held][:_CALIBRATING], measured[:_CALIBRATING]))
        if levels is None
        else _given(levels)
    )
    tried: list[Tried] = []
    truth = _one_hot(numbers[held], len(quantum.classes))
    for noise, readout in chosen:
        seen = _simulated(model, inside[kept], (noise, readout), quantum.shots, quantum.seed)
        labels = np.tile(_one_hot(numbers[kept], len(quantum.classes)), (_DRAWS, 1))
        head: LogisticHead | None = None
        for penalty in PENALTIES:
            head = _fitted(seen, labels, penalty, head)
            loss = -np.mean(np.sum(truth * np.log(head(measured) + _TINY), axis=1))
            tried.append(Tried(noise, readout, penalty, float(loss)))
    tried.sort(key=lambda each: each.loss)
    best = tried[0]
    seen = _simulated(model, inside, (best.noise, best.readout), quantum.shots, quantum.seed)
    labels = np.tile(_one_hot(numbers, len(quantum.classes)), (_DRAWS, 1))
    head = replace(_fitted(seen, labels, best.penalty), tried=tuple(tried))
    return replace(quantum, form=replace(quantum.form, head=head))


def _checked(quantum: Any, model: Any, x: Any, y: Any) -> tuple[Any, Any, NDArray[np.int64]]:
    """Return the classifier, the rows and the numbers of their classes."""
    form = getattr(quantum, "form", None)
    if not isinstance(form, Isometric):
        way_out = 'Deploy it with form="isometric".'
        raise fail("quantum", "a model deployed in the form Isometric", quantum, way_out)
    fitted = form.trained("model", taken_apart("model", model)[0])
    width = len(register_of(quantum.compiled[0].circuit))
    table = form.table("x", x)
    if list(fitted.classes_) != list(quantum.classes) or "circuit" not in fitted.forms_:
        raise fail("model", "the classifier that was deployed", model)
    found = fitted.outcomes(passed(quantum.before, table[:3]))
    if found.shape[1] != 2**width:
        raise fail("model", f"the classifier that was deployed, with {2**width} outcomes", model)
    _refuse_other(quantum, model, table[:3], found)
    labels = label_array("y", y)
    if labels.shape != (len(table),):
        raise fail("y", f"one label per row, shape ({len(table)},)", labels)
    if not np.isin(labels, quantum.classes).all():
        raise fail("y", f"labels of {list(quantum.classes)}", labels)
    return fitted, table, np.searchsorted(quantum.classes, labels)


def _refuse_other(quantum: Any, model: Any, x: Floats, outcomes: Floats) -> None:
    """Raise `ArgumentError` where the circuit's exact distribution is not the classifier's."""
    try:
        exact = quantum.form.distribution(quantum, quantum.rows(x))
    except ArgumentError:
        return  # too many qubits at a time to know it
    if np.abs(exact - outcomes).max() > _ALIKE:
        way_out = "This one gives other probabilities than the circuit does."
        raise fail("model", "the classifier that was deployed", model, way_out)


def _split(
    numbers: NDArray[np.int64], rows: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to hold out, at most half of all, and the others."""
    if len(numbers) < 4:
        raise ArgumentError(
            f"Argument `x` must have at least 4 rows, of which some are held out to choose a head, "
            f"but has {len(numbers)}."
        )
    order = generator(seed, "head").permutation(len(numbers))
    count = min(rows, len(numbers) // 2)
    return np.sort(order[:count]), np.sort(order[count:])


def _given(levels: Any) -> list[tuple[float, float]]:
    found = list(levels) if isinstance(levels, Sequence) else []
    if not found or any(not isinstance(p, Sequence) or len(p) != 2 for p in found):
        raise fail("levels", "pairs of a noise per block and a readout error", levels)
    return [(real("levels", a, 0.0, 1.0), real("levels", b, 0.0, 0.5)) for a, b in found]


def _around(level: tuple[float, float]) -> list[tuple[float, float]]:
    """Return levels to choose from, all different, that without noise among them."""
    noise, readout = level
    return list(dict.fromkeys([(0.0, 0.0), *((min(f * noise, 1.0), readout) for f in FACTORS)]))


@few_threads(1)  # thousands of small products, for which threads only wait
def _calibrated(model: Any, x: Floats, measured: Floats) -> tuple[float, float]:
    """Return the noise per block and the readout error that make frequencies likeliest."""
    f = np.maximum(measured, 0.0)

    def unlikely(point: Floats) -> float:
        p = model.outcomes(x, *(float(v) for v in point**2))
        return float(-np.mean(np.sum(f * np.log(p + _TINY), axis=1)))

    start = np.array([[0.1, 0.1], [0.2, 0.1], [0.1, 0.2]])
    limits = [(0.0, 0.7), (0.0, 0.7)]
    options = {"maxfev": _STEPS, "xatol": 1e-3, "fatol": 1e-7, "initial_simplex": start}
    found = minimize(unlikely, start[0], method="Nelder-Mead", bounds=limits, options=options)
    if unlikely(np.zeros(2)) <= found.fun:
        return 0.0, 0.0
    noise, readout = (round(float(v) ** 2, 6) for v in found.x)
    return noise, readout


def _simulated(model: Any, x: Floats, level: tuple[float, float], shots: int, seed: int) -> Floats:
    """Return frequencies of shots for rows under noise, `_DRAWS` times one after another."""
    p = model.outcomes(x, *level)
    p = np.maximum(p, 0.0)
    p /= p.sum(axis=1, keepdims=True)
    rng = generator(seed, "head", "shots")
    return np.concatenate([rng.multinomial(shots, p) / shots for _ in range(_DRAWS)])


@few_threads(1)
def _fitted(
    frequencies: Floats, labels: Floats, penalty: float, start: LogisticHead | None = None
) -> LogisticHead:
    """Minimise Σ cross-entropy + ‖W‖²/(2·penalty), which is convex."""
    roots = _roots(frequencies)
    rows, classes = labels.shape
    design = np.hstack([roots, np.ones((rows, 1))])
    shape = (design.shape[1], classes)

    def loss(flat: Floats) -> tuple[float, Floats]:
        table = flat.reshape(shape)
        p = _softmax(design @ table)
        weights = table[:-1]
        value = -np.sum(labels * np.log(p + 1e-300)) + np.sum(weights**2) / (2 * penalty)
        slope = design.T @ (p - labels)
        slope[:-1] += weights / penalty
        return value / rows, slope.reshape(-1) / rows

    first = np.zeros(shape) if start is None else np.vstack([start.weights, start.offsets])
    found = minimize(loss, first.reshape(-1), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    table = found.x.reshape(shape)
    return LogisticHead(table[:-1], table[-1])


def _roots(distribution: Floats) -> Floats:
    return np.sqrt(np.maximum(np.asarray(distribution, dtype=np.float64), 0.0))


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _one_hot(numbers: NDArray[np.int64], classes: int) -> Floats:
    return np.eye(classes)[numbers]
