"""Rows of the learning benchmark on regression of tables, with scikit-learn's models as peers."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split

from benchmarks import report
from qtn.models import MPSRegressor, TTNRegressor

Model = MPSRegressor | TTNRegressor
RECIPES: list[Model] = [
    MPSRegressor(2, rescale=True, epochs=20),
    MPSRegressor(4, rescale=True),
    TTNRegressor(8, rescale=True, epochs=20),
    TTNRegressor(8, rescale=True),
]


def regression(table: report.Table) -> None:
    """Mean coefficient of determination over splits; recipes chosen inside the training parts."""
    for name, rows, splits in (
        ("Friedman #1, 2,000 rows", make_friedman1(2000, noise=1.0, random_state=0), 1),
        ("diabetes, 442 rows", load_diabetes(return_X_y=True), 5),
    ):
        start = time.process_time()
        found = [_judged(*rows, seed) for seed in range(splits)]
        seconds = time.process_time() - start
        ours, ridge, forest = np.mean(found, axis=0)
        peer, peer_name = max((ridge, "ridge"), (forest, "random forest"))
        note = f"{splits} split(s), ridge {ridge:.3f}, random forest {forest:.3f}, "
        note += f"{seconds:.0f} CPU s with the choice among {len(RECIPES)} recipes"
        job = f"regression, {name}, R² of test parts"
        table.inform(job, f"{ours:.3f}", f"{peer:.3f} {peer_name}", f"{ours / peer:.3f}x", note)


def _judged(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return R² on the test part of one split: ours, ridge, random forest."""
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.25, random_state=seed)
    inner = train_test_split(x, y, test_size=0.25, random_state=100 + seed)
    best = max(RECIPES, key=lambda m: clone(m).fit(inner[0], inner[2]).score(inner[1], inner[3]))
    ridge, forest = RidgeCV(alphas=np.logspace(-3, 3, 13)), RandomForestRegressor(random_state=0)
    fitted = (clone(best).fit(x, y), ridge.fit(x, y), forest.fit(x, y))
    first, second, third = (float(model.score(x_test, y_test)) for model in fitted)
    return first, second, third


JOBS: dict[str, Callable[[report.Table], None]] = {"regression": regression}
