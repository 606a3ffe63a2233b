"""Simulation and verification against quimb, Aer, PennyLane and TeNPy: `make bench-simulate`.

Every ratio comes from one process on one thread per library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks import (
    parts,
    report,
    simulate_growth,
    simulate_map,
    simulate_physics,
    simulate_propagation,
    simulate_threads,
)
from benchmarks import simulate_jobs as jobs
from benchmarks import simulate_noise as noisy

N, DEPTH, BOND = 100, 12, 64
PACKAGES = (*report.PACKAGES, "pennylane")


@cache
def brick_state() -> tuple[Any, Any, Any, Any]:
    """The 100-qubit depth-12 circuit, its gates, and its state by us and by quimb."""
    circuit = jobs.brickwork(N, DEPTH)
    gates = jobs.gates_of(circuit)
    ours = jobs.our_build(gates, N, BOND, 1e-14)
    theirs = jobs.quimb_build(gates, N, BOND, 1e-14)
    return circuit, gates, ours, theirs


def looped(ours: Callable[[], Any], peer: Callable[[], Any], repeats: int = 5) -> report.Paired:
    """Time short jobs as `timeit` does, each often enough in a row to fill a fifth of a second."""
    calls = [max(1, math.ceil(0.2 / report.cpu_seconds(job))) for job in (ours, peer)]
    pair = report.paired_medians(
        lambda: [ours() for _ in range(calls[0])],
        lambda: [peer() for _ in range(calls[1])],
        repeats,
    )
    return report.Paired(
        pair.ours / calls[0], pair.peer / calls[1], pair.ratio * calls[0] / calls[1]
    )


def scaled(pair: report.Paired, factor: float) -> report.Paired:
    """A pair whose peer did 1/factor of the work."""
    return report.Paired(pair.ours, pair.peer * factor, pair.ratio * factor)


def sample(table: report.Table) -> None:
    """1000 samples of 60 qubits at bond 32."""
    from qtn.states import MPS

    circuit = jobs.brickwork(60, 10)
    gates = jobs.gates_of(circuit)
    state = MPS(jobs.our_build(gates, 60, 32, 1e-14).tensors)
    psi = jobs.quimb_build(gates, 60, 32, 1e-14).psi
    pair = looped(lambda: state.sample(1000), lambda: list(psi.sample(20)), 3)
    job = f"1000 samples, n=60, bond {state.max_bond}"
    table.speed(job, scaled(pair, 50), at_least=200, peer="quimb", note="quimb: 20 samples x 50")
    circuit.measure_all()
    simulator = jobs.aer_simulator(32, 1e-14)
    build = min(report.cpu_seconds(lambda: jobs.aer_run(circuit, simulator, 1)) for _ in range(3))
    both = looped(lambda: state.sample(1000), lambda: jobs.aer_run(circuit, simulator, 1001), 3)
    net = both.peer - build
    pair = report.Paired(both.ours, net, net / both.ours)
    table.speed(job, pair, at_least=20, peer="Aer", note="Aer's build of the state subtracted")


def our_energy() -> tuple[str, Callable[[], float]]:
    """The name of the job and our side of it."""
    from qtn.states.kernels.expectation import product_sum

    ours, terms = brick_state()[2], jobs.energy_terms(N)

    def mine() -> float:
        return float(product_sum(ours.tensors, terms, center=ours.center).sum().real)

    return f"energy of {len(terms)} terms, n={N}, bond {ours.max_bond}", mine


def energy(table: report.Table) -> None:
    """199 Pauli terms of 100 qubits at bond 64, by quimb."""
    (job, mine), theirs = our_energy(), brick_state()[3]
    pair = looped(mine, lambda: jobs.quimb_energy(theirs, N))
    gap = abs(mine() - jobs.quimb_energy(theirs, N))
    table.speed(job, pair, at_least=15, peer="quimb", note=f"difference {gap:.1e}")


def energy_circuits(table: report.Table) -> None:
    """The same energy by the simulators that take a circuit and an operator."""
    import qiskit_aer  # noqa: F401  (adds the save instructions to circuits)

    circuit, gates, _, _ = brick_state()
    job, mine = our_energy()
    with_value = circuit.copy()
    with_value.save_expectation_value(jobs.energy_operator(N), range(N))
    simulator = jobs.aer_simulator(BOND, 1e-14)
    build = jobs.aer_build_circuit(circuit)
    base = min(report.cpu_seconds(lambda: jobs.aer_run(build, simulator)) for _ in range(2))
    calls = [report.cpu_seconds(mine) for _ in range(5)]
    net = report.cpu_seconds(lambda: jobs.aer_run(with_value, simulator)) - base
    ours = sorted([*calls, *(report.cpu_seconds(mine) for _ in range(6))])[5]
    pair = report.Paired(ours, net, net / ours)
    table.speed(job, pair, at_least=500, peer="Aer", note="Aer's build of the state subtracted")
    pennylane(table, job, gates, ours)


def pennylane(table: report.Table, job: str, gates: Any, ours: float) -> None:
    """The same energy by PennyLane's default.tensor, build included on its side."""
    try:
        run = jobs.pennylane_energy(gates, N, BOND)
        seconds = report.cpu_seconds(run)
    except Exception as error:  # a peer that cannot run is a row, not a crash
        table.absent(job, "PennyLane default.tensor", f"{type(error).__name__}: {error}"[:90])
        return
    pair = report.Paired(ours, seconds, seconds / ours)
    table.speed(job, pair, at_least=None, peer="PennyLane", note="default.tensor, with its build")


