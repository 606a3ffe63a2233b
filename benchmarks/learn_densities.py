"""Rows of the learning benchmark on densities of public tables: `Class().fit(rows)` as it stands.

The tables come split into training, validation and test rows. Validation rows choose the structure,
the bond, the sweep and the weight of the background; test rows are looked at once, by the model
that came out. Figures are nats per variable, the smaller the better. Two baselines are computed in
the same run: independent columns, and the tree of the largest mutual information (Chow and Liu,
IEEE Trans. Inf. Theory 14, 462 (1968)), both with a pseudo-count of 1.

Data: Lowd and Davis (2010), Van Haaren and Davis (2012). The published rows of chains are those of
arXiv:2510.00382, where the figure of the best epoch on the test rows is what was reported.
"""

from __future__ import annotations

import lzma
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from benchmarks import learn_data, parts, report
from qtn.models import MPSBornMachine, TTNBornMachine

SECONDS = 60.0
# What chains reached, chosen by the test rows, see above.
PUBLISHED = {"nltcs": 0.3759, "jester": 0.5379, "dna": 0.4444, "accidents": 0.3297}


@dataclass(frozen=True, slots=True)
class Contest:
    """A model on a table.

    Args:
        data: name of the table.
        kind: of the model, in words.
        made: makes it.
        bar: nats per variable that it must reach.
    """

    data: str
    kind: str
    made: Callable[[], Any]
    bar: float


CONTESTS = [
    Contest("nltcs", "chain", MPSBornMachine, 0.376),
    Contest("jester", "chain", MPSBornMachine, 0.530),
    Contest("dna", "chain", MPSBornMachine, 0.444),
    Contest("accidents", "chain", MPSBornMachine, 0.245),
    Contest("nltcs", "tree", TTNBornMachine, 0.376),
    Contest("jester", "tree", TTNBornMachine, 0.532),
    Contest("dna", "tree", TTNBornMachine, 0.448),
    Contest("accidents", "tree", TTNBornMachine, 0.248),
]


def rows_of(name: str, part: str) -> np.ndarray:
    """Return the rows of one part of a table: "train", "valid" or "test"."""
    with lzma.open(learn_data.FOLDER / "density" / f"{name}.{part}.data.xz", "rt") as file:
        return np.loadtxt(file, delimiter=",", dtype=np.int64)


def factorised(train: np.ndarray, test: np.ndarray) -> float:
    """Return what independent columns say about the test rows, nats per variable."""
    ones = (train.sum(axis=0) + 1) / (len(train) + 2)
    return -float(np.where(test == 1, np.log(ones), np.log(1 - ones)).mean())


def chow_liu(train: np.ndarray, test: np.ndarray) -> float:
    """Return what the best tree of pairs says about the test rows, nats per variable."""
    hot = np.stack([1 - train, train], axis=2).astype(float)
    joint = np.einsum("ria,rjb->ijab", hot, hot, optimize=True)
    p = joint / len(train)
    single = np.einsum("iiaa->ia", p)
    terms = np.log(
        np.maximum(p, 1e-300) / np.maximum(np.einsum("ia,jb->ijab", single, single), 1e-300)
    )
    information = (p * terms).sum(axis=(2, 3))
    np.fill_diagonal(information, 0.0)
    # The same for all pairs, so that those that share nothing are edges too.
    tree = minimum_spanning_tree(-information - 1.0)
    order, before = breadth_first_order(tree, 0, directed=False)
    counts = joint + 1.0
    total = 0.0
    for column in order:
        if before[column] < 0:
            p_one = (train[:, column].sum() + 1) / (len(train) + 2)
            log_p = np.log([1 - p_one, p_one])[test[:, column]]
        else:
            table = counts[before[column], column]
            given = np.log(table / table.sum(axis=1, keepdims=True))
            log_p = given[test[:, before[column]], test[:, column]]
        total -= float(log_p.mean())
    return total / train.shape[1]


def densities(name: str, table: report.Table) -> None:
    """Judge the baselines and all models on one table."""
    if reason := learn_data.missing("density"):
        table.absent(f"density {name}", "data", reason)
        return
    train, valid, test = (rows_of(name, part) for part in ("train", "valid", "test"))
    baselines = f"{factorised(train, test):.3f} independent, {chow_liu(train, test):.3f} Chow-Liu"
    shape = f"{len(train)} rows of {train.shape[1]}"
    table.inform(f"density {name}, baselines", baselines, note=shape)
    for contest in (c for c in CONTESTS if c.data == name):
        start = time.process_time()
        model = contest.made().fit(train, validation=valid)
        seconds = time.process_time() - start
        found, judged = (-model.score(rows) / train.shape[1] for rows in (test, valid))
        job = f"density {name}, {contest.kind}"
        note = f"{found:.4f}, on validation {judged:.4f}; {model.recipe_.name}"
        peer = {"peer": PUBLISHED[name], "peer_name": "chain, chosen by test rows*"}
        table.at_most(job, found, contest.bar, unit="nats", note=note, **peer)
        table.at_most("… CPU seconds of its fit", seconds, SECONDS, unit="s")


JOBS: dict[str, parts.Job] = {f"density {name}": partial(densities, name) for name in PUBLISHED}
