"""Operator backpropagation beside qiskit-addon-obp, and what it gains on a noisy device.

The addon gets the very layers that ours takes, and the same budgets of strings and bases. The
operators are compared string by string.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, qasm2
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
import qtn.mitigation as mitigation
from benchmarks import report
from benchmarks.mitigate_peers import PYTHON
from qtn.interop.observables import parse_observables
from qtn.mitigation.procedures.backpropagation import Limits, cuts_within
from qtn.mitigation.procedures.tails import levels_from_end, with_gates

PEER = Path(__file__).parent / "peers" / "run_obp.py"
MAX_TERMS, MAX_GROUPS = 5000, 400
NOISY = "FakeTorino"
SHOTS, SEEDS = 20_000, range(41, 49)


def add_rows(table: report.Table) -> None:
    """Beside the peer, then on a device."""
    add_peer(table)
    add_device(table)


def kicked(n: int, steps: int, angle: float) -> QuantumCircuit:
    """Kicked Ising chain: RX(angle), then RZZ(-π/2) on all bonds, in CX and RZ."""
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for qubit in range(n):
            circuit.rx(angle, qubit)
        for start in (0, 1):
            for qubit in range(start, n - 1, 2):
                circuit.cx(qubit, qubit + 1)
                circuit.rz(-np.pi / 2, qubit + 1)
                circuit.cx(qubit, qubit + 1)
    return circuit


def middle(n: int) -> SparsePauliOp:
    """Z on the middle qubit and XX next to it."""
    return SparsePauliOp.from_sparse_list([("Z", [n // 2], 1.0), ("XX", [1, 2], 0.5)], n)


def add_peer(table: report.Table) -> None:
    """The same layers and budgets: layers taken, seconds, equal operators."""
    for n, steps, angle in ((20, 4, 0.3), (60, 6, 0.3)):
        circuit, observable = kicked(n, steps, angle), middle(n)
        levels = levels_from_end(circuit)
        layers = [
            with_gates(circuit, [level == k for level in levels]) for k in range(max(levels), 0, -1)
        ]
        wanted, limits = parse_observables(observable, n), Limits(MAX_TERMS, MAX_GROUPS, 0.0)
        cuts_within(circuit, levels, wanted, limits)  # compiles what is not compiled yet
        start = time.process_time()
        far = cuts_within(circuit, levels, wanted, limits)[-1]
        seconds = time.process_time() - start
        same = _peer(layers[len(layers) - far.layers :], observable)
        own = _peer(layers, observable)
        ours = dict(zip(far.sums[0].labels(), far.sums[0].coefficients, strict=True))
        theirs = dict(zip(same["labels"], same["coefficients"], strict=True))
        difference = max(abs(ours.get(k, 0.0) - theirs.get(k, 0.0)) for k in ours | theirs)
        chosen = qtn.backpropagate(circuit, observable, max_terms=MAX_TERMS, max_groups=MAX_GROUPS)
        note = (
            f"{far.layers} of {len(layers)} layers, {len(ours)} strings in {len(far.joint.bases)} "
            f"bases (addon {same['groups']}), largest difference {difference:.1e}; alone it takes "
            f"{own['absorbed']} layers in {own['seconds']:.2f} s; the forecast takes "
            f"{chosen.layers}: depth {chosen.depths[0]} to {chosen.depths[1]}, gates "
            f"{chosen.gates[0]} to {chosen.gates[1]}"
        )
        table.at_most(f"operator backpropagation, {n} qubits, {steps} kicks", seconds,
                      same["seconds"], unit="s", peer=same["seconds"],
                      peer_name="qiskit-addon-obp", note=note)  # fmt: skip
        table.at_most(f"the same operator, {n} qubits", difference, 1e-9)
        table.at_least(f"layers within the budgets, {n} qubits", far.layers, own["absorbed"],
                       peer=own["absorbed"], peer_name="qiskit-addon-obp")  # fmt: skip


def _peer(layers: list[QuantumCircuit], observable: SparsePauliOp) -> dict[str, Any]:
    job = {
        "layers": [qasm2.dumps(one) for one in layers],
        "labels": observable.paulis.to_labels(),
        "coefficients": [float(c.real) for c in observable.coeffs],
        "max_paulis": MAX_TERMS,
        "max_qwc_groups": MAX_GROUPS,
    }
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "jobs.json", Path(folder) / "out.json"
        given.write_text(json.dumps([job]), encoding="utf-8")
        subprocess.run([str(PYTHON), str(PEER), str(given), str(out)], check=True)
        return dict(json.loads(out.read_text(encoding="utf-8"))[0])


def add_device(table: report.Table) -> None:
    """The error of a value with and without, at equal shots and techniques."""
    circuit, observable = kicked(6, 4, 0.4), SparsePauliOp("IIZIII")
    exact = float(Statevector(circuit).expectation_value(observable).real)
    found = qtn.backpropagate(circuit, observable, device=NOISY, shots=SHOTS)
    for name, techniques in (
        ("readout", [qtn.Readout()]),
        ("readout + zne", [qtn.Readout(), qtn.ZNE()]),
    ):
        errors: dict[str, list[float]] = {"without": [], "with": []}
        for seed in SEEDS:
            for label, work in (
                ("without", (circuit, observable)), ("with", (found.circuit, found.observable)),
            ):  # fmt: skip
                bases = found.groups if label == "with" else 1
                value = qtn.mitigate(
                    *work, techniques, device=NOISY, seed=seed, progress=False,
                    shots=mitigation.ShotBudget(SHOTS // bases),
                )  # fmt: skip
                errors[label].append(value.value - exact)
        rms = {label: float(np.sqrt(np.mean(np.square(e)))) for label, e in errors.items()}
        note = (
            f"exact {exact:.4f}; {found.layers} layers, gates {found.gates[0]} to "
            f"{found.gates[1]}, {found.strings} strings in {found.groups} bases, forecast gain "
            f"{found.gain:.1f}; {SHOTS:,} shots each, {len(SEEDS)} seeds"
        )
        table.at_most(f"error with backpropagation, {name}, {NOISY}", rms["with"], rms["without"],
                      peer=rms["without"], peer_name="without", note=note)  # fmt: skip
