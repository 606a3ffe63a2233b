"""Do the error bars tell the truth? Coverage over repeated runs, and the bias of cancellation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report
from qtn.devices import transpile_for

RUNS = 200
PER_PLAN = 4  # runs that share the random flips of the readout
GATE_ERROR = 0.02


def chain(n: int, error: float = GATE_ERROR, method: str = "density_matrix") -> AerSimulator:
    """A chain of CX gates with depolarising noise."""
    noise = NoiseModel()
    for i in range(n - 1):
        for pair in ([i, i + 1], [i + 1, i]):
            noise.add_quantum_error(depolarizing_error(error, 2), ["cx"], pair)
    return AerSimulator(
        method=method, noise_model=noise, basis_gates=["cx", "rz", "sx", "x"],
        coupling_map=CouplingMap.from_line(n), n_qubits=n,
    )  # fmt: skip


def repeated(
    problem: problems.Problem, techniques: Any, device: Any, shots: Any, *, per_plan: int = RUNS
) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard errors of independent runs.

    The circuits are planned anew after every `per_plan` runs; without random circuits only the
    outcomes are random, so that one plan does for all.
    """
    found = []
    native = transpile_for(problem.circuit, device)
    for seed in range(RUNS):
        if seed % per_plan == 0:
            plan = mitigation.plan(
                native, problem.observable, techniques, device=device, shots=shots, seed=seed,
            )  # fmt: skip
        data = mitigation.measure(replace(plan, seed=seed), progress=False)
        found.append(data.estimate())
    return np.array([f.value for f in found]), np.array([f.stderr for f in found])


def coverage_row(
    table: report.Table, name: str, values: np.ndarray, errors: np.ndarray, exact: float
) -> None:
    """Coverage of the 95 % interval about the mean of all runs; the bias is reported apart."""
    centre = values.mean()
    inside = float((np.abs(values - centre) < 1.96 * errors).mean())
    bias, spread = centre - exact, values.std(ddof=1)
    note = (
        f"bias {bias:+.4f}, spread {spread:.4f}, reported {errors.mean():.4f}, {len(values)} runs"
    )
    bar = "90-98 %"
    verdict = 0.90 <= inside <= 0.98
    table.add(report.Row(f"coverage, {name}", f"{100 * inside:.1f} %", "3-20 % qiskit-mitigation",
                         "-", bar, verdict, note))  # fmt: skip


def add_coverage(table: report.Table) -> None:
    """Coverage noiseless, corrected and extrapolated."""
    p = problems.problem("FakeManilaV2", 3, 2, 1.0, 0.8)
    readout, twirled = mitigation.Readout(), mitigation.Readout(method="twirled", copies=4)
    zne = mitigation.ZNE((1, 3, 5), fit="mixture", split="optimal")
    for name, techniques, device in (
        ("noiseless", (), "aer"),
        ("twirled readout", (twirled,), p.device),
        ("tensored readout + twin zne", (readout, mitigation.TwinZNE()), p.device),
        ("tensored readout + zne", (readout, zne), p.device),
    ):
        shots = mitigation.ShotBudget(3000, calibration=0.16)
        often = PER_PLAN if twirled in techniques else RUNS
        values, errors = repeated(p, techniques, device, shots, per_plan=often)
        coverage_row(table, name, values, errors, p.exact)


def add_cancellation(table: report.Table) -> None:
    """Cancellation with a learned model over many runs: unbiased?"""
    p = problems.problem("chain", 3, 2, 1.0, 0.8)
    device = chain(3)
    model = mitigation.learn_noise(
        p.circuit, device=device, shots=10_000, depths=(2, 24), copies=6, seed=1
    )
    bonds = SparsePauliOp.from_sparse_list([("ZZ", [i, i + 1], 0.5) for i in range(2)], 3)
    exact = float(Statevector(p.circuit).expectation_value(bonds).real)
    p = replace(p, observable=bonds, exact=exact)
    pec = mitigation.PEC(model, copies=24)
    plan = mitigation.plan(p.circuit, p.observable, pec, device=device, shots=2400)
    norm = model.norm(plan.native.circuit)
    values, errors = repeated(p, pec, device, 2400, per_plan=1)
    raw = mitigation.mitigate(p.circuit, p.observable, device=device, shots=100_000)
    deviation = abs(values.mean() - p.exact) / (values.std(ddof=1) / np.sqrt(len(values)))
    note = (
        f"mean {values.mean():.4f}, exact {p.exact:.4f}, raw {raw.value:.4f}, norm {norm:.2f}, "
        f"learned from {model.shots} shots, {len(values)} runs"
    )
    table.at_most("PEC with learned model, |mean - exact|", float(deviation), 2.0,
                  unit="standard errors", note=note)  # fmt: skip
    coverage_row(table, "PEC", values, errors, p.exact)
