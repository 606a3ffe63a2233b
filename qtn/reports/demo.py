"""The main job from data to report, on real handwritten digits."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import positive_int
from qtn._display import with_error
from qtn._io import save, writable_folder, write_atomic
from qtn._progress import progress_bar
from qtn.aqc import Staircase
from qtn.data import Dataset, load_digits
from qtn.devices import Device, run, transpile_for
from qtn.devices.door import MAX_SHOTS
from qtn.hybrid import QuantumClassifier, Robustness, deploy, robustness
from qtn.mitigation import ZNE, Readout
from qtn.models import MPSClassifier
from qtn.reports.comparison import Comparison
from qtn.reports.door import compare
from qtn.reports.rows import Row
from qtn.reports.table import difference_text, probability_text
from qtn.statistics import compare_hits
from qtn.verification import Check, verify

# Half of the rows are kept for the test: a few hundred inputs give a small error of the accuracy.
TEST_FRACTION = 0.5
# Circuits of one sweep over the test inputs on the noisy device: one per input and class.
MAX_CIRCUITS = 1000
MAX_INPUTS = 200
# Zero-noise extrapolation runs each circuit once more with every gate three times.
EXTRAPOLATED = 400
LAYERS = (1, 2)
# Shots of the check against Aer's trajectories, which take seconds per hundred at 16 qubits.
CHECK_SHOTS = 128
# Rows and depolarising probabilities of the curves against noise.
NOISE_ROWS = 40
NOISE_LEVELS = (0.0, 0.01, 0.03)
SMALL_DEVICE, LARGE_DEVICE = "FakeAlgiers", "FakeTorino"


@dataclass(frozen=True, slots=True, eq=False)
class DemoResult:
    """What the demo produced.

    Args:
        comparison: the table and its data.
        files: the files written, by role: report, data, model, circuit, card.
        seconds: wall time of the whole job.
    """

    comparison: Comparison
    files: dict[str, Path]
    seconds: float


def run_demo(
    out: str | PathLike[str] = "out/demo",
    *,
    classes: Sequence[int] | str = "all",
    size: int = 4,
    seed: int = 0,
    shots: int = 4096,
    device: Any = None,
    progress: bool | None = None,
) -> DemoResult:
    """Train, compile, refine, run, mitigate, verify and compare on scikit-learn's digits.

    The circuits are the shallowest that there are, one staircase of gates; what they lose to the
    trained network, their refinement on the training rows wins back.

    Args:
        out: folder for report.html, comparison.qtn, model.qtn, circuit.qasm, refined.qasm and
            card.json; created if missing.
        classes: digits to tell apart, or "all".
        size: pixels per side; qubits = size².
        seed: one seed for the whole job.
        shots: circuit executions per input, class and noise factor.
        device: see `qtn.run`; None for the noise model of a fake backend that is large enough.
        progress: show progress bars (None: where someone can watch).

    Returns:
        A `DemoResult`.

    Raises:
        ArgumentError: a bad argument, a device that is unknown or has too few qubits included.
        FileError: the folder cannot be written.
    """
    start = time.perf_counter()
    positive_int("shots", shots, maximum=MAX_SHOTS)
    data = load_digits(size=size, classes=classes, test_fraction=TEST_FRACTION, seed=seed)
    folder = writable_folder(out)
    command = _command(classes, size, seed, shots, device)
    device = device or (SMALL_DEVICE if data.features <= 27 else LARGE_DEVICE)
    transpile_for(QuantumCircuit(data.features), device)  # raises now if it is unknown or too small

    with progress_bar(6, "train", progress, word="") as bar:
        model = MPSClassifier(bond=8, seed=seed, progress=False)
        model.fit(data.x_train, data.y_train)
        _next(bar, "compile")
        candidates = _deployments(model, device, shots, seed)
        compiled = candidates[0]
        _next(bar, "refine")
        # Mitigation brings scores back, not decisions: the refined model does without.
        refined = replace(compiled.refine(data.x_train, data.y_train), mitigation=())
        _next(bar, "verify")
        checks = _verified(model, compiled)
        _next(bar, "run and mitigate")
        comparison = _compared(model, (compiled, refined), candidates, checks, data, seed, progress)
        made = replace(comparison.made, command=command or comparison.made.command)
        comparison = replace(comparison, made=made)
        _next(bar, "report")
        files = _write(folder, comparison, seed)
        bar.update()
    return DemoResult(comparison, files, time.perf_counter() - start)


def _next(bar: Any, name: str) -> None:
    bar.update()
    bar.set_description(name)


def _deployments(
    model: MPSClassifier, device: Any, shots: int, seed: int
) -> tuple[QuantumClassifier, ...]:
    """Return the model compiled with 1, 2, … staircases, in the form that takes fewest shots."""
    circuits = len(model.classes_) * _inputs(model.classes_)
    techniques = (Readout(), ZNE()) if circuits <= EXTRAPOLATED else (Readout(),)
    return tuple(
        deploy(
            model,
            Staircase(layers=layers),
            device=device,
            shots=shots,
            mitigation=techniques,
            seed=seed,
            progress=False,
        )
        for layers in LAYERS
    )


def _inputs(classes: Any) -> int:
    """Return how many test inputs are run."""
    return min(MAX_INPUTS, MAX_CIRCUITS // len(classes))


def _verified(model: MPSClassifier, quantum: QuantumClassifier) -> tuple[Check, ...]:
    """Check every compiled circuit against the state that it was compiled for."""
    targets = quantum.form.targets(model)
    return tuple(
        verify(compiled.circuit, target)
        for compiled, target in zip(quantum.compiled, targets, strict=True)
    )


def _compared(
    model: MPSClassifier,
    quantum: tuple[QuantumClassifier, QuantumClassifier],
    candidates: tuple[QuantumClassifier, ...],
    checks: tuple[Check, ...],
    data: Dataset,
    seed: int,
    progress: bool | None,
) -> Comparison:
    """Compare, and say beside the table what it does not: the gain on the device, the shots."""
    count = _inputs(model.classes_)
    x, y = data.x_test[:count], data.y_test[:count]
    table = compare(
        model,
        quantum,
        x,
        y,
        train=(data.x_train, data.y_train),
        checks=checks,
        candidates=candidates,
        robustness=_against_noise(quantum, x, y, seed),
        title=f"Handwritten digits, {round(data.features**0.5)}² pixels: classical against quantum",
        seed=seed,
        progress=progress,
    )
    last = [row for row in table.rows if row.kind == "quantum"]
    before, after = (
        [row for row in last if row.model == name][-1] for name in table.quantum_models
    )
    notes = (
        f"{after.name} against {before.name}: {_gain(before, after, y)}.",
        f"refined, {quantum[1].decision(x)}.",
        *_noise_check(quantum[0], _clearest(model, data), seed),
    )
    return replace(table, notes=(*table.notes, *notes))


def _against_noise(
    quantum: tuple[QuantumClassifier, QuantumClassifier], x: np.ndarray, y: np.ndarray, seed: int
) -> Robustness | None:
    """Measure both models at uniform noise on the couplings of a fake backend."""
    device = quantum[0].device
    if not isinstance(device, str) or not device.startswith("Fake"):
        return None
    models = dict(zip(("quantum", "refined"), quantum, strict=True))
    x, y = x[:NOISE_ROWS], y[:NOISE_ROWS]
    return robustness(models, x, y, noise=NOISE_LEVELS, device=device, seed=seed)


def _command(classes: Sequence[int] | str, size: int, seed: int, shots: int, device: Any) -> str:
    """Return the command line that does the same; "" for a device without a name."""
    if not isinstance(device, str | None):
        return ""
    digits = [classes] if isinstance(classes, str) else [str(c) for c in classes]
    words = ["qtn", "demo", "--classes", *digits, "--size", str(size), "--seed", str(seed)]
    words += ["--shots", str(shots), *(["--device", device] if device else [])]
    return shlex.join(words)


def _gain(before: Row, after: Row, y: np.ndarray) -> str:
    """Return what refinement wins on the same rows."""
    found = compare_hits(before.predictions == y, after.predictions == y)
    shown = difference_text(3, replace(after, difference=found))
    return f"{shown}, p = {probability_text(found.p_value)} (exact McNemar)"


def _clearest(model: MPSClassifier, data: Dataset) -> np.ndarray:
    """Return the test input with the largest score of the first class, shape (1, features)."""
    best = int(np.argmax(np.asarray(model.scores(data.x_test))[:, 0]))
    return data.x_test[best : best + 1]


def _noise_check(quantum: QuantumClassifier, x: np.ndarray, seed: int) -> tuple[str, ...]:
    """Compare the tensor-network engine of a fake backend with Aer's trajectories on one input.

    The sweep runs on the density operator as a tensor network, which holds the same noise model
    without sampling its trajectories; this says by how much the two differ.
    """
    if not isinstance(quantum.device, str) or not quantum.device.startswith("Fake"):
        return ()
    work = quantum.form.circuits(quantum, x)[0]
    pub = (work.circuit, work.rows)
    aer = Device(quantum.device, engine="aer")
    exact, sampled = (
        run(pub, work.asked, device=device, shots=shots, seed=seed).values[0][0]
        for device, shots in ((quantum.device, 20 * CHECK_SHOTS), (aer, CHECK_SHOTS))
    )
    sigma = float(np.hypot(exact.stderr, sampled.stderr))
    distance = abs(float(exact) - float(sampled)) / sigma
    return (
        f"Noise engine, one input: {with_error(exact.value, exact.stderr)} by tensor network, "
        f"{with_error(sampled.value, sampled.stderr)} by Aer's trajectories "
        f"({distance:.1f} standard errors apart).",
    )


def _write(folder: Path, comparison: Comparison, seed: int) -> dict[str, Path]:
    """Write model, circuits, card and report; the report last, so that it names what exists."""
    files = {"model": save(comparison.model, folder / "model.qtn")}
    cards = []
    models: Sequence[Any] = list(comparison.quantum_models.values())
    for role, quantum in zip(("circuit", "refined"), models, strict=True):
        for index, compiled in enumerate(quantum.compiled):
            # The first is `circuit.qasm`; the others carry the label of their class in the name.
            label = quantum.classes[index] if len(quantum.compiled) > 1 else None
            name = f"{role}.qasm" if index == 0 else f"{role}_{label}.qasm"
            path = write_atomic(folder / name, compiled.qasm())
            files.setdefault(role, path)
            cards.append(
                {
                    "file": name,
                    "label": None if label is None else int(label),
                    "weight": float(quantum.weights[index]),
                    "fidelity": compiled.fidelity,
                    "floor": compiled.floor,
                    "two_qubit_gates": compiled.two_qubit_gates,
                    "two_qubit_depth": compiled.two_qubit_depth,
                }
            )
    card = {
        "device": str(comparison.quantum.device),
        "shots": comparison.quantum.shots,
        "seed": seed,
        "circuits": cards,
        "comparison": comparison.to_dict(times=False),
    }
    files["card"] = write_atomic(folder / "card.json", json.dumps(card, indent=2) + "\n")
    files["data"] = comparison.save(folder / "comparison.qtn")
    files["report"] = comparison.save(folder / "report.html")
    return files
