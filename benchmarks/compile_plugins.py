"""Inside Qiskit: CX of `qtn.gate`, the first stage and unitaries through plain `transpile`.

    python -m benchmarks.compile --only "inside Qiskit"

Peers are what the same call does without us: Qiskit's `StatePreparation` and its decomposition of
unitaries; and PennyLane's `MPSPrep`, which is exact and has log2 of the bond more wires.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.converters import dag_to_circuit
from qiskit.quantum_info import Operator, Statevector
from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig
from scipy.stats import unitary_group

import qtn
from benchmarks import report
from benchmarks.compile_networks import (
    SEEDS,
    mps_prep_gates,
    random_chain,
    state_preparation_gates,
)
from qtn.plugins.qiskit_stage import CompressStart
from qtn.plugins.qiskit_synthesis import StateGateSynthesis
from qtn.plugins.qiskit_unitary import UnitarySearch

BASIS = ["u", "cx"]
# What the entry point says, for environments that were installed before there was one.
OURS = HLSConfig(qtn_state=[StateGateSynthesis()])


def gate_rows(table: report.Table) -> None:
    """Random chains through plain `transpile` at every level, with the overlap of the result."""
    for n in (8, 10, 12):
        for infidelity, share in ((1e-3, 0.5), (1e-6, 0.75)):
            runs = [level_run(n, infidelity, seed) for seed in seeds(table)]
            gates = [counts[3] for counts, _, _ in runs]
            state = random_chain(n, 4, SEEDS[0])
            theirs, qiskit = mps_prep_gates(state), state_preparation_gates(state)
            worst = max(run[1] for run in runs)
            levels = ", ".join(str(c) for c in runs[0][0])
            seconds = statistics.median(run[2] for run in runs)
            table.at_most(
                f"qtn.gate, random chain n={n}, bond 4, level 3: {infidelity:g}",
                statistics.median(gates) if worst <= infidelity else float("inf"),
                share * min(theirs, qiskit), peer=float(theirs),
                unit="CX", peer_name="PennyLane MPSPrep",
                note=f"levels 0 to 3: {levels} CX; worst infidelity {report.number(worst)}; "
                f"Qiskit StatePreparation {qiskit} CX; {report.number(seconds)} CPU s in all",
            )  # fmt: skip


def level_run(n: int, infidelity: float, seed: int) -> tuple[list[int], float, float]:
    """Return the CX of levels 0 to 3, the worst infidelity of the circuits, and CPU seconds."""
    state = random_chain(n, 4, seed)
    exact, counts, worst = state.to_dense(), [], 0.0
    began = time.process_time()
    for level in range(4):
        circuit = QuantumCircuit(n)
        circuit.append(qtn.gate(state, infidelity=infidelity), range(n))
        ready = transpile(
            circuit, basis_gates=BASIS, coupling_map=full(n), optimization_level=level,
            hls_config=OURS, seed_transpiler=0,
        )  # fmt: skip
        counts.append(int(ready.count_ops()["cx"]))
        layout = ready.layout.final_index_layout() if ready.layout else list(range(n))
        turned = Statevector(ready).data.reshape((2,) * n)
        axes = [n - 1 - q for q in reversed(layout)]
        overlap = np.vdot(turned.transpose(axes).ravel(), exact)
        worst = max(worst, 1.0 - abs(overlap) ** 2)
    return counts, worst, time.process_time() - began


def full(n: int) -> Any:
    """Return a coupling of all qubits, with which Qiskit tells plugins the level."""
    return [[a, b] for a in range(n) for b in range(n) if a != b]


def seeds(table: report.Table) -> range:
    """Return the seeds of a row."""
    return SEEDS[:1] if table.quick else SEEDS


def stage_rows(table: report.Table) -> None:
    """A quench of ten steps on eight qubits: Qiskit alone, and after our first stage."""
    circuit = QuantumCircuit(8)
    circuit.x(range(0, 8, 2))
    for _ in range(10):
        for k in (*range(0, 7, 2), *range(1, 7, 2)):
            circuit.rxx(0.1, k, k + 1)
            circuit.ryy(0.1, k, k + 1)
            circuit.rzz(0.1, k, k + 1)
    plain = transpile(circuit, basis_gates=BASIS, optimization_level=3)
    began = time.process_time()
    short = CompressStart(3, 1 - 1e-4)(circuit)
    ready = transpile(short, basis_gates=BASIS, optimization_level=3)
    seconds = time.process_time() - began
    overlap = abs(np.vdot(Statevector(short).data, Statevector(circuit).data)) ** 2
    theirs, ours = (c.count_ops()["cx"] for c in (plain, ready))
    table.at_most(
        "first stage, Heisenberg quench n=8, ten steps, level 3", float(ours), 0.5 * theirs,
        peer=float(theirs), unit="CX", peer_name="Qiskit alone",
        note=f"infidelity {report.number(1 - overlap)} of 1e-4 allowed, {seconds:.1f} CPU s",
    )  # fmt: skip


def unitary_rows(table: report.Table) -> None:
    """Random unitaries: CX of our search, and of Qiskit's decomposition at level 3."""
    for n, bar in ((3, 14), (4, 61), (5, 268)):
        counts, theirs, errors, spent = [], [], [], []
        for seed in seeds(table)[: 5 if n < 5 else 1]:
            circuit = QuantumCircuit(n)
            circuit.unitary(unitary_group.rvs(2**n, random_state=seed), range(n))
            plain = transpile(circuit, basis_gates=BASIS, optimization_level=3)
            theirs.append(plain.count_ops()["cx"])
            began = time.process_time()
            dag = UnitarySearch().run(circuit.data[0].operation.to_matrix())
            spent.append(time.process_time() - began)
            counts.append(dag.count_ops()["cx"])
            made = Operator(dag_to_circuit(dag)).data
            errors.append(np.abs(made - Operator(circuit).data).max())
        table.at_most(
            f"random unitary of {n} qubits", float(max(counts)), bar, peer=float(min(theirs)),
            unit="CX", peer_name="Qiskit level 3",
            note=f"{len(counts)} seeds, largest error of an entry {report.number(max(errors))}, "
            f"{report.number(statistics.median(spent))} CPU s",
        )  # fmt: skip


JOBS = {
    "inside Qiskit: states": gate_rows,
    "inside Qiskit: first stage": stage_rows,
    "inside Qiskit: unitaries": unitary_rows,
}
