"""Rows of the table of quantum models: refinement of overlap forms, its losses and its cost.

Splits 10 to 14; the classical recipe, the loss and its sharpness were settled on splits 20, 21, 100
and 101. Every refinement holds 15 % of the training rows out, which decide when it ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

import qtn
from benchmarks import report
from qtn.hybrid import CrossEntropy, Loss, RootCrossEntropy
from qtn.hybrid.refine.losses import decided

SPLITS = range(10, 15)
DEVICE = "FakeTorino"
SHOTS, EQUAL = 4096, 410  # per class; the second one is 4,096 in total
RECIPE = {
    "bond": 8, "epochs": 60, "learning_rate": 2e-2, "features": "trigonometric", "loss": "born",
    "generative": 0.1, "progress": False,
}  # fmt: skip
NOISELESS = "tensor"


@cache
def deployed(classes: Any, split: int) -> tuple[qtn.Dataset, float, Any]:
    """Return a split of the digits, the classical accuracy, and 15 blocks per class."""
    data = qtn.load_digits(4, classes, test_fraction=0.2, seed=split)
    model = qtn.MPSClassifier(**RECIPE, seed=split).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(
        model, qtn.Staircase(1), form="overlap", device=NOISELESS, seed=split, progress=False
    )
    return data, model.score(data.x_test, data.y_test), quantum


@cache
def refined(classes: Any, split: int, loss: Loss | None = None) -> tuple[Any, float]:
    """Return the refined model and the CPU seconds that it took."""
    data, _, quantum = deployed(classes, split)
    start = time.process_time()
    found = quantum.refine(data.x_train, data.y_train, loss=loss)
    return found, time.process_time() - start


def exact(quantum: Any, data: qtn.Dataset) -> float:
    """Return the accuracy of the exact scores."""
    return float(np.mean(quantum.decide(quantum.ideal_scores(data.x_test)) == data.y_test))


def measured(quantum: Any, data: qtn.Dataset, device: str, shots: int) -> float:
    """Return the accuracy on all test rows."""
    return float(replace(quantum, device=device, shots=shots).score(data.x_test, data.y_test))


def mean(values: Iterable[float]) -> tuple[float, str]:
    """Return the mean of splits and its standard error in words."""
    found = np.array(list(values))
    return float(found.mean()), f"± {found.std(ddof=1) / len(found) ** 0.5:.3f}"


def noisy(table: report.Table) -> None:
    """Ten classes under the noise of FakeTorino, every class with its own shots."""
    before, after, few, classical, cost = [], [], [], [], 0.0
    for split in SPLITS:
        data, score, quantum = deployed("all", split)
        better, seconds = refined("all", split)
        cost = max(cost, seconds)
        classical.append(score)
        before.append(measured(quantum, data, DEVICE, SHOTS))
        after.append(measured(better, data, DEVICE, SHOTS))
        few.append(measured(better, data, DEVICE, EQUAL))
    value, error = mean(after)
    gain, gain_error = mean(np.subtract(after, before))
    lead, lead_error = mean(np.subtract(after, classical))
    plain, plain_error = mean(before)
    name = "digits 4x4, 10 classes, 29 CX per class, FakeTorino, refined"
    note = f"{error}, 360 rows; 4,096 shots per class"
    table.at_least(f"{name}, beside compiled + .05", value, plain + 0.05, peer=plain, note=note)
    table.inform("… gain by refinement", f"{gain:.3f}", note=f"{gain_error} over splits, paired")
    table.at_least("… beside the classical model", value, float(np.mean(classical)), note=note)
    table.inform("… lead over it", f"{lead:.3f}", note=f"{lead_error} over splits, paired")
    table.inform("… compiled", f"{plain:.3f}", note=plain_error)
    value, error = mean(few)
    table.inform("… refined at equal total shots (410 per class)", f"{value:.3f}", note=error)
    table.at_most("… refining ten classes, slowest split", cost, 10.0, unit="s")


def noiseless(table: report.Table) -> None:
    """Ten classes without noise: exactly, and at equal total shots."""
    rows = [(deployed("all", split), refined("all", split)[0]) for split in SPLITS]
    classical, error = mean(score for (_, score, _), _ in rows)
    table.inform("digits 4x4, 10 classes, classical model", f"{classical:.3f}", note=error)
    value, error = mean(exact(quantum, data) for (data, _, quantum), _ in rows)
    table.inform("… compiled, exact", f"{value:.3f}", note=error)
    value, error = mean(exact(better, data) for (data, _, _), better in rows)
    table.inform("… refined, exact", f"{value:.3f}", note=error)
    value, error = mean(measured(better, data, NOISELESS, EQUAL) for (data, _, _), better in rows)
    name = "… refined at equal total shots (410 per class), noiseless"
    table.at_least(name, value, classical, note=error)


def losses(table: report.Table) -> None:
    """What every loss leaves of the accuracy at few shots, and of the signal."""
    compared: list[tuple[str, Loss | None]] = [
        ("roots (the default)", None),
        ("roots, sharpness 12", RootCrossEntropy(12.0)),
        ("roots, sharpness 50", RootCrossEntropy(50.0)),
        ("normalised scores, signal 0", CrossEntropy(0.0)),
        ("normalised scores, signal .1", CrossEntropy(0.1)),
        ("normalised scores, signal .3", CrossEntropy(0.3)),
    ]
    for name, loss in compared:
        found: dict[str, list[float]] = {"exact": [], "4,096": [], "410": [], "signal": []}
        for split in SPLITS:
            data, _, _ = deployed("all", split)
            better, _ = refined("all", split, loss)
            right = np.searchsorted(better.classes, data.y_test)
            p = better.ideal_scores(data.x_test) / better.weights
            found["exact"].append(exact(better, data))
            for shots, key in ((SHOTS, "4,096"), (EQUAL, "410")):
                rng = np.random.default_rng(split)
                found[key].append(decided(p, right, better.weights, shots, rng))
            found["signal"].append(float(np.median(p[np.arange(len(p)), right])))
        shown = {key: mean(values) for key, values in found.items()}
        line = " / ".join(f"{shown[key][0]:.3f}" for key in ("exact", "4,096", "410"))
        note = f"{shown['exact'][1]}; median p of the right class {shown['signal'][0]:.2g}"
        table.inform(f"loss of {name}: exact / 4,096 / 410 shots per class", line, note=note)


def pair(table: report.Table) -> None:
    """Two classes have no room for refinement: the compiled circuits decide as the model does."""
    rows = [(deployed((3, 8), split), refined((3, 8), split)[0]) for split in SPLITS]
    for name, values in (
        ("classical", [score for (_, score, _), _ in rows]),
        ("compiled", [exact(quantum, data) for (data, _, quantum), _ in rows]),
        ("refined", [exact(better, data) for (data, _, _), better in rows]),
    ):
        value, error = mean(values)
        table.inform(f"digits 4x4, 3 v 8, {name}, exact", f"{value:.3f}", note=error)


JOBS = {
    "refine-noisy": noisy,
    "refine-noiseless": noiseless,
    "refine-losses": losses,
    "refine-pair": pair,
}
