"""Rows of noise: what circuits take with and without it, forecasts, joules, robustness.

Seconds are CPU seconds of one thread. Forecasts are those of a dry run; what is spent is the whole
call after it. The digits are those of the deployed models' other rows (4×4, ten classes).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import random_unitary

import qtn
from benchmarks import report
from qtn.hybrid.forms.overlap import all_zeros, overlap_circuit

SEED = 7  # of the split; the recipes were chosen on others
SHOTS = 4096
LEVELS = (0.0, 0.01, 0.03, 0.06)


@functools.cache
def digits() -> qtn.Dataset:
    """Return the ten digits at 4×4."""
    return qtn.load_digits(size=4, classes=range(10), seed=SEED)


@functools.cache
def deployed() -> qtn.QuantumClassifier:
    """Return the overlap form of ten classes, 15 blocks each."""
    data = digits()
    model = qtn.MPSClassifier(bond=8, epochs=20, seed=SEED).fit(data.x_train, data.y_train)
    return qtn.deploy(
        model, qtn.Staircase(layers=1), form="overlap", device="FakeTorino", shots=SHOTS,
        progress=False,
    )  # fmt: skip


@functools.cache
def tree() -> tuple[QuantumCircuit, np.ndarray]:
    """Return an isometric tree that uses its qubits again, and the angles of 60 rows."""
    data = digits()
    model = qtn.TTNClassifier(bond=4, epochs=2, isometric=True, seed=SEED)
    model.fit(data.x_train, data.y_train)
    return model.circuit(reset=True), np.pi * model.site_values(data.x_test[:60])


def sweep_row(table: report.Table) -> None:
    """600 noisy circuits of 16 qubits, the first call of a process and a second one."""
    data, quantum = digits(), deployed()
    x, y = data.x_test[:60], data.y_test[:60]
    first = report.cpu_seconds(lambda: quantum.scores(x))
    started = time.process_time()
    scores = quantum.scores(x)
    again = time.process_time() - started
    right = float(np.mean(quantum.decide(np.asarray(scores.value)) == y))
    table.at_most(
        "600 noisy circuits of 16 qubits (10 classes, 60 rows, FakeTorino), 4,096 shots each",
        first, 7.0, unit="s",
        note=f"again {again:.2f} s; {quantum.two_qubit_gates} CX per class, accuracy {right:.3f}",
    )  # fmt: skip


def blocks_row(table: report.Table) -> None:
    """360 rows of a tree of two-qubit blocks with resets on a noisy device."""
    data = digits()
    model = qtn.TTNClassifier(
        bond=4, isometric=True, nodes="blocks", recipe="fixed", epochs=4, seed=SEED
    )
    model.fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, device="FakeTorino", shots=SHOTS, progress=False)
    x = data.x_test[:360]
    plan = quantum.plan(x)
    spent = report.cpu_seconds(lambda: quantum.scores(x))
    forecast = float("nan") if plan.here is None else plan.here
    table.at_most(
        f"{len(x)} noisy rows of a tree in blocks with resets, FakeTorino, 4,096 shots each",
        spent, 35.0, unit="s",
        note=f"{quantum.two_qubit_gates} CX, {plan.two_qubit_gates} routed; forecast "
        f"{forecast:.2g} s; 4 epochs of training, its accuracy does not count here",
    )  # fmt: skip


def reset_rows(table: report.Table) -> None:
    """The same circuit with resets, noiseless and noisy, beside Aer's density matrices."""
    circuit, angles = tree()
    pub = (circuit, angles)
    spent = {}
    for device in ("aer", "FakeTorino"):
        qtn.run((circuit, angles[:1]), device=device, shots=10)
        spent[device] = report.cpu_seconds(lambda d=device: qtn.run(pub, device=d, shots=SHOTS))
    theirs = qtn.Device("FakeTorino", engine="density_matrix")
    few = (circuit, angles[:2])
    aer = 30 * report.cpu_seconds(lambda: qtn.run(few, device=theirs, shots=SHOTS))
    gates = qtn.transpile_for(circuit, "FakeTorino").two_qubit_gates
    table.at_most(
        "60 rows of an isometric tree with resets, noiseless, 4,096 shots: no slower than noisy",
        spent["aer"], spent["FakeTorino"], unit="s", note="exact probabilities by groups of qubits",
    )  # fmt: skip
    table.at_most(
        "60 rows of an isometric tree with resets, FakeTorino, 4,096 shots each",
        spent["FakeTorino"], 7.0, peer=aer, peer_name="Aer density_matrix (2 rows times 30)",
        unit="s", note=f"{gates} CZ routed on 8 qubits",
    )  # fmt: skip


