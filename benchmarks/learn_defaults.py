"""Rows of the learning benchmark on default constructors: `Class().fit(X, y)` and nothing else.

Peers are scikit-learn's with their own defaults; columns are standardised for logistic regression
and the support vector machine, which ask for it. Five splits of 70 and 30 % of the rows, with seeds
that chose nothing: recipes were found on splits 101 to 104. The last job sums up what the others
found, in this run or an earlier one.
"""

from __future__ import annotations

import json
import time
import warnings
from functools import partial
from typing import Any

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks import learn_sets, parts, report
from qtn.models import MPSClassifier, MPSRegressor, TTNClassifier

SEEDS = (8101, 8102, 8103, 8104, 8105)
# What is asked of some sets, and how far below the best peer no other may end.
AT_LEAST = {
    "parity of 4 in 10 bits": 1.0,
    "one feature, 3 classes": 0.99,
    "500 sites, 1 informative": 0.95,
    "diabetes": 0.40,
    "Friedman #1": 0.93,
}
NEVER_BELOW = 0.03
# How many sets may lie how far below the best, in points, and how long a fit may take.
NEAR, ENOUGH = 1.5, 10
SECONDS = 15.0
# Sites of the longest chain, and an accuracy that chance (one half) does not reach on 360 rows.
LONGEST, BEYOND_CHANCE = 3000, 0.61
# What every set gave: points to the best, and CPU seconds.
FOUND = parts.STORES / "learn-defaults.json"


def _classifiers() -> dict[str, Any]:
    return {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
        "SVM": make_pipeline(StandardScaler(), SVC()),
        "random forest": RandomForestClassifier(random_state=0),
        "boosted trees": HistGradientBoostingClassifier(random_state=0),
    }


def _split(name: str, seed: int) -> list[np.ndarray]:
    x, y = learn_sets.rows_of(name)
    groups = y if name in learn_sets.CLASSES else None
    found: list[np.ndarray] = train_test_split(
        x, y, test_size=0.3, random_state=seed, stratify=groups
    )
    return found


def judged(name: str, ours: type, peers: dict[str, Any]) -> tuple[dict[str, float], float]:
    """Return mean scores of ours and the peers over the splits, and our most CPU seconds."""
    balanced = name.startswith("imbalanced")
    scores: dict[str, list[float]] = {"ours": [], **{peer: [] for peer in peers}}
    seconds = []
    for seed in SEEDS:
        x, x_test, y, y_test = _split(name, seed)
        for label in scores:
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = (ours(progress=False) if label == "ours" else peers[label]).fit(x, y)
                if label == "ours":
                    seconds.append(time.process_time() - start)
                found = (
                    balanced_accuracy_score(y_test, model.predict(x_test))
                    if balanced
                    else model.score(x_test, y_test)
                )
            scores[label].append(float(found))
    return {label: float(np.mean(found)) for label, found in scores.items()}, max(seconds)


def classes(table: report.Table, name: str, ours: type = MPSClassifier) -> None:
    """Accuracy of a default classifier beside the best of four peers."""
    means, seconds = judged(name, ours, _classifiers())
    best = max((peer for peer in means if peer != "ours"), key=lambda peer: means[peer])
    figures = ", ".join(f"{peer} {means[peer]:.4f}" for peer in means if peer != "ours")
    kind = "balanced accuracy" if name.startswith("imbalanced") else "accuracy"
    job = f"{ours.__name__}(), {name}, {kind}"
    below = 0.0 if name.startswith("imbalanced") else NEVER_BELOW
    bar = max(AT_LEAST.get(name, 0.0), means[best] - below)
    behind = 100 * (means["ours"] - means[best])
    note = f"{behind:+.1f} points to the best; {figures}"
    table.at_least(job, means["ours"], bar, peer=means[best], peer_name=best, note=note)
    _at_most_seconds(table, seconds)
    if ours is MPSClassifier and not table.quick:
        _remember(name, behind, seconds)


def targets(table: report.Table, name: str) -> None:
    """R² of a default regressor beside boosted trees."""
    peers = {"boosted trees": HistGradientBoostingRegressor(random_state=0)}
    means, seconds = judged(name, MPSRegressor, peers)
    bar = AT_LEAST.get(name, means["boosted trees"])
    peer = means["boosted trees"]
    job = f"MPSRegressor(), {name}, R²"
    table.at_least(job, means["ours"], bar, peer=peer, peer_name="boosted trees")
    _at_most_seconds(table, seconds)


def long_chain(table: report.Table) -> None:
    """A chain of thousands of sites, of which one tells two classes apart: chance is one half."""
    x, y = learn_sets.one_of(LONGEST)
    found, seconds = [], 0.0
    for seed in SEEDS[:2]:
        split = train_test_split(x, y, test_size=0.3, random_state=seed, stratify=y)
        start = time.process_time()
        model = MPSClassifier(progress=False).fit(split[0], split[2])
        seconds = max(seconds, time.process_time() - start)
        found.append(model.score(split[1], split[3]))
    job = f"MPSClassifier(), {LONGEST:,} sites, 1 informative, accuracy"
    table.at_least(job, float(np.mean(found)), BEYOND_CHANCE, note="chance is 0.5")
    _at_most_seconds(table, seconds)


def summary(table: report.Table) -> None:
    """How many sets lie near the best of four peers, how far the worst, how long the slowest."""
    found = _remembered()
    if missing := [name for name in learn_sets.CLASSES if name not in found]:
        table.absent("defaults: points to the best", "all sets", f"not yet run: {missing}")
        return
    behind = {name: found[name]["behind"] for name in learn_sets.CLASSES}
    slow = max(learn_sets.CLASSES, key=lambda name: found[name]["seconds"])
    worst = min(behind, key=lambda name: behind[name])
    near = sum(points >= -NEAR for points in behind.values())
    far = ", ".join(f"{n} {p:+.1f}" for n, p in behind.items() if p < -NEAR) or "none beyond"
    job = f"defaults: sets within {NEAR} points, of {len(behind)}"
    table.at_least(job, float(near), float(ENOUGH), note=far)
    gap = max(-behind[worst], 0.0)
    table.at_most("defaults: worst gap in points", gap, 100 * NEVER_BELOW, note=worst)
    job = "defaults: CPU seconds of the slowest fit"
    table.at_most(job, found[slow]["seconds"], SECONDS, unit="s", note=slow)


def _at_most_seconds(table: report.Table, seconds: float) -> None:
    table.at_most("… CPU seconds of its slowest fit", seconds, SECONDS, unit="s")


def _remember(name: str, behind: float, seconds: float) -> None:
    found = _remembered() | {name: {"behind": round(behind, 3), "seconds": round(seconds, 2)}}
    FOUND.parent.mkdir(parents=True, exist_ok=True)
    FOUND.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _remembered() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    if FOUND.exists():
        found = json.loads(FOUND.read_text(encoding="utf-8"))
    return found


JOBS: dict[str, parts.Job] = {
    **{f"default {name}": partial(classes, name=name) for name in learn_sets.CLASSES},
    **{f"default {name}": partial(targets, name=name) for name in learn_sets.TARGETS},
    **{
        f"default tree {name}": partial(classes, name=name, ours=TTNClassifier)
        for name in ("phishing", "moons", "segment")
    },
    f"default {LONGEST} sites": long_chain,
    "defaults": summary,
}