def amplitudes(table: report.Table) -> None:
    """1000 amplitudes of 100 qubits at bond 64."""
    from qtn.states import MPS

    _, _, ours, theirs = brick_state()
    state = MPS(ours.tensors)
    bits = np.random.default_rng(0).integers(0, 2, (1000, N))
    psi = theirs.psi
    rows = ["".join(map(str, row)) for row in bits[:10]]
    pair = looped(lambda: state.amplitudes(bits), lambda: [psi.amplitude(row) for row in rows], 3)
    a, b = state.amplitudes(bits[:10]), np.array([psi.amplitude(row) for row in rows])
    gap = float(np.abs(a - b).max() / np.abs(a).max())
    job = f"1000 amplitudes, n={N}, bond {state.max_bond}"
    note = f"quimb: 10 amplitudes x 100; relative difference {gap:.0e}"
    table.speed(job, scaled(pair, 100), at_least=100, peer="quimb", note=note)
    table.absent(job, "Aer", "save_amplitudes takes 64-bit indices: no amplitude above 63 qubits")


def build(table: report.Table) -> None:
    """Build of the 100-qubit depth-12 circuit at bond 64."""
    circuit, gates, ours, _ = brick_state()
    job = f"build n={N}, depth {DEPTH}, bond {ours.max_bond}"
    simulator = jobs.aer_simulator(BOND, 1e-14)
    saved = jobs.aer_build_circuit(circuit)

    def mine() -> Any:
        return jobs.our_build(gates, N, BOND, 1e-14)

    pair = report.paired_medians(mine, lambda: jobs.aer_run(saved, simulator), 5)
    table.speed(job, pair, at_least=2, peer="Aer")
    pair = report.paired_medians(mine, lambda: jobs.quimb_build(gates, N, BOND, 1e-14), 3)
    table.speed(job, pair, at_least=3, peer="quimb")


def su4(table: report.Table) -> None:
    """The same with Haar-random two-qubit gates at bond 256."""
    circuit = jobs.brickwork(N, DEPTH, su4=True)
    gates = jobs.gates_of(circuit)
    kept: list[float] = []

    def mine() -> None:
        kept.append(jobs.our_build(gates, N, 256, 1e-12).fidelity)

    def theirs() -> None:
        psi = jobs.quimb_build(gates, N, 256, 1e-12).psi
        kept.append(float(abs(psi.H @ psi)))

    pair = report.paired_medians(mine, theirs, 1, warm_up=False)
    note = f"kept weight: ours {kept[0]:.4f}, quimb {kept[1]:.4f}"
    job = f"build n={N}, depth {DEPTH}, random SU(4), bond 256"
    table.speed(job, pair, at_least=2, peer="quimb", note=note)


def overlap(table: report.Table) -> None:
    """Overlap of two 100-qubit states at bond 64."""
    from qtn.states.kernels.overlap import log_overlap

    _, _, ours, theirs = brick_state()
    gates = jobs.gates_of(jobs.brickwork(N, DEPTH, seed=1))
    other = jobs.our_build(gates, N, BOND, 1e-14).tensors
    psi, phi = theirs.psi, jobs.quimb_build(gates, N, BOND, 1e-14).psi
    pair = looped(lambda: log_overlap(other, ours.tensors), lambda: phi.H @ psi)
    table.speed(f"overlap n={N}, bond {BOND}", pair, at_least=2, peer="quimb")


def coarse_quench(table: report.Table) -> None:
    """Heisenberg-50 at a cut of 1e-8."""
    simulate_physics.quench_rows(table, 1e-8, 0.7, 5.0)


def fine_quench(table: report.Table) -> None:
    """Heisenberg-50 at a cut of 1e-14."""
    simulate_physics.quench_rows(table, 1e-14, 1.2, None)


def noise(table: report.Table) -> None:
    """⟨Z29 Z30⟩ of 60 qubits, depth 6, depolarising 0.5 % after every CZ."""
    value, seconds, bond = noisy.ours()
    exact = noisy.aer_cone()
    job = "noisy value, n=60, depth 6, depolarising 0.5 %"
    table.at_most(job, seconds, 0.5, unit="s", note=f"value {value:.12f}, bond {bond}")
    table.at_most("  its error against Aer's density matrix", abs(value - exact), 1e-10)
    trajectories, aer_seconds = noisy.aer_trajectories(200)
    off = abs(trajectories / exact - 1)
    table.inform(
        "  Aer MPS, 200 trajectories", f"{seconds:.2f} s", f"{aer_seconds:.2f} s",
        note=f"off by {100 * off:.1f} %",
    )  # fmt: skip


JOBS: dict[str, parts.Job] = {
    "sample": sample,
    "energy": energy,
    "energy-circuits": energy_circuits,
    "amplitudes": amplitudes,
    "build": build,
    "overlap": overlap,
    "noise": noise,
    "coarse-quench": coarse_quench,
    "fine-quench": fine_quench,
    "tdvp": simulate_physics.tdvp_rows,
    "ground": simulate_physics.ground_rows,
    "su4": su4,
    "growth": simulate_growth.rows,
    "kicked-ising": simulate_propagation.kicked_rows,
    "hadron-strings": simulate_propagation.hadron_rows,
    "pauli-prop": simulate_propagation.peer_rows,
    "echoes": simulate_propagation.echo_rows,
    "threads": simulate_threads.add_rows,
    "map": simulate_map.rows,
}


if __name__ == "__main__":
    whole = report.Table("simulate", "Simulation and verification", PACKAGES)
    whole.notes.append("Circuits, bonds and cutoffs are those of benchmarks/simulate_jobs.py.")
    whole.notes.append("Growth plots: docs/pictures/simulate_growth.png.")
    parts.main(whole, JOBS)
