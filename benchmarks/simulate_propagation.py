"""Pauli propagation: kicked Ising on 127 qubits, hadrons, echoes whose published values disagree.

    python -m benchmarks.simulate --only kicked-ising echoes

The kicked Ising circuit is that of Kim et al., Nature 618, 500 (2023): every step turns all qubits
by Rx(θ) and all couplings of the heavy-hex lattice by Rzz(-π/2); the value is ⟨Z62⟩ (⟨Z50⟩ on a
line of 100). The peer is pauli-prop in its own environment; its guide does the 17 angles at 10⁵
terms in 116 s. The echoes are files of the quantum-advantage-tracker, read where `QTN_DATA` says.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit

import qtn
from benchmarks import report
from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, generators_of, propagate
from qtn.verification import Limits

N, SITE, TERMS = 127, 62, 100_000
GUIDE = 116.0  # CPU seconds of the peer's guide for all angles
ANGLES = np.linspace(0.0, np.pi / 2, 17)
PEER = Path(__file__).parent / ".peers" / "simulate" / "bin" / "python"
DATA = Path(os.environ.get("QTN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
ECHOES = {
    # file, qubits of the observable, published values
    "49 qubits, 648 CZ": ("49Q_OLE_circuit_L_3_b_0.25_delta0.15", ".808 … .824"),
    "49 qubits, 1,296 CZ": ("49Q_OLE_circuit_L_6_b_0.25_delta0.15", ".619 … .943"),
    "70 qubits, 1,872 CZ": ("70Q_OLE_circuit_L_6_b_0.25_delta0.15", ".614 … .952"),
}
OBSERVED = (52, 59, 72)
ECHO_SECONDS = 20.0


@functools.cache
def heavy_hex() -> list[list[int]]:
    """Return the couplings of the 127-qubit heavy-hex lattice."""
    from qiskit_ibm_runtime.fake_provider import FakeSherbrooke

    edges = {tuple(sorted(edge)) for edge in FakeSherbrooke().coupling_map.get_edges()}
    return [list(edge) for edge in sorted(edges)]


def kicked_ising(n: int, edges: list[list[int]], angle: float, steps: int) -> QuantumCircuit:
    """Return the circuit of some steps."""
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        circuit.rx(angle, range(n))
        for edge in edges:
            circuit.rzz(-np.pi / 2, *edge)
    return circuit


def label(n: int, sites: tuple[int, ...]) -> str:
    """Return Z on some sites as Qiskit prints it."""
    return "".join("Z" if q in sites else "I" for q in range(n))[::-1]


def _propagated(circuit: QuantumCircuit, site: int, **cuts: float) -> tuple[float, object, float]:
    """Return the value in |0…0⟩, the run, and its CPU seconds with reading the gates."""
    start = time.process_time()
    gates = gate_list(circuit)
    total = PauliSum.from_terms([Term(1.0, ((site, "Z"),))], gates.n)
    found = propagate(total, generators_of(gates.n, gates.gates), **cuts)
    return found.kept.value(), found, time.process_time() - start


def kicked_rows(table: report.Table) -> None:
    """Clifford angles, short evolutions with bounds, 17 angles of 20 steps."""
    observable = label(N, (SITE,))
    qtn.verify(kicked_ising(N, heavy_hex(), 0.1, 1), observables=observable)  # compiles the loops
    for angle, exact in ((0.0, 1.0), (np.pi / 2, 0.0)):
        start = time.process_time()
        check = qtn.verify(kicked_ising(N, heavy_hex(), angle, 20), observables=observable)
        seconds = time.process_time() - start
        name = f"kicked Ising, 127 qubits, 20 steps, θ = {angle:.3g}: error of ⟨Z62⟩"
        error = abs(check.values[0].value - exact) if check.rigorous else np.inf
        table.at_most(name, float(error), 1e-12, note=f"{seconds:.2f} s, {check.method}")
    for angle in (0.1, 0.2, 0.3):
        start = time.process_time()
        circuit = kicked_ising(N, heavy_hex(), angle, 5)
        check = qtn.verify(circuit, observables=observable, method="propagation")
        seconds = time.process_time() - start
        name = f"kicked Ising, 5 steps, θ = {angle}: rigorous half-width"
        width = float(check.values[0].stderr) if check.rigorous else np.inf
        note = f"{check.values[0].value:.6f}, {seconds:.2f} s"
        table.at_most(name, width, 1e-3, note=note)
    seconds, peak, values = 0.0, 0, []
    for angle in ANGLES:
        circuit = kicked_ising(N, heavy_hex(), float(angle), 20)
        value, found, took = _propagated(circuit, SITE, max_terms=TERMS)
        seconds += took
        peak = max(peak, len(found.kept))
        values.append(value)
    shown = ", ".join(f"{value:.3f}" for value in values)
    name = "kicked Ising, 20 steps, 17 angles, 1e5 terms: CPU seconds"
    table.at_most(name, seconds, GUIDE, unit="s", peer=GUIDE, peer_name="guide", note=shown)


def hadron_rows(table: report.Table) -> None:
    """One ⟨Z⟩ of hadrons on 120 qubits, 5 steps; a cut at 1e-8 by numpy gave 5.3e-4."""
    start = time.process_time()
    check = qtn.verify(
        qtn.hadron_circuit(60, 5), observables=label(120, (59,)), method="propagation"
    )
    seconds = time.process_time() - start
    width = float(check.values[0].stderr) if check.rigorous else np.inf
    name = "hadrons, 120 qubits, 5 steps, ⟨Z59⟩ by strings: rigorous half-width"
    note = f"{check.values[0].value:.6f}, {seconds:.2f} s, {check.why}"
    table.at_most(name, width, 5.3e-4, note=note)


def peer_rows(table: report.Table) -> None:
    """The same circuits by pauli-prop."""
    line = [[q, q + 1] for q in range(99)]
    jobs = {
        "line of 100, 10 steps, θ = 0.5, cut 1e-5": (100, 50, line, 0.5, 10, {"cutoff": 1e-5}),
        "127 qubits, 20 steps, θ = 0.4, 1e5 terms": (
            N, SITE, heavy_hex(), 0.4, 20, {"max_terms": TERMS},
        ),
    }  # fmt: skip
    for name, (n, site, edges, angle, steps, cuts) in jobs.items():
        circuit = kicked_ising(n, edges, angle, steps)
        value, found, seconds = _propagated(circuit, site, **cuts)
        note = f"{value:.6f}, {len(found.kept):,} terms"
        try:
            theirs = _peer({"n": n, "site": site, "edges": edges, "angle": angle, "steps": steps,
                            **cuts})  # fmt: skip
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            table.absent(name, "pauli-prop", str(error)[:80])
            continue
        note += f"; pauli-prop {theirs['value']:.6f}, {theirs['terms']:,} terms"
        pair = report.Paired(seconds, theirs["seconds"], theirs["seconds"] / seconds)
        table.speed(f"Pauli propagation, {name}", pair, at_least=1.0, peer="pauli-prop", note=note)


def _peer(job: dict[str, object]) -> dict[str, float]:
    script = Path(__file__).parent / "peers" / "run_propagation.py"
    command = [str(PEER), str(script), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def echo_rows(table: report.Table) -> None:
    """Operator Loschmidt echoes: an interval, or refused with the reason; no number alone."""
    for name, (file, published) in ECHOES.items():
        path = DATA / "circuits" / f"{file}.qasm.xz"
        if not path.exists():
            table.absent(f"echo, {name}", "-", f"no file {path.name} under QTN_DATA")
            continue
        start = time.process_time()
        gates = gate_list(path)
        read = time.process_time() - start
        start = time.process_time()
        try:
            limits = Limits(seconds=ECHO_SECONDS, max_bond=64)
            check = qtn.infinite_temperature(path, label(gates.n, OBSERVED), limits=limits)
            found = f"{check.values[0].value:.3f} ± {check.values[0].stderr:.1g} ({check.method})"
            honest = bool(np.isfinite(check.values[0].stderr))
        except VerificationError as error:
            found, honest = f"not certified: {error}", True
        seconds = time.process_time() - start
        note = f"published {published}; {found}; {seconds:.1f} s"
        job = f"echo, {name}: read, then interval or refused"
        table.add(
            report.Row(
                job,
                f"{read:.2f} s",
                "4.4 s qiskit",
                f"{4.4 / read:.0f}x",
                "read <= 1 s, honest",
                read <= 1.0 and honest,
                note,
            )
        )
