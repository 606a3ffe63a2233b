"""Rows of the table of quantum models: the label register, shots to a decision, digits under noise.

Splits 10 to 14; recipes of the classical models, layers and steps were settled on splits 20 and 21.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

import qtn
from benchmarks import report

SPLITS = range(10, 15)
SHOTS = 4096
ERROR = 0.05
DEVICE = "FakeTorino"
CHAIN = {"bond": 8, "epochs": 60, "learning_rate": 2e-2}
TREE = {"bond": 4, "epochs": 30, "learning_rate": 5e-3, "shape": (4, 4)}
BORN = {"features": "trigonometric", "loss": "born", "generative": 0.1, "progress": False}


@cache
def digits(size: int, classes: Any, split: int) -> qtn.Dataset:
    """Return a split of the digits."""
    return qtn.load_digits(size, classes, test_fraction=0.2, seed=split)


@cache
def trained(kind: type, size: int, classes: Any, split: int, generative: float = 0.1) -> Any:
    """Return a classifier of states, trained on a split."""
    data = digits(size, classes, split)
    options = BORN | (CHAIN if kind is qtn.MPSClassifier else TREE) | {"generative": generative}
    return kind(**options, seed=split).fit(data.x_train, data.y_train)


def mean(values: list[float]) -> tuple[float, str]:
    """Return the mean of splits and its standard error in words."""
    spread = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(np.mean(values)), f"± {spread:.3f} over {len(values)} splits"


def label_register(table: report.Table) -> None:
    """One circuit of 20 qubits for ten classes: compiled, refined, and at 4,096 shots a row."""
    found: dict[str, list[float]] = {}
    for split in SPLITS:
        data, model = digits(4, "all", split), trained(qtn.MPSClassifier, 4, "all", split)
        compiled = qtn.deploy(
            model, qtn.Staircase(5), form="label", device="tensor", seed=split, progress=False
        )
        start = time.process_time()
        refined = compiled.refine(data.x_train, data.y_train)
        figures = {
            "classical": model.score(data.x_test, data.y_test),
            "compiled": exact(compiled, data),
            "refined": exact(refined, data),
            "shots": refined.score(data.x_test, data.y_test),
            "CX": refined.two_qubit_gates,
            "seconds": time.process_time() - start,
            "least": float(np.median(refined.decision(data.x_test).shots)),
        }
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
    classical, compiled_mean = np.mean(found["classical"]), np.mean(found["compiled"])
    name, (value, error) = "label register, digits 4x4, 10 classes", mean(found["refined"])
    note = f"{error}; classical {classical:.3f}, compiled {compiled_mean:.3f}"
    table.at_least(f"{name}, refined, exact", value, 0.90, note=note)
    value, error = mean(found["shots"])
    table.at_least("… at 4,096 shots a row", value, 0.88, note=error)
    table.at_most("… CX", max(found["CX"]), 190, note=f"median S {np.mean(found['least']):,.0f}")
    table.inform("… refining and measuring", f"{np.mean(found['seconds']):.0f} CPU s")


def exact(quantum: qtn.QuantumClassifier, data: qtn.Dataset) -> float:
    """Return the accuracy of the exact scores."""
    return float(np.mean(quantum.decide(quantum.ideal_scores(data.x_test)) == data.y_test))


def automatic(table: report.Table) -> None:
    """Auto prefers one circuit per class on shots, says why, and refuses what starves."""
    data, model = digits(4, "all", 10), trained(qtn.MPSClassifier, 4, "all", 10)
    start = time.process_time()
    rows = data.x_test[:100]
    choice = qtn.hybrid.decision.best_form("auto", model, rows, SHOTS)
    seconds = time.process_time() - start
    name = type(choice.form).__name__
    table.at_least("auto takes one-vs-all, 16 features", name == "Overlap", 1, note=choice.why)
    table.at_most("… choosing", seconds, 1.0, unit="s")
    right, counts = 0, {}
    for count in (16, 24, 36, 48, 60):
        wide = pixels(count)
        network = qtn.MPSClassifier(**BORN, **CHAIN).fit(wide.x_train, wide.y_train)
        weights = qtn.hybrid.Overlap().weights(network)
        best = (network.scores(wide.x_test) / weights).max(axis=1)
        counts[count] = SHOTS * float(np.median(best))
        right += refused(network, wide.x_test) == (counts[count] <= 3)
    note = "3 v 8 by the most variable pixels; counts of 4,096 (median of rows): "
    note += ", ".join(f"{count}: {found:.2g}" for count, found in counts.items())
    table.at_least(
        "auto refuses overlaps of 3 counts or fewer, else takes them", right, 5, note=note
    )


def refused(network: Any, rows: np.ndarray) -> bool:
    """Say whether no form of a network is taken for rows."""
    try:
        qtn.hybrid.decision.best_form("auto", network, rows, SHOTS)
    except qtn.ArgumentError:
        return True
    return False


def pixels(count: int) -> qtn.Dataset:
    """Return digits 3 and 8 by their most variable pixels, in the order of the image."""
    data = digits(8, (3, 8), 10)
    kept = np.sort(np.argsort(data.x_train.var(axis=0))[-count:])
    return replace(data, x_train=data.x_train[:, kept], x_test=data.x_test[:, kept], shape=(count,))


def decisions(table: report.Table) -> None:
    """Rows decided as the exact scores decide them, each with exactly the shots predicted."""
    for size, generative in ((4, 0.1), (8, 1.0)):
        shares, medians, most = [], [], []
        for split in SPLITS:
            data = digits(size, "all", split)
            model = trained(qtn.MPSClassifier, size, "all", split, generative)
            scores = model.scores(data.x_test)
            signal = qtn.hybrid.Overlap().foreseen(model, scores)
            shots = signal.shots(ERROR)
            share, weights = signal.p, signal.values
            each = np.ceil(shots / signal.circuits).astype(np.int64)
            drawn = np.random.default_rng(split).binomial(each[:, None], share) * weights
            shares.append(float(np.mean(drawn.argmax(axis=1) == scores.argmax(axis=1))))
            medians.append(float(np.median(shots)))
            most.append(float(np.quantile(shots, 0.8)))
        value, error = mean(shares)
        note = f"{error}; S before running: median {np.median(medians):,.3g}, "
        note += f"80 % {np.median(most):,.3g}"
        name = f"rows decided as the exact scores, overlap, {size * size} features"
        table.at_least(name, value, 0.95, note=note)
    isometric_decisions(table)


def isometric_decisions(table: report.Table) -> None:
    """The same for isometric trees in blocks, of the deployed model itself."""
    for size in (4, 8):
        data = digits(size, "all", 10)
        model = qtn.TTNClassifier(isometric=True, nodes="blocks", shape=(size, size), seed=10)
        quantum = qtn.deploy(model.fit(data.x_train, data.y_train), device="tensor", progress=False)
        found = quantum.decision(data.x_test)
        p = quantum.form.signal(quantum, quantum.rows(data.x_test)).p
        shots = np.ceil(found.shots).astype(np.int64)
        drawn = np.random.default_rng(0).multinomial(shots, p / p.sum(axis=1, keepdims=True))
        share = np.mean(drawn.argmax(axis=1) == quantum.ideal_scores(data.x_test).argmax(axis=1))
        name = f"rows decided as the exact scores, isometric tree, {size * size} features"
        table.at_least(name, float(share), 0.95, note=str(found))


def noisy_pair(table: report.Table) -> None:
    """Digits 3 and 8 on FakeTorino, 4,096 shots per class: a chain, a tree of at most 60 CX."""
    for kind, method, splits in (
        (qtn.MPSClassifier, qtn.Staircase(1), SPLITS),
        (qtn.TTNClassifier, qtn.Tree(per_node=6), SPLITS[:3]),
    ):
        found: list[list[float]] = []
        start = time.process_time()
        for split in splits:
            data, model = digits(4, (3, 8), split), trained(kind, 4, (3, 8), split)
            quantum = qtn.deploy(
                model, method, form="overlap", device=DEVICE, seed=split, progress=False
            )
            classical = model.score(data.x_test, data.y_test)
            noisy = quantum.score(data.x_test, data.y_test)
            found.append([classical, exact(quantum, data), noisy, quantum.two_qubit_gates])
        seconds = (time.process_time() - start) / len(found)
        classical, ideal, noisy, gates = np.array(found).T
        value, error = mean(list(noisy - classical))
        note = f"{error}; classical {classical.mean():.3f}, exact {ideal.mean():.3f}, noisy "
        note += f"{noisy.mean():.3f}; {gates.max():.0f} CX; {seconds:.0f} CPU s a split"
        name = f"digits 3 v 8, overlap, {kind.__name__}, {DEVICE}: points above classical"
        table.at_least(name, 100 * value, -2.0, note=note)
