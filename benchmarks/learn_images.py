"""Rows of the learning benchmark on images: digits, MNIST, Fashion-MNIST, by chains and trees."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks import learn_data, report
from qtn.data import load_digits
from qtn.models import MPSClassifier, TTNClassifier, calibration_error

# The strongest recipe on images of many pixels: plain amplitudes of (1, x, x²), cross-entropy.
CHAIN: dict[str, Any] = {
    "features": "polynomial", "loss": "softmax", "generative": 0.0, "learning_rate": 2e-3,
}  # fmt: skip
FAST = {**CHAIN, "batch_size": 128}
MOVED_8: dict[str, Any] = {"shape": (8, 8), "shifts": 1}
TREE_4: dict[str, Any] = {"shape": (4, 4), "features": "polynomial", "batch_size": 64}
Model = MPSClassifier | TTNClassifier
Recipe = tuple[type[Model], dict[str, Any]]


# Recipes tried on the digits: classifier and settings, the plain one first. The one reported is
# chosen on rows held out of the training parts.
CHAINS_8 = [
    (MPSClassifier, {**CHAIN, "bond": 10, "epochs": 60, "batch_size": 64}),
    (MPSClassifier, {**CHAIN, "bond": 10, "epochs": 100, "batch_size": 64, **MOVED_8}),
    (MPSClassifier, {**CHAIN, "bond": 10, "epochs": 160, "batch_size": 64, **MOVED_8}),
]
TREES_8 = [
    (TTNClassifier, {"bond": 12, "shape": (8, 8), "epochs": 40, "batch_size": 64}),
    (TTNClassifier, {"bond": 12, "epochs": 80, "batch_size": 64, **MOVED_8}),
    (TTNClassifier, {"bond": 16, "epochs": 120, "batch_size": 64, **MOVED_8}),
]
TREES_4 = [
    (TTNClassifier, {**TREE_4, "bond": 16, "epochs": 40}),
    (TTNClassifier, {**TREE_4, "bond": 24, "epochs": 60}),
    (TTNClassifier, {**TREE_4, "bond": 24, "epochs": 30}),
]


def digits(table: report.Table) -> None:
    """Mean test accuracy of three splits of scikit-learn's digits, last epoch."""
    for job, size, recipes, bar, peer in (
        ("digits 8x8, chain bond 10", 8, CHAINS_8, 0.980, 0.978),
        ("digits 8x8, best (tree)", 8, TREES_8, 0.985, 0.978),
        ("digits 4x4, best (tree)", 4, TREES_4, 0.94, 0.924),
    ):
        held_out = [splits(size, recipe, validate=True) for recipe in recipes]
        best = int(np.argmax(held_out))
        found = splits(size, recipes[best])
        figures = ", ".join(f"{value:.3f}" for value in held_out)
        note = (
            f"{described(recipes[best])}; chosen among {len(recipes)} recipes ({figures}) on a "
            "fifth of the training rows"
        )
        table.at_least(job, found, bar, peer=peer, peer_name="TensorKrowch*", note=note)


def splits(size: int, recipe: Recipe, validate: bool = False) -> float:
    """Return the mean accuracy over three splits of the digits, on test or held-out rows."""
    kind, settings = recipe
    out = []
    for seed in range(3):
        data = load_digits(size, "all", test_fraction=0.2, seed=seed)
        x, y, x_test, y_test = data.x_train, data.y_train, data.x_test, data.y_test
        if validate:
            x, x_test, y, y_test = train_test_split(
                x, y, test_size=0.2, random_state=seed, stratify=y
            )
        out.append(kind(**settings, seed=seed).fit(x, y).score(x_test, y_test))
    return float(np.mean(out))


def described(recipe: Recipe) -> str:
    """Return what tells the recipes of one row apart."""
    settings = recipe[1]
    moved = ", shifts" if settings.get("shifts") else ""
    return f"bond {settings['bond']}, {settings['epochs']} epochs{moved}"


