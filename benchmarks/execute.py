"""Benchmark of running: noisy calls on a large device, sweeps against a naive loop, crashes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

import qtn
from benchmarks import parts, report

ROOT = Path(__file__).resolve().parents[1]


def ghz(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for qubit in range(n - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def swept(n: int) -> QuantumCircuit:
    circuit = ghz(n)
    for qubit, angle in enumerate(ParameterVector("angle", n)):
        circuit.ry(angle, qubit)
    return circuit


def noisy_rows(table: report.Table) -> None:
    """A warm noisy call on 133 qubits, against qiskit-ibm-runtime's local mode."""
    from qiskit_ibm_runtime.executor_sampler import Sampler
    from qiskit_ibm_runtime.fake_provider import FakeTorino

    backend = FakeTorino()
    repeats = 1 if table.quick else 5
    for n in (4, 5, 6):
        circuit = ghz(n)

        def ours(circuit: QuantumCircuit = circuit, n: int = n) -> None:
            observable = SparsePauliOp(["X" * n, "Z" * n])
            qtn.run(circuit, observable, device="FakeTorino", shots=1000)

        ours()
        mine = float(np.median([report.cpu_seconds(ours) for _ in range(repeats)]))
        measured = circuit.copy()
        measured.measure_all()

        def peer(measured: QuantumCircuit = measured) -> None:
            native = transpile(measured, backend, seed_transpiler=0)
            Sampler(mode=backend).run([native], shots=1000).result()

        theirs = report.cpu_seconds(peer)
        table.at_most(
            f"warm noisy call, 133-qubit device, {n} qubits",
            mine,
            1.0,
            peer=theirs,
            unit="s",
            peer_name="runtime, local",
            note="1,000 shots; ours in two bases, the peer in one",
        )


def sweep_rows(table: report.Table) -> None:
    """Bound copies of one circuit: transpiled once, against transpiling and running each."""
    copies, naive_copies = 1000, 20 if table.quick else 100
    circuit = swept(5)
    values = np.random.default_rng(0).normal(size=(copies, 5))
    full = circuit.copy()
    full.measure_all()
    for device, simulator in (
        ("aer", AerSimulator()),
        ("FakeManilaV2", AerSimulator.from_backend(qtn.devices.resolve("FakeManilaV2")._backend)),
    ):

        def naive(simulator: AerSimulator = simulator) -> None:
            for row in values[:naive_copies]:
                native = transpile(full.assign_parameters(row), simulator, seed_transpiler=0)
                simulator.run(native, shots=1000).result().get_counts()

        def ours(device: str = device) -> None:
            qtn.run((circuit, values), device=device, shots=1000)

        qtn.run((circuit, values[:1]), device=device, shots=1000)
        mine = report.cpu_seconds(ours)
        theirs = report.cpu_seconds(naive) * copies / naive_copies
        table.speed(
            f"{copies} bound copies, 5 qubits, {device}",
            report.Paired(mine, theirs, theirs / mine),
            at_least=20.0,
            peer="naive loop",
            note=f"1,000 shots; the loop was timed on {naive_copies} copies",
        )


LOAD = """
import resource, sys, time
from qiskit import QuantumCircuit
import qtn
kind, count, ledger = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or [None])[0]
circuits = []
for k in range(count if kind == "circuits" else 1):
    circuits.append(QuantumCircuit(2 if kind == "circuits" else 5))
    circuits[-1].ry(0.1 * k + 0.5, 0)
    circuits[-1].cx(0, 1)
qtn.run(circuits[:1], shots=10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
start = time.process_time()
qtn.run(circuits, shots=100 if kind == "circuits" else count, progress=False, ledger=ledger)
spent = time.process_time() - start
print(spent, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def load_rows(table: report.Table) -> None:
    """One run of very many small circuits, and one of very many shots, each in a fresh process."""
    circuits, shots = (5_000, 10**6) if table.quick else (100_000, 10**7)

    def told(kind: str, count: int, *ledger: str) -> list[float]:
        command = [sys.executable, "-c", LOAD, kind, str(count), *ledger]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        return [float(word) for word in done.stdout.split()]

    seconds, before, peak = told("circuits", circuits)
    what = f"{circuits} circuits of 2 qubits in one run"
    each = 1000 * seconds / circuits
    table.at_most(f"{what}: each", each, 2.0, unit="ms", note="processor time, Aer's included")
    note = f"{before:.0f} MB of them the caller's circuits and imports"
    table.at_most(f"{what}: peak memory", peak, 1000.0, unit="MB", note=note)
    with tempfile.TemporaryDirectory() as folder:
        seconds, before, peak = told("circuits", circuits // 5, folder)
    what = f"{circuits // 5} circuits of 2 qubits in one recorded run"
    note = f"processor time; peak memory {peak:.0f} MB, {before:.0f} MB before"
    table.at_most(f"{what}: each", 1000 * seconds / (circuits // 5), 2.0, unit="ms", note=note)
    seconds, before, peak = told("shots", shots)
    what = f"{shots} shots of 5 qubits in one run"
    note = f"above {before:.0f} MB before; {seconds:.1f} s"
    table.at_most(f"{what}: memory taken", peak - before, 300.0, unit="MB", note=note)


def crash_rows(table: report.Table) -> None:
    """Processes killed at random instants; the same for a file of appended lines."""
    trials = 20 if table.quick else 100
    worker = ROOT / "tests" / "devices" / "crash_worker.py"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(worker), folder, "random", str(trials)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
    found = json.loads(done.stdout)
    states = ", ".join(f"{k[7:]}: {v}" for k, v in found.items() if k.startswith("state"))
    table.at_most(f"kill -9, {trials} trials: jobs lost", found["lost"], 0, note=states)
    table.at_most(f"kill -9, {trials} trials: submitted twice", found["twice"], 0)


JOBS: dict[str, parts.Job] = {
    "load": load_rows,
    "sweep": sweep_rows,
    "noisy": noisy_rows,
    "crash": crash_rows,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parts.main(report.Table("execute", "Running on devices"), JOBS)
