"""Rows of the table of quantum models: isometric models in blocks, read by a head.

Splits 10 to 14; recipes, depths and the choice of heads were settled on splits 20 to 22. Heads are
fitted to training rows and chosen on 100 of them measured on the device in question.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

import qtn
from benchmarks import report

SPLITS = range(10, 15)
SHOTS = 4096
DEVICE = "FakeTorino"


@dataclass(frozen=True)
class Depolarising:
    """A deployed model on a device with so much noise per block and no other: shots are drawn from
    the exact distribution."""

    form: Any
    compiled: Any
    classes: Any
    model: Any
    noise: float
    shots: int = SHOTS
    seed: int = 0

    @classmethod
    def like(cls, quantum: Any, model: Any, noise: float) -> Depolarising:
        """Return the model on such a device."""
        return cls(quantum.form, quantum.compiled, quantum.classes, model, noise, seed=quantum.seed)

    def measure(self, x: np.ndarray) -> list[qtn.Estimate]:
        """Draw shots."""
        p = self.model.outcomes(x, self.noise)
        rng = np.random.default_rng([self.seed, len(x)])
        found = rng.multinomial(self.shots, p / p.sum(axis=1, keepdims=True)) / self.shots
        return [qtn.Estimate(found, np.zeros(found.shape), self.shots, "counts")]


@dataclass(frozen=True)
class Trained:
    """A tree of one split, deployed without noise, and what it took."""

    data: Any
    model: Any
    quantum: Any
    seconds: float

    def accuracy(self, quantum: Any, frequencies: np.ndarray) -> float:
        """Return the share of test rows that frequencies of outcomes decide rightly."""
        guesses = self.quantum.classes[quantum.form.head(frequencies).argmax(axis=1)]
        return float(np.mean(guesses == self.data.y_test[: len(frequencies)]))

    def headed(self, quantum: Any) -> Any:
        """Return a deployed model with a head."""
        return qtn.fit_head(quantum, self.model, self.data.x_train, self.data.y_train)


@cache
def tree(size: int, split: int) -> Trained:
    """Train a tree in blocks with the settings that it has by itself."""
    data = qtn.load_digits(size, "all", test_fraction=0.2, seed=split)
    start = time.process_time()
    model = qtn.TTNClassifier(isometric=True, nodes="blocks", shape=(size, size), seed=split)
    model.fit(data.x_train, data.y_train)
    seconds = time.process_time() - start
    quantum = qtn.deploy(model, form="isometric", shots=SHOTS, seed=split, progress=False)
    return Trained(data, model, quantum, seconds)


def mean(values: list[float]) -> tuple[float, str]:
    """Return the mean of splits and its standard error in words."""
    spread = np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values)), f"± {spread:.3f} over {len(values)} splits"


def exact_and_depolarised(
    table: report.Table, size: int, exact_bar: float, bars: dict[float, float]
) -> None:
    """Add rows of trees without noise and at levels of depolarising noise per block."""
    trees = [tree(size, split) for split in SPLITS]
    name = f"isometric tree in blocks, {size}x{size}, 10 classes"
    plain = [each.model.score(each.data.x_test, each.data.y_test) for each in trees]
    exact = []
    for each in trees:
        quantum = each.headed(Depolarising.like(each.quantum, each.model, 0.0))
        exact.append(each.accuracy(quantum, each.model.outcomes(each.data.x_test)))
    quantum, (found, error) = trees[0].quantum, mean(exact)
    note = f"{error}; outcome modulo classes {np.mean(plain):.3f}; {quantum.n} qubits with reset"
    table.at_least(f"{name}, exact", found, exact_bar, note=note)
    bar = {4: 100, 8: 440}[size]
    table.at_most("… CX", quantum.two_qubit_gates, bar, note=f"depth {quantum.two_qubit_depth}")
    seconds = float(np.mean([each.seconds for each in trees]))
    table.at_most("… training", seconds, {4: 15.0, 8: 23.0}[size], unit="s")
    for noise, bar in bars.items():
        right, modulo = [], []
        for each in trees:
            quantum = each.headed(Depolarising.like(each.quantum, each.model, noise))
            frequencies = quantum.measure(each.data.x_test)[0].value
            right.append(each.accuracy(quantum, frequencies))
            guesses = each.model.scores(each.data.x_test, noise).argmax(axis=1)
            modulo.append(np.mean(each.model.classes_[guesses] == each.data.y_test))
        found, error = mean(right)
        note = f"{error}; {SHOTS} shots; exact outcome modulo classes {np.mean(modulo):.3f}"
        table.at_least(f"… {noise:.0%} depolarising per block", found, bar, note=note)


def small(table: report.Table) -> None:
    """16 features: exact and under depolarising noise."""
    exact_and_depolarised(table, 4, 0.91, {0.02: 0.90, 0.05: 0.86})


def large(table: report.Table) -> None:
    """64 features on 12 qubits."""
    exact_and_depolarised(table, 8, 0.94, {0.01: 0.92})


def torino(table: report.Table) -> None:
    """16 features on a device with noise, routed, with a head chosen on rows measured there."""
    differences, device, modulo, seconds = [], [], [], []
    for split in SPLITS:
        each = tree(4, split)
        ideal = each.headed(Depolarising.like(each.quantum, each.model, 0.0))
        exact = each.accuracy(ideal, each.model.outcomes(each.data.x_test))
        quantum = each.headed(replace(each.quantum, device=DEVICE))
        start = os.times()
        frequencies = quantum.measure(each.data.x_test)[0].value
        end = os.times()
        seconds.append(sum(end[:4]) - sum(start[:4]))
        device.append(each.accuracy(quantum, frequencies))
        plain = each.quantum.form.scores(each.quantum, quantum.measure(each.data.x_test))
        modulo.append(np.mean(each.quantum.decide(plain.value) == each.data.y_test))
        differences.append(exact - device[-1])
    plan, (found, error) = quantum.plan(each.data.x_test[:1]), mean(device)
    head = quantum.form.head
    note = f"{error}; outcome modulo classes {np.mean(modulo):.3f}; last split read as {head!r}"
    table.inform(
        f"isometric tree in blocks, 4x4, {DEVICE}, {SHOTS} shots", f"{found:.3f}", note=note
    )
    found, error = mean(differences)
    table.at_most("… below its exact accuracy", found, 0.02, note=error)
    table.at_most("… two-qubit gates routed", plan.two_qubit_gates, 135)
    rows = len(each.data.x_test)
    table.at_most(f"… {rows} noisy rows", float(np.mean(seconds)), 35.0, unit="s", note="CPU")


def chain(table: report.Table) -> None:
    """64 features on five qubits."""
    right, noisy, seconds = [], [], []
    for split in list(SPLITS)[:3]:
        data = qtn.load_digits(8, "all", test_fraction=0.2, seed=split)
        start = time.process_time()
        model = qtn.MPSClassifier(isometric=True, nodes="blocks", seed=split)
        right.append(model.fit(data.x_train, data.y_train).score(data.x_test, data.y_test))
        seconds.append(time.process_time() - start)
        guesses = model.scores(data.x_test, 0.002).argmax(axis=1)
        noisy.append(np.mean(model.classes_[guesses] == data.y_test))
    circuit, (found, error) = model.circuit(reset=True), mean(right)
    note = f"{error}; {circuit.count_ops()['cx']} CX on {circuit.num_qubits} qubits with reset; "
    note += f"{np.mean(noisy):.3f} at 0.2% per block; {np.mean(seconds):.0f} CPU s"
    table.inform("isometric chain in blocks, 8x8, 10 classes, exact", f"{found:.3f}", note=note)


JOBS = {
    "isometric-small": small,
    "isometric-torino": torino,
    "isometric-large": large,
    "isometric-chain": chain,
}
