"""SU(2) hadrons on 120 qubits, compiled: the deep circuit's state by fewer layers of hops.

    python -m benchmarks.flagship --only "compile"

Infidelities are those of the circuit itself, couplings included, with rigorous floors. Two lines:
the species on lines of their own, hops without swaps, couplings between the lines. One line: the
sites one after another, the two qubits of a site in turn first and last, so that hops of one
species on even bonds and of the other on odd bonds lie next to each other; between two layers of
hops all sites swap their qubits, and a coupling on the way costs nothing.
"""

from __future__ import annotations

import time

from qiskit import QuantumCircuit

import qtn
from benchmarks import parts, report

GOAL = 1e-2
ROWS = {5: (4, 0, 8), 10: (7, 1, 20), 15: (9, 3, None)}
"""Steps: layers of hops, layers of couplings, and the largest CX depth asked for."""
ONE_LINE = {5: (4, 17), 10: (7, 40), 15: (9, None)}
"""Steps: layers of hops, and the largest CX depth asked for on one line."""


def two_lines(table: report.Table) -> None:
    """Fixed layers on two lines after 5, 10 and 15 steps: infidelity, depth, seconds."""
    sites = 12 if table.quick else 60
    for steps, (layers, couplings, depth) in ROWS.items():
        if table.quick and steps > 5:
            continue
        began = time.process_time()
        circuit = qtn.hadron_circuit(sites=sites, steps=steps)
        found = qtn.compile(circuit, qtn.Hops(layers, couplings), progress=False)
        seconds = time.process_time() - began
        name = (
            f"compile {steps} steps, two lines, {layers} layers of hops, {couplings} of couplings"
        )
        _rows(table, name, found, depth, seconds)


def one_line(table: report.Table) -> None:
    """The same on one line, couplings in the swaps."""
    sites = 12 if table.quick else 60
    order = [qubit ^ (qubit // 2 % 2) for qubit in range(2 * sites)]
    for steps, (layers, depth) in ONE_LINE.items():
        if table.quick and steps > 5:
            continue
        began = time.process_time()
        circuit = QuantumCircuit(2 * sites)
        circuit.compose(qtn.hadron_circuit(sites=sites, steps=steps), order, inplace=True)
        found = qtn.compile(circuit, qtn.Hops(layers, line=True), progress=False)
        seconds = time.process_time() - began
        _rows(table, f"compile {steps} steps, one line, {layers} layers", found, depth, seconds)


def by_default(table: report.Table) -> None:
    """`qtn.compile(circuit)` with nothing else, 5 steps."""
    began = time.process_time()
    circuit = qtn.hadron_circuit(sites=12 if table.quick else 60, steps=5)
    found = qtn.compile(circuit, progress=False)
    seconds = time.process_time() - began
    _rows(table, "compile 5 steps by default", found, None, seconds, goal=1e-3)


def _rows(
    table: report.Table, name: str, found: qtn.Compiled, depth: int | None, seconds: float,
    goal: float = GOAL,
) -> None:  # fmt: skip
    note = (
        f"at most {report.number(1.0 - found.floor)} for certain; {found.two_qubit_gates} CX, "
        f"depth {found.two_qubit_depth}, {report.number(seconds)} CPU s in all"
    )
    table.at_most(f"{name}: infidelity", found.infidelity, goal, note=note)
    if depth is not None:
        table.at_most(f"{name}: CX depth", found.two_qubit_depth, depth)
    front = "; ".join(
        f"{point.two_qubit_gates} CX, depth {point.two_qubit_depth}: "
        f"{report.number(point.infidelity)}"
        for point in found.pareto
    )
    table.inform(f"{name}: front", front)


JOBS: dict[str, parts.Job] = {
    "compile hadrons on two lines": two_lines,
    "compile hadrons on one line": one_line,
    "compile hadrons by default": by_default,
}
