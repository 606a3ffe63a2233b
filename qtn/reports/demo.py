"""The main job from data to report, on real handwritten digits."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import positive_int
from qtn._io import save, writable_folder, write_atomic
from qtn._progress import progress_bar
from qtn.aqc import Staircase
from qtn.data import Dataset, load_digits
from qtn.devices import Device, run, transpile_for
from qtn.devices.door import MAX_SHOTS
from qtn.estimate import format_value
from qtn.hybrid import QuantumClassifier, deploy
from qtn.interop.qasm import to_qasm3
from qtn.mitigation import ZNE, Readout
from qtn.models import MPSClassifier
from qtn.reports.comparison import Comparison
from qtn.reports.door import compare
from qtn.verification import verify

# Half of the rows are kept for the test: a few hundred inputs give a small error of the accuracy.
TEST_FRACTION = 0.5
MAX_INPUTS = 200
MAX_LAYERS = 3
# The quantum model may lose this much accuracy to compilation, judged on the training rows.
ACCURACY_TOLERANCE = 0.005
# Shots of the check against Aer's trajectories, which take seconds per hundred at 16 qubits.
CHECK_SHOTS = 256
SMALL_DEVICE, LARGE_DEVICE = "FakeAlgiers", "FakeTorino"


@dataclass(frozen=True, slots=True, eq=False)
class DemoResult:
    """What the demo produced.

    Args:
        comparison: the table and its data.
        files: the files written, by role: report, model, circuit, card.
        seconds: wall time of the whole job.
    """

    comparison: Comparison
    files: dict[str, Path]
    seconds: float


def run_demo(
    out: str | PathLike[str] = "out/demo",
    *,
    classes: Sequence[int] | str = (0, 1),
    size: int = 4,
    seed: int = 0,
    shots: int = 4096,
    device: Any = None,
    progress: bool | None = None,
) -> DemoResult:
    """Train, compile, run, mitigate, verify and compare on scikit-learn's digits.

    Args:
        out: folder for report.html, model.qtn, circuit.qasm and card.json; created if missing.
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
    device = device or (SMALL_DEVICE if data.features <= 27 else LARGE_DEVICE)
    transpile_for(QuantumCircuit(data.features), device)  # raises now if it is unknown or too small

    with progress_bar(5, "train", progress) as bar:
        model = MPSClassifier(bond=8, seed=seed, progress=False)
        model.fit(data.x_train, data.y_train)
        bar.update()
        bar.set_description("compile")
        candidates = _deployments(model, device, shots, seed)
        quantum = candidates[_chosen(model, candidates, data)]
        bar.update()
        bar.set_description("verify")
        checks = tuple(
            verify(compiled.circuit, model.state(label))
            for label, compiled in zip(quantum.classes, quantum.compiled, strict=True)
        )
        bar.update()
        bar.set_description("run and mitigate")
        comparison = compare(
            model,
            quantum,
            data.x_test[:MAX_INPUTS],
            data.y_test[:MAX_INPUTS],
            train=(data.x_train, data.y_train),
            checks=checks,
            candidates=candidates,
            notes=_noise_check(quantum, _clearest(model, data), seed),
            title=f"Handwritten digits, {size}×{size} pixels: classical against quantum",
            progress=progress,
        )
        bar.update()
        bar.set_description("report")
        files = _write(folder, comparison, seed)
        bar.update()
    return DemoResult(comparison, files, time.perf_counter() - start)


def _deployments(
    model: MPSClassifier, device: Any, shots: int, seed: int
) -> tuple[QuantumClassifier, ...]:
    """Return the model compiled with 1, 2, … staircases."""
    return tuple(
        deploy(
            model,
            Staircase(layers=layers),
            device=device,
            shots=shots,
            mitigation=(Readout(), ZNE()),
            seed=seed,
            progress=False,
        )
        for layers in range(1, MAX_LAYERS + 1)
    )


def _chosen(model: MPSClassifier, candidates: Sequence[QuantumClassifier], data: Dataset) -> int:
    """Return the shallowest deployment that keeps the accuracy on the training rows."""
    classical = float(model.score(data.x_train, data.y_train))
    accuracies = []
    for quantum in candidates:
        predictions = quantum.decide(quantum.ideal_scores(data.x_train))
        accuracies.append(float(np.mean(predictions == data.y_train)))
        if accuracies[-1] >= classical - ACCURACY_TOLERANCE:
            return len(accuracies) - 1
    return int(np.argmax(accuracies))


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
        f"Noise engine, one input: {format_value(exact.value, exact.stderr)} by tensor network, "
        f"{format_value(sampled.value, sampled.stderr)} by Aer's trajectories "
        f"({distance:.1f} standard errors apart).",
    )


def _write(folder: Path, comparison: Comparison, seed: int) -> dict[str, Path]:
    """Write model, circuits, card and report; the report last, so that it names what exists."""

    quantum = comparison.quantum
    files = {"model": save(comparison.model, folder / "model.qtn")}
    cards = []
    for index, (label, compiled) in enumerate(zip(quantum.classes, quantum.compiled, strict=True)):
        # The first class is `circuit.qasm`; the others carry their label in the name.
        name = "circuit.qasm" if index == 0 else f"circuit_{label}.qasm"
        path = write_atomic(folder / name, to_qasm3(compiled.circuit))
        files.setdefault("circuit", path)
        cards.append(
            {
                "file": name,
                "label": int(label),
                "weight": float(quantum.weights[index]),
                "fidelity": compiled.fidelity,
                "floor": compiled.floor,
                "two_qubit_gates": compiled.two_qubit_gates,
                "two_qubit_depth": compiled.two_qubit_depth,
            }
        )
    card = {
        "device": str(quantum.device),
        "shots": quantum.shots,
        "seed": seed,
        "circuits": cards,
        "comparison": comparison.to_dict(),
    }
    files["card"] = write_atomic(folder / "card.json", json.dumps(card, indent=2) + "\n")
    files["report"] = comparison.save(folder / "report.html")
    return files
