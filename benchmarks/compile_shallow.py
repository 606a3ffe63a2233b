"""States of shallow circuits, given as bare matrix product states: is the circuit found again?

    python -m benchmarks.compile --only "shallow circuits"

A cluster state, and states of two to four layers of Haar-random blocks. `Auto` is told nothing of
where they come from.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

import qtn
from benchmarks import report
from qtn.aqc.kernels.gates import nearest_unitary
from qtn.aqc.target import as_target

CLUSTER, HAAR, LAYERS, SEEDS = 100, 50, (2, 3, 4), 5
GOAL = 1e-3  # that `Auto` has by default


def cluster(n: int) -> QuantumCircuit:
    """Prepare the one-dimensional cluster state."""
    circuit = QuantumCircuit(n)
    circuit.h(range(n))
    for first in (0, 1):
        for i in range(first, n - 1, 2):
            circuit.cz(i, i + 1)
    return circuit


def haar(n: int, layers: int, seed: int) -> QuantumCircuit:
    """Apply brickwall layers of Haar-random blocks."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for i in range(layer % 2, n - 1, 2):
            block = nearest_unitary(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
            circuit.append(UnitaryGate(block), [i, i + 1])
    return circuit


def found(circuit: QuantumCircuit, seed: int) -> tuple[qtn.Compiled, float]:
    """Compile the bare state of a circuit; return the result and its CPU seconds."""
    state = qtn.MPS(as_target(circuit).tensors)
    began = time.process_time()
    compiled = qtn.compile(state, seed=seed, progress=False)
    return compiled, time.process_time() - began


def rows(table: report.Table) -> None:
    """Infidelity, emitted gates and depth of what `Auto` finds."""
    compiled, seconds = found(cluster(CLUSTER), 0)
    gates = f"{compiled.two_qubit_gates} CX, depth {compiled.two_qubit_depth}"
    shown = f"{report.number(compiled.infidelity)}, {gates}"
    table.inform(f"shallow: cluster state, n={CLUSTER}", shown, note=f"{seconds:.2f} CPU s")
    for layers in LAYERS:
        every = [found(haar(HAAR, layers, seed), seed) for seed in range(SEEDS)]
        values = sorted(one.infidelity for one, _ in every)
        counts = sorted(one.two_qubit_gates for one, _ in every)
        depths = sorted(one.two_qubit_depth for one, _ in every)
        middle = SEEDS // 2
        name = f"shallow: {layers} layers of Haar-random blocks, n={HAAR}"
        table.at_most(
            f"{name}, worst seed",
            values[-1],
            GOAL,
            note=f"{SEEDS} seeds, median {report.number(values[middle])}; "
            f"{statistics.median(s for _, s in every):.2f} CPU s",
        )
        # Three CX a block, as many as the layers take that made the state.
        blocks = 3 * sum((HAAR - layer % 2) // 2 for layer in range(layers))
        table.at_most(
            "  CX, median", counts[middle], blocks, note=f"depth {depths[middle]}, "
            f"largest {counts[-1]} CX in depth {depths[-1]}",
        )  # fmt: skip
