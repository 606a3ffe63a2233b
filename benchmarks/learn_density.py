"""Rows of the learning benchmark on Born machines: density and unsupervised anomaly detection."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks import learn_data, report
from qtn.data import QuantileBins
from qtn.models import MPSBornMachine, TTNBornMachine
from qtn.models.explain import information

_CATEGORIES = [1, 2, 3]


def bas(table: report.Table) -> None:
    """Bars and stripes 4x4 from ten starts."""
    lines = [[(k >> i) & 1 for i in range(4)] for k in range(16)]
    images = {tuple(np.repeat(v, 4)) for v in lines} | {tuple(np.tile(v, 4)) for v in lines}
    rows = np.array(sorted(images))
    start = time.process_time()
    gaps = [-MPSBornMachine(16, seed=seed).fit(rows).score(rows) - np.log(30) for seed in range(10)]
    seconds = (time.process_time() - start) / 10
    table.at_most("bars and stripes 4x4, worst of 10 starts", max(gaps), 1e-3, unit="nats")
    table.at_most("… CPU seconds per start", seconds, 1.0, unit="s")
    gap = -TTNBornMachine(16, shape=(4, 4)).fit(rows).score(rows) - np.log(30)
    table.at_most("… tree of patches", abs(gap), 1e-3, unit="nats")


def binary_mnist(table: report.Table) -> None:
    """Density of the 1,000 binarised images at bond 20, bounded by five CPU minutes."""
    job = "1,000 binarised MNIST images, bond 20"
    if reason := learn_data.missing("mnist1k-binary"):
        table.absent(job, "data", reason)
        return
    with np.load(learn_data.FOLDER / "mnist1k-binary" / "mnist28_127.5.npz") as file:
        rows, test = (file[k].reshape(-1, 784).astype(int) for k in ("data", "data_test"))
    start = time.process_time()
    model = MPSBornMachine(20, sweeps=5, polish=150, fraction=0.12, cutoff=1e-7).fit(rows)
    minutes = (time.process_time() - start) / 60
    note = f"{len(model.history_['loss'])} sweeps"
    peer = {"peer": 77.1, "peer_name": "Han et al.*"}
    table.at_most(job, -model.score(rows), 77.1, unit="nats", note=note, **peer)
    table.at_most("… CPU minutes of its fit", minutes, 5.0, unit="min")
    # The likelihood of a pixel that no training image lights is zero: of those held out neither.
    known = (test < np.array(model.levels_)).all(axis=1)
    kept = MPSBornMachine(20, sweeps=10, fraction=0.12, validation_fraction=0.1).fit(rows)
    logs, plain = kept.score_samples(test[known]), model.score_samples(test[known])
    seen = np.isfinite(logs)
    note = f"{-plain[seen].mean():.1f} without; {seen.sum()} images (others: unseen pixels)"
    found = f"{-logs[seen].mean():.1f} nats"
    table.inform("… test images, sweep chosen by validation", found, note=note)


def intrusions(table: report.Table) -> None:
    """NSL-KDD: trained on normal connections, judged by the area under the ROC curve."""
    job = "NSL-KDD, unsupervised, area under the ROC curve"
    if reason := learn_data.missing("nsl-kdd"):
        table.absent(job, "data", reason)
        return
    train, _ = _connections("KDDTrain+_20Percent.txt.gz", normal=True)
    test, attack = _connections("KDDTest+.txt.gz", normal=False)
    numbers = [i for i in range(41) if i not in _CATEGORIES]
    start = time.process_time()
    # Six levels per number and bond 32 were chosen by the area for the attacks of the training file
    # beside a fifth of its normal rows. Categories never seen join the rare ones.
    codes = OrdinalEncoder(max_categories=40, handle_unknown="use_encoded_value", unknown_value=63)
    table_of = ColumnTransformer(
        [("numbers", QuantileBins(6), numbers), ("categories", codes, _CATEGORIES)]
    )
    rows = table_of.fit_transform(train).astype(int)
    model = MPSBornMachine(32, sweeps=6, validation_fraction=0.1).fit(rows)
    seen = np.minimum(table_of.transform(test).astype(int), np.array(model.levels_) - 1)
    found = information.anomaly(model.state(), seen)
    seconds = time.process_time() - start
    worst = int(np.argmax(found.score * attack))
    order = [*numbers, *_CATEGORIES]
    causes = ", ".join(f"feature {order[i] + 1}" for i, _ in found.causes(worst))
    ours = float(roc_auc_score(attack, found.score))
    forest, autoencoder = _peers(train, test, attack, numbers)
    note = f"autoencoder {autoencoder:.3f}; strangest attack for {causes}"
    table.at_least(job, ours, 0.945, peer=forest, peer_name="IsolationForest", note=note)
    table.at_most("… CPU minutes with all explanations", seconds / 60, 2.0, unit="min")


def _connections(name: str, normal: bool) -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(learn_data.FOLDER / "nsl-kdd" / name, "rt") as file:
        lines = [line.strip().split(",") for line in file]
    rows = np.array([line[:41] for line in lines], dtype=object)
    numbers = [i for i in range(41) if i not in _CATEGORIES]
    rows[:, numbers] = rows[:, numbers].astype(float)
    attack = np.array([line[41] != "normal" for line in lines])
    return (rows[~attack], attack[~attack]) if normal else (rows, attack)


def _peers(
    train: np.ndarray, test: np.ndarray, attack: np.ndarray, numbers: list[int]
) -> tuple[float, float]:
    """Return the areas of an isolation forest and of an autoencoder on scaled and one-hot data."""
    plain: Any = ColumnTransformer(
        [
            ("numbers", StandardScaler(), numbers),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [1, 2, 3]),
        ]
    )
    x, x_test = (
        np.clip(plain.fit_transform(train), -10, 10),
        np.clip(plain.transform(test), -10, 10),
    )
    forest = IsolationForest(random_state=0).fit(x)
    network = MLPRegressor(
        hidden_layer_sizes=(32, 8, 32), max_iter=30, random_state=0, early_stopping=True
    )
    errors = ((network.fit(x, x).predict(x_test) - x_test) ** 2).sum(axis=1)
    areas = (roc_auc_score(attack, score) for score in (-forest.score_samples(x_test), errors))
    first, second = areas
    return float(first), float(second)


JOBS: dict[str, Callable[[report.Table], None]] = {
    "bas": bas,
    "binary_mnist": binary_mnist,
    "intrusions": intrusions,
}
