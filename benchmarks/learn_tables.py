"""Rows of the learning benchmark on regression of tables, with scikit-learn's models as peers."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split

from benchmarks import report
from qtn.models import MPSRegressor, TTNRegressor


def regression(table: report.Table) -> None:
    """Coefficient of determination on a quarter held out; epochs chosen inside the other three."""
    made = make_friedman1(2000, noise=1.0, random_state=0)
    for name, rows, tree_epochs in (
        ("Friedman #1, 2,000 rows", made, 60),
        ("diabetes, 442 rows", load_diabetes(return_X_y=True), 20),
    ):
        x, x_test, y, y_test = train_test_split(*rows, test_size=0.25, random_state=0)
        ridge = RidgeCV(alphas=np.logspace(-3, 3, 13)).fit(x, y).score(x_test, y_test)
        forest = RandomForestRegressor(random_state=0).fit(x, y).score(x_test, y_test)
        peer, peer_name = max((ridge, "ridge"), (forest, "random forest"))
        start = time.process_time()
        model = TTNRegressor(8, rescale=True, epochs=tree_epochs).fit(x, y)
        seconds = time.process_time() - start
        chain = MPSRegressor(4, rescale=True).fit(x, y).score(x_test, y_test)
        found = model.score(x_test, y_test)
        note = f"tree of bond 8, {seconds:.0f} CPU s; chain of bond 4 {chain:.3f}; "
        note += f"ridge {ridge:.3f}, random forest {forest:.3f}"
        job = f"regression, {name}, R² of the test part"
        table.at_least(job, found, peer, peer=peer, peer_name=peer_name, note=note)


JOBS: dict[str, Callable[[report.Table], None]] = {"regression": regression}
