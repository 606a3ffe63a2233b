"""The automatic choice beside every technique of ours and beside mitiq, at equal shots.

mitiq runs in an environment of its own (`make bench-mitigate` builds it) on the same transpiled
circuits and qubits, with the same total of shots and the same share of them for the calibration.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import qasm2

import qtn.mitigation as mitigation
from benchmarks import mitigate_families as families
from benchmarks import report
from qtn.devices import resolve, transpile_for
from qtn.devices.placement.cutting import active_qubits, cut_circuit
from qtn.devices.placement.transpile import measured

HERE = Path(__file__).parent
PYTHON = HERE / ".peers" / "mitigate" / "bin" / "python"
SHOTS, CALIBRATION = 30_000, 0.16
SEEDS = (16_180, 14_142)  # no choice of technique or constant was made on these draws
TWIRLED = mitigation.Readout(method="twirled")
OWN: dict[str, Any] = {
    "auto": "auto",
    "twirled readout": [TWIRLED],
    "readout + zne(1, 3, 5)": [mitigation.Readout(), mitigation.ZNE()],
    "twirled readout + zne(1, 3, 5), mixture": [TWIRLED, mitigation.ZNE(fit="mixture")],
    "twirled readout + twin zne(1, 5)": [TWIRLED, mitigation.TwinZNE()],
    "readout + twin zne(1, 5)": [mitigation.Readout(), mitigation.TwinZNE()],
}
MITIQ = ("mitiq readout + exponential", "mitiq exponential after a plain inverse")
EDGE = ", moved to the edge of the possible values as ours are"
PEERS = (*MITIQ, *(name + EDGE for name in MITIQ))


def job(problem: families.Problem, native: Any, seed: int) -> dict[str, Any]:
    """What mitiq runs: the native circuit with its basis change, on its own few qubits."""
    label = "".join(
        max(column, key="IZX".index) for column in zip(*problem.observable.paulis.to_labels())
    )
    target = resolve(problem.device).target
    ready = measured(native, label.replace("I", "Z"), target, merge=True)
    places = active_qubits(ready)
    small = cut_circuit(ready, places).remove_final_measurements(inplace=False)
    calibration = int(SHOTS * CALIBRATION / 2)
    return {
        "name": problem.name, "device": problem.device, "qasm": qasm2.dumps(small),
        "places": list(places), "measured": [places.index(q) for q in native.qubits],
        "terms": [
            [float(c.real), [q for q, a in enumerate(reversed(p)) if a != "I"]]
            for p, c in problem.observable.to_list()
        ],
        "shots": (SHOTS - 2 * calibration) // 3, "calibration": calibration, "seed": seed,
    }  # fmt: skip


def peer_values(jobs: Sequence[dict[str, Any]]) -> np.ndarray:
    """Run mitiq on all jobs: values (jobs, 2)."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "jobs.json", Path(folder) / "out.json"
        given.write_text(json.dumps(list(jobs)), encoding="utf-8")
        command = [str(PYTHON), str(HERE / "peers" / "run_mitigate.py"), str(given), str(out)]
        subprocess.run(command, check=True)
        return np.array(json.loads(out.read_text(encoding="utf-8")))


def errors(family: str, seeds: Sequence[int], own: dict[str, Any]) -> dict[str, np.ndarray]:
    """Errors of every pipeline on every draw of a family."""
    problems = [(seed, p) for seed in seeds for p in families.draws(family, seed)]
    found: dict[str, list[float]] = {name: [] for name in own}
    jobs = []
    budget = mitigation.ShotBudget(SHOTS, calibration=CALIBRATION)
    for number, (seed, p) in enumerate(problems):
        native = transpile_for(p.circuit, p.device)
        jobs.append(job(p, native, seed + number))
        for name, techniques in own.items():
            estimate = mitigation.mitigate(
                native, p.observable, techniques, device=p.device,
                shots=mitigation.ShotBudget(SHOTS) if name == "auto" else budget,
                seed=seed + number, progress=False,
            )  # fmt: skip
            found[name].append(estimate.value - p.exact)
        shown = ", ".join(f"{values[-1]:+.4f}" for values in found.values())
        print(f"  {p.name} {native.two_qubit_gates} CX, exact {p.exact:+.3f}: {shown}", flush=True)
    exact = np.array([p.exact for _, p in problems])
    if PYTHON.exists():
        values = peer_values(jobs)
        both = np.hstack([values, np.clip(values, -1, 1)])  # ±1 is the edge of all observables here
        found |= dict(zip(PEERS, (both - exact[:, None]).T.tolist(), strict=True))
    return {name: np.array(values) for name, values in found.items()}


def rmse(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values**2)))


def add_rows(table: report.Table) -> None:
    """Per family: every pipeline, and the automatic choice against the best of the others."""
    for family in families.FAMILIES:
        found = errors(family, SEEDS, OWN)
        count = f"{len(found['auto'])} draws, {SHOTS} shots each"
        for name, values in found.items():
            worst = f"largest {np.abs(values).max():.4f}, {count}"
            table.inform(f"{family}: rmse of {name}", f"{rmse(values):.4f}", note=worst)
        mine = rmse(found["auto"])
        others = {n: rmse(v) for n, v in found.items() if n != "auto" and n not in PEERS}
        best = min(others, key=others.__getitem__)
        table.at_most(f"{family}: auto, rmse", mine, 1.05 * others[best], peer=others[best],
                      peer_name=f"best of ours, {best}", note=count)  # fmt: skip
        if MITIQ[0] not in found:
            table.absent(f"{family}: auto, rmse", "mitiq", "make bench-mitigate builds it")
            continue
        peer = min(PEERS, key=lambda name: rmse(found[name]))
        table.at_most(f"{family}: auto, rmse", mine, rmse(found[peer]), peer=rmse(found[peer]),
                      peer_name=peer, note=count)  # fmt: skip