def forecast_rows(table: report.Table) -> None:
    """Seconds forecast over seconds spent, the worst of the runs of each device."""
    data = digits()
    x60 = data.x_test[:60]
    overlaps = [(overlap_circuit(c.circuit), x60) for c in deployed().compiled]
    x600 = np.concatenate([x60] * 10)
    one = overlaps[0][0]
    reset, angles = tree()
    plain = _unrolled()
    many = np.concatenate([angles] * 10)
    runs: dict[str, tuple[Any, Any]] = {
        "60 overlaps": (overlaps[:1], all_zeros(16)),
        "600 overlaps": (overlaps, all_zeros(16)),
        "600 bindings of one overlap": ([(one, x600)], all_zeros(16)),
        "60 resets": ([(reset, angles)], None),
        "600 resets": ([(reset, many)], None),
        "60 trees of 16 qubits": ([(plain, angles)], None),
    }
    for device in ("FakeTorino", "aer", "tensor"):
        ratios = {
            name: _ratio(pubs, observable, device)
            for name, (pubs, observable) in runs.items()
            if not (device == "FakeTorino" and name == "60 trees of 16 qubits")
        }
        worst = max(max(r, 1.0 / r) for r in ratios.values())
        told = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        table.at_most(
            f"forecast of CPU seconds on {device}: worst factor from what is spent", worst, 2.0,
            note=f"forecast/spent: {told}",
        )  # fmt: skip


@functools.cache
def _unrolled() -> QuantumCircuit:
    data = digits()
    model = qtn.TTNClassifier(bond=4, epochs=2, isometric=True, seed=SEED)
    return model.fit(data.x_train, data.y_train).circuit()


def _ratio(pubs: Any, observable: Any, device: str) -> float:
    few = [(circuit, values[:1]) for circuit, values in pubs]
    qtn.run(few, observable, device=device, shots=10)
    plan = qtn.run(pubs, observable, device=device, shots=SHOTS, dry_run=True)
    spent = report.cpu_seconds(lambda: qtn.run(pubs, observable, device=device, shots=SHOTS))
    return float(plan.here or np.nan) / spent


def energy_rows(table: report.Table) -> None:
    """Joules on a device and emulated: a deployed model, and random circuits of 100 qubits."""
    data = digits()
    use = qtn.energy(deployed(), x=data.x_test[:60])
    _energy_row(table, "green advantage: ten classes, 60 rows, overlap form, FakeTorino", use)
    for error in (5e-3, 1e-3):
        random = qtn.energy(random_layers(100, 12), assume={"two_qubit_error": error})
        name = f"green advantage: 100 qubits, 12 random layers, error {error:g} per gate"
        _energy_row(table, name, random)
    table.note(f"Assumed in rows of joules: {'; '.join(str(a) for a in use.assumptions)}.")


def _energy_row(table: report.Table, name: str, use: qtn.EnergyUse) -> None:
    fit = use.exponent
    alpha = "none" if fit is None else f"{fit.alpha:.2f} [{fit.low:.2f}, {fit.high:.2f}]"
    table.inform(
        name, f"{use.emulated_joules:.3g} J emulated", f"{use.device_joules:.3g} J on the device",
        f"{use.ratio:.3g}x",
        note=f"bond {use.bond}, fidelity {use.emulated_fidelity:.3f} against "
        f"{use.device_fidelity:.3f}, {use.emulated_seconds:.3g} CPU s, α: {alpha}",
    )  # fmt: skip


def random_layers(n: int, depth: int) -> QuantumCircuit:
    """Return layers of random two-qubit gates on a line."""
    rng, circuit = np.random.default_rng(SEED), QuantumCircuit(n)
    for layer in range(depth):
        for qubit in range(layer % 2, n - 1, 2):
            gate = random_unitary(4, seed=int(rng.integers(2**31)))
            circuit.append(UnitaryGate(gate), [qubit, qubit + 1])
    return circuit


def robustness_rows(table: report.Table) -> None:
    """Accuracy against noise of ten classes, compiled and refined, routed to FakeTorino."""
    data = digits()
    started = time.process_time()
    refined = deployed().refine(data.x_train, data.y_train, seed=SEED)
    refining = time.process_time() - started
    rows = slice(0, 60 if table.quick else 180)
    started = time.process_time()
    curves = qtn.robustness(
        {"compiled": deployed(), "refined": refined},
        data.x_test[rows], data.y_test[rows],
        noise=[(p, p / 2) for p in LEVELS], device="FakeTorino",
    )  # fmt: skip
    spent = time.process_time() - started
    for name, points in curves.curves().items():
        told = ", ".join(f"{100 * p.noise.gate:g} %: {p.value:.3f}" for p in points)
        kept = ", ".join(f"{p.keep:.2f}" for p in points)
        table.inform(
            f"accuracy against depolarising per CX, readout half of it: {name}", told,
            note=f"{curves.rows} rows, half-width of the intervals up to "
            f"{max(p.high - p.low for p in points) / 2:.3f}; signal kept {kept}; needs "
            f"{points[-1].needed:.2g} shots at the last; {spent:.1f} CPU s for both curves, "
            f"refining {refining:.1f}",
        )  # fmt: skip


JOBS: dict[str, Callable[[report.Table], None]] = {
    "noise: 600 noisy circuits": sweep_row,
    "noise: block tree": blocks_row,
    "noise: resets": reset_rows,
    "noise: forecasts": forecast_rows,
    "noise: green advantage": energy_rows,
    "noise: robustness": robustness_rows,
}
