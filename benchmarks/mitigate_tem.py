"""Tensor-network error mitigation against cancellation, ten qubits, one learned model.

Cancellation multiplies the standard error by the square of what the inverse channel costs, so the
advantage grows with the noise in the circuit: both rates are shown, against the same bar.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import qtn
import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report
from benchmarks.mitigate_coverage import chain
from qtn.devices import transpile_for

QUBITS = 10
STEPS = 2
ERRORS = (0.01, 0.02)  # depolarising, per two-qubit gate
REPEATS = 10
PEC_SHOTS = 5_000  # per basis
TEM_SHOTS = 1_000
WIDE, WIDE_SHOTS, WIDE_RUNS = 30, 20_000, 4
WIDE_DEVICE = "FakeTorino"


def add_rows(table: report.Table) -> None:
    """Error of both with the same learned noise, TEM with a fifth of the shots."""
    for error in ERRORS:
        add_row(table, error)


def add_wide(table: report.Table) -> None:
    """Thirty qubits of a kicked Ising chain on a fake device, at equal shots."""
    circuit = QuantumCircuit(WIDE)
    for _ in range(2):
        circuit.rx(0.5, range(WIDE))
        for start in (0, 1):
            for i in range(start, WIDE - 1, 2):
                circuit.rzz(-0.6, i, i + 1)
    circuit.rx(0.5, range(WIDE))
    mean = SparsePauliOp.from_sparse_list([("Z", [i], 1 / WIDE) for i in range(WIDE)], WIDE)
    exact = float(qtn.verify(circuit, observables=mean).values[0].value)
    native = transpile_for(circuit, WIDE_DEVICE)
    model = mitigation.learn_noise(
        native, device=WIDE_DEVICE, shots=500, depths=(2, 24), copies=6, seed=3
    )
    readout = mitigation.Readout(
        calibration=mitigation.calibrate_readout(WIDE_DEVICE, native.qubits, 50_000, seed=4)
    )
    pipelines = {
        "readout alone": [readout],
        "pec": [readout, mitigation.PEC(model, copies=64)],
        "tem": [readout, mitigation.TEM(model, max_bond=24, strings=150, threshold=1e-3)],
    }
    rms, spent, inside = {}, {}, {}
    for name, techniques in pipelines.items():
        plan = mitigation.plan(
            native, mean, techniques, device=WIDE_DEVICE, shots=WIDE_SHOTS, seed=1
        )
        found = []
        for seed in range(WIDE_RUNS):
            if name == "pec" and seed:
                plan = mitigation.plan(
                    native, mean, techniques, device=WIDE_DEVICE, shots=WIDE_SHOTS, seed=1 + seed
                )
            found.append(mitigation.measure(replace(plan, seed=seed), progress=False).estimate())
            print(f"  {name} {found[-1].value:.4f} ± {found[-1].stderr:.4f} exact {exact:.4f}",
                  flush=True)  # fmt: skip
        errors = np.array([one.value - exact for one in found])
        rms[name] = float(np.sqrt(np.mean(errors**2)))
        spent[name] = found[-1].shots
        inside[name] = float(np.mean(np.abs(errors) < 1.96 * np.array([f.stderr for f in found])))
    note = (
        f"mean Z, exact {exact:.4f}; readout alone {rms['readout alone']:.4f}; shots "
        f"{spent['tem']:,} and {spent['pec']:,}, beside one model learned from {model.shots:,}; "
        f"within 1.96 errors {inside['tem']:.0%} and {inside['pec']:.0%} of {WIDE_RUNS} runs"
    )
    table.at_most(f"TEM at the shots of PEC, {WIDE} qubits, {WIDE_DEVICE}", rms["tem"], rms["pec"],
                  peer=rms["pec"], peer_name="PEC", note=note)  # fmt: skip


def add_row(table: report.Table, error: float) -> None:
    """The row of one error rate."""
    p = problems.problem("chain", QUBITS, STEPS, 1.0, 0.8)
    device = chain(QUBITS, error, method="statevector")
    model = learned(error)
    pec = mitigation.PEC(model, copies=100)
    tem = mitigation.TEM(model, max_bond=24, strings=150, threshold=1e-3)
    errors: dict[str, list[float]] = {"raw": [], "pec": [], "tem": []}
    sizes: dict[str, list[float]] = {"raw": [], "pec": [], "tem": []}
    spent, native = {}, transpile_for(p.circuit, device)
    plans: dict[str, mitigation.Plan] = {}
    for seed in range(REPEATS):
        for name, techniques, shots in (
            ("raw", (), TEM_SHOTS), ("pec", (pec,), PEC_SHOTS), ("tem", (tem,), TEM_SHOTS),
        ):  # fmt: skip
            if name == "raw" and seed > 1:
                continue
            if name == "pec" or name not in plans:  # the others draw no random circuits
                plans[name] = mitigation.plan(
                    native, p.observable, techniques, device=device, shots=shots, seed=seed
                )
            data = mitigation.measure(replace(plans[name], seed=seed), progress=False)
            found = data.estimate()
            errors[name].append(found.value - p.exact)
            sizes[name].append(found.stderr)
            spent[name] = found.shots
            print(
                f"  {name} {found.value:.4f} ± {found.stderr:.4f} exact {p.exact:.4f}", flush=True
            )
    rms = {name: float(np.sqrt(np.mean(np.square(v)))) for name, v in errors.items()}
    ratio = spent["tem"] / spent["pec"]
    note = (
        f"{QUBITS} qubits, {STEPS} steps, root mean square over {REPEATS} runs, raw "
        f"{rms['raw']:.4f}; shots {spent['tem']} vs {spent['pec']} (1/{1 / ratio:.1f}); reported "
        f"errors {np.mean(sizes['tem']):.4f} vs {np.mean(sizes['pec']):.4f}"
    )
    table.at_most(f"TEM at 1/5 of the shots of PEC, {error:.0%} per gate", rms["tem"], rms["pec"],
                  peer=rms["pec"], peer_name="PEC", note=note)  # fmt: skip


def learned(error: float) -> mitigation.PauliNoise:
    """Learn on three qubits, whose gates are those of the whole chain, and copy."""
    small = problems.problem("chain", 3, 1, 1.0, 0.8)
    model = mitigation.learn_noise(
        small.circuit, device=chain(3, error), shots=10_000, depths=(2, 30), copies=4, seed=3
    )
    mean = np.mean([np.asarray(r) for r in model.rates.values()], axis=0)
    rates = {("cx", pair): mean for i in range(QUBITS - 1) for pair in ((i, i + 1), (i + 1, i))}
    return mitigation.PauliNoise(rates, model.shots, "chain")
