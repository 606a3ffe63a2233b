"""Gradients of the raw loss, the probability of all zeros, against the number of qubits.

Digits 3 and 8 on their n most variable pixels, one staircase per class. The variance is that of the
derivatives along all directions in which gates may move, over directions and rows of the class;
random gates have the same shape. Models are trained with `generative=1`, without which the
probability itself falls by .27 instead of .15 bit per pixel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

import qtn
from benchmarks import report
from qtn.aqc.shape.blocks import Blocks
from qtn.hybrid.refine.exact import by_conjugate
from qtn.hybrid.refine.gates import Gates
from qtn.hybrid.refine.gradients import Overlaps
from qtn.hybrid.refine.starts import started

FIGURE = report.PICTURES / "gradient_variance.png"
SPLITS, SIZES = range(5), (6, 10, 16, 24, 36, 48, 60)
ROWS, SEEDS = 15, 4  # rows per class, random circuits per class


@dataclass(frozen=True, slots=True)
class Point:
    """What one split and size gives: variances, the mean probability, shots to a decision."""

    compiled: float
    random: float
    zeros: float
    median: float
    most: float
    accuracy: float


def rows(table: report.Table) -> None:
    """Slopes of both variances, and the shots to a decision beside them."""
    clock = time.process_time()
    found = [[_point(split, n) for n in SIZES] for split in SPLITS]
    seconds = time.process_time() - clock
    for name, sign, bar in (("compiled", -1.0, 0.35), ("random", 1.0, 1.5)):
        slopes = [_slope([getattr(p, name) for p in points]) for points in found]
        mean, error = float(np.mean(slopes)), float(np.std(slopes, ddof=1)) / len(slopes) ** 0.5
        add = table.at_most if sign < 0.0 else table.at_least
        note = f"± {error:.3f} over 5 splits, n = 6 … 60; {seconds:.0f} CPU s in all"
        add(f"gradient variance, {name}: fall", mean, bar, unit="bit per qubit", note=note)
    for k, n in enumerate(SIZES):
        here = [points[k] for points in found]
        mean = {f: np.exp(np.mean([np.log(getattr(p, f)) for p in here])) for f in _LOGS}
        accuracy = np.mean([p.accuracy for p in here])
        table.inform(
            f"… n = {n}",
            f"{mean['compiled']:.1e}",
            f"{mean['random']:.1e} random",
            note=f"p0 {mean['zeros']:.1e}; shots to a decision {mean['median']:.2g} (median), "
            f"{mean['most']:.2g} (80 % of rows); accuracy {accuracy:.3f}",
        )
    _draw(found)
    table.note(f"Variances and shots are drawn in docs/pictures/{FIGURE.name}.")


_LOGS = ("compiled", "random", "zeros", "median", "most")


def _point(split: int, n: int) -> Point:
    data = qtn.load_digits(size=8, classes=(3, 8), seed=split)
    columns = np.sort(np.argsort(-data.x_train.var(axis=0))[:n])
    x, x_test = data.x_train[:, columns], data.x_test[:, columns]
    model = qtn.MPSClassifier(
        bond=4, epochs=20, features="trigonometric", generative=1.0, seed=split, progress=False
    ).fit(x, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(1), form="overlap", progress=False)
    mine, random, zeros = [], [], []
    for number, compiled in enumerate(quantum.compiled):
        own = x_test[data.y_test == quantum.classes[number]][:ROWS]
        vectors = quantum.form.products(quantum, quantum.rows(own))[number].vectors
        slopes, p = _slopes(compiled.sequence, vectors)
        mine.append(slopes)
        zeros.append(p)
        for seed in range(SEEDS):
            other = started(compiled.sequence, "random", 100 * split + 10 * number + seed)
            random.append(_slopes(other, vectors)[0])
    decision = quantum.decision(x_test)
    return Point(
        float(np.var(np.concatenate(mine))),
        float(np.var(np.concatenate(random))),
        float(np.concatenate(zeros).mean()),
        decision.median,
        decision.quantile(0.8),
        float(model.score(x_test, data.y_test)),
    )


def _slopes(blocks: Blocks, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivatives of p of every row along all directions, flat, and p."""
    overlaps, matrices = Overlaps([blocks], [(0, vectors)]), [[g for _, g in blocks.gates]]
    (f,) = overlaps.values(matrices)
    gates, found = Gates.of([blocks]), []
    for row in np.eye(len(vectors)):
        slopes = overlaps.gradients([row * f.conj()])
        found.append(gates.gradient(by_conjugate(slopes, matrices)))
    return np.concatenate(found), np.abs(f) ** 2


def _slope(variances: list[float]) -> float:
    """Return by how many bits per qubit the variance falls."""
    return -float(np.polyfit(SIZES, np.log2(variances), 1)[0])


def _draw(found: list[list[Point]]) -> None:
    """Write the figure of variances and shots against the number of qubits."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for axes, names in ((left, ("compiled", "random")), (right, ("median", "most"))):
        for name in names:
            logs = np.log([[getattr(p, name) for p in points] for points in found])
            label = {"median": "median row", "most": "80 % of rows"}.get(name, name)
            axes.plot(SIZES, np.exp(logs.mean(axis=0)), "o-", label=label)
        axes.set_yscale("log")
        axes.set_xlabel("qubits")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    left.set_ylabel("variance of the gradient")
    right.set_ylabel("shots to a decision")
    figure.savefig(FIGURE, dpi=110)
    plt.close(figure)