def trained(
    table: report.Table,
    job: str,
    source: tuple[str, int],
    model: Model,
    bar: float,
    peer: float | None = None,
    limit: float | None = None,
) -> tuple[Model, np.ndarray, np.ndarray] | None:
    """Train on a whole data set; add rows for the test accuracy and the CPU seconds."""
    if reason := learn_data.missing(source[0]):
        table.absent(job, "data", reason)
        return None
    x, y, x_test, y_test = learn_data.images(*source)
    start = time.process_time()
    model.fit(x, y)
    seconds = time.process_time() - start
    note = f"{seconds:.0f} CPU s of training, {model.epochs} epochs"
    found = model.score(x_test, y_test)
    table.at_least(job, found, bar, peer=peer, peer_name="TensorKrowch*" if peer else "", note=note)
    if limit is not None:
        table.at_most("… CPU seconds of its training", seconds, limit, unit="s")
    return model, x_test, y_test


def mnist_chain(table: report.Table) -> None:
    """Chain of bond 10, MNIST 14x14, with the calibration of its probabilities."""
    model = MPSClassifier(10, epochs=10, **FAST)
    job = "MNIST 14x14, chain bond 10"
    done = trained(table, job, ("mnist", 2), model, 0.983, peer=0.976, limit=30.0)
    if done is not None:
        error = calibration_error(model.predict_proba(done[1]), done[2], model.classes_)
        table.at_most("… expected calibration error, 15 bins", error, 0.02)


def mnist_tree(table: report.Table) -> None:
    """Tree with data-driven start and shifts, MNIST 14x14."""
    model = TTNClassifier(28, features="polynomial", shape=(14, 14), shifts=1, epochs=24)
    job = "MNIST 14x14, best (tree, shifts)"
    trained(table, job, ("mnist", 2), model, 0.992, peer=0.976, limit=600.0)


def mnist_full(table: report.Table) -> None:
    """Tree on MNIST 28x28."""
    model = TTNClassifier(12, shape=(28, 28), features="polynomial", shifts=1, epochs=8)
    trained(table, "MNIST 28x28, tree (shifts)", ("mnist", 1), model, 0.985, peer=0.978)


def fashion(table: report.Table) -> None:
    """Trees on Fashion-MNIST 14x14 and 28x28."""
    small = TTNClassifier(20, features="polynomial", shape=(14, 14), flips=True, epochs=8)
    trained(table, "Fashion-MNIST 14x14, tree (flips)", ("fashion-mnist", 2), small, 0.895)
    large = TTNClassifier(
        16, features="polynomial", shape=(28, 28), flips=True, shifts=1, epochs=14
    )
    trained(table, "Fashion-MNIST 28x28, tree (flips, shifts)", ("fashion-mnist", 1), large, 0.903)


def sweeps(table: report.Table) -> None:
    """Two-site sweeps on the first 10,000 images of MNIST 14x14, and a finish by gradients."""
    job = "two-site sweeps, MNIST 14x14, 10,000 images"
    if reason := learn_data.missing("mnist"):
        table.absent(job, "data", reason)
        return
    x, y, x_test, y_test = learn_data.images("mnist", 2)
    x, y = x[:10_000], y[:10_000]
    for epochs, bar, name in ((0, 0.93, job), (10, 0.96, "… and a gradient finish")):
        model = MPSClassifier(10, sweeps=1, epochs=epochs, **{**CHAIN, "learning_rate": 3e-4})
        start = time.process_time()
        model.fit(x, y)
        seconds = time.process_time() - start
        note = f"bond 10, one sweep and {epochs} epochs, {seconds:.0f} CPU s"
        peer = {"peer": 0.751, "peer_name": "TensorKrowch tutorial*"} if not epochs else {}
        table.at_least(name, model.score(x_test, y_test), bar, note=note, **peer)
        if not epochs:
            table.at_most("… CPU seconds of the sweeps", seconds, 60.0, unit="s")


JOBS: dict[str, Callable[[report.Table], None]] = {
    "digits": digits,
    "mnist_chain": mnist_chain,
    "sweeps": sweeps,
    "mnist_tree": mnist_tree,
    "mnist_full": mnist_full,
    "fashion": fashion,
}
