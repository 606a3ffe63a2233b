from __future__ import annotations

import numpy as np

from qtn.models import MPSBornMachine
from qtn.models.recipes.halving import halved


def test_half_of_the_bond_is_tried_and_the_best_kept() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 5))
    model = MPSBornMachine(4, sweeps=3, fraction=1.0).fit(rows)
    tried = []
    whole = model._training

    def watched(*given: object) -> object:
        tried.append(given[2])
        return whole(*given)

    model._training = watched
    nobody = np.empty((0, 5), dtype=np.int64)
    run = halved(model, rows, np.ones(40), nobody)
    assert tried == [4, 2]
    assert run.judged == min(run.history["loss"])
    assert run.widest == max(run.history["bond"])


def test_rows_held_out_judge_and_strangers_among_them_do_not() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 5))
    model = MPSBornMachine(2, sweeps=3).fit(rows)
    held = np.vstack([rows[:9], [[7] * 5]])
    run = halved(model, rows, np.ones(40), held)
    assert run.judged == min(run.history["validation_loss"]) < 10
