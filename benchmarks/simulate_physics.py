"""Time evolution and ground states beside Aer, quimb and TeNPy (in an environment of its own)."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import qiskit_aer  # noqa: F401  (adds the save instructions to circuits)
from qiskit import QuantumCircuit
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

from benchmarks import report

TENPY = Path(__file__).parent / ".peers" / "simulate" / "bin" / "python"
N, TIME, STEP = 50, 2.0, 0.05
REFERENCE = 0.0917077968711
"""|⟨Sz_25⟩| at t = 2: quimb, fourth-order TEBD, cutoff 1e-14."""

SPIN = [
    np.array([[0, 1], [1, 0]]) / 2,
    np.array([[0, -1j], [1j, 0]]) / 2,
    np.diag([1.0, -1.0]) / 2,
]
COUPLING = sum(np.kron(s, s) for s in SPIN)


def circuit() -> QuantumCircuit:
    """Second-order Trotter circuit with neighbouring half layers merged, from the Néel state."""
    out = QuantumCircuit(N)
    out.x(range(1, N, 2))
    steps = round(TIME / STEP)
    half, full = expm(-0.5j * STEP * COUPLING), expm(-1j * STEP * COUPLING)
    for step in range(steps + 1):
        even = half if step in (0, steps) else full
        for left in range(0, N - 1, 2):
            out.unitary(even, [left, left + 1])
        if step < steps:
            for left in range(1, N - 1, 2):
                out.unitary(full, [left, left + 1])
    out.save_amplitudes([0])
    return out


def quimb_tebd(cutoff: float) -> Any:
    """quimb's own TEBD with the same step."""
    import quimb.tensor as qtensor

    start = qtensor.MPS_computational_state("01" * (N // 2), dtype="complex128")
    hamiltonian = qtensor.ham_1d_heis(N, j=1.0, cyclic=False)
    tebd = qtensor.TEBD(start, hamiltonian, dt=STEP, progbar=False)
    tebd.split_opts["cutoff"] = cutoff
    tebd.split_opts["cutoff_mode"] = "rsum2"
    tebd.update_to(TIME, order=2)
    return tebd.pt


def tenpy(job: str) -> dict[str, Any] | str:
    """What TeNPy reports of a job from its own environment, or why it cannot."""
    if not TENPY.exists():
        return "its environment is missing: make bench-simulate makes it"
    command = [str(TENPY), str(Path(__file__).parent / "peers" / "run_simulate.py"), job]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1][:90]
    return dict(json.loads(done.stdout))


def quench_rows(
    table: report.Table, cutoff: float, aer_bar: float, quimb_bar: float | None
) -> None:
    """Heisenberg chain of 50 spins to t = 2 from the Néel state, second-order steps of 0.05."""
    import qtn
    from benchmarks import simulate_jobs as jobs
    from qtn.physics import TEBD

    hamiltonian = qtn.chain("heisenberg", n=N)
    run_by_aer, simulator = circuit(), jobs.aer_simulator(256, cutoff)

    def mine(order: int = 2, step: float = STEP) -> Any:
        method = TEBD(order=order, step=step)
        return qtn.evolve(hamiltonian, "neel", TIME, cutoff=cutoff, method=method)

    job = f"Heisenberg-50 to t=2, cut {cutoff:g}"
    pair = report.paired_medians(mine, lambda: jobs.aer_run(run_by_aer, simulator), 3)
    table.speed(job, pair, at_least=aer_bar, peer="Aer", note=exactness(mine()))
    both = report.paired_medians(mine, lambda: quimb_tebd(cutoff), 1)
    table.speed(job, both, at_least=quimb_bar, peer="quimb")
    # The fourth-order step is chosen so that it is not the less exact of the two.
    step = 0.5 if cutoff > 1e-10 else 0.4
    seconds = min(report.cpu_seconds(lambda: mine(4, step)) for _ in range(3))
    fast = report.Paired(seconds, pair.peer, pair.peer / seconds)
    note = exactness(mine(4, step))
    table.speed(f"{job}, fourth order", fast, at_least=None, peer="Aer", note=note)
    told = tenpy(f"{cutoff:g}")
    if isinstance(told, str):
        table.absent(job, "TeNPy", told)
        return
    ratio = report.Paired(pair.ours, told["seconds"], told["seconds"] / pair.ours)
    off = abs(abs(told["figure"]) - REFERENCE)
    note = f"bond {told['bond']}, |Sz_25| off by {off:.0e}; Sz conserved by both"
    table.speed(job, ratio, at_least=None, peer="TeNPy", note=note)


def exactness(state: Any) -> str:
    """Bond and error of our state."""
    from qtn.states.kernels.expectation import product_sum

    found = abs(float(product_sum(state.tensors, [{25: SPIN[2]}])[0].real))
    return f"bond {state.max_bond}, |Sz_25| off by {abs(found - REFERENCE):.0e}"


def tdvp_rows(table: report.Table) -> None:
    """Long-range evolution against exact diagonalisation at twelve sites."""
    import qtn
    from qtn.physics import TDVP, product_state

    for name, start in (("j1j2", "neel"), ("long-range-ising", "plus")):
        hamiltonian = qtn.chain(name, 12)
        first = product_state(start, 12).to_dense().astype(complex)
        exact = expm_multiply(-1j * hamiltonian.to_matrix(sparse=True), first)
        begin = time.process_time()
        state = qtn.evolve(hamiltonian, start, 1.0, method=TDVP(step=0.1), progress=False)
        note = f"{time.process_time() - begin:.1f} CPU s, claimed {state.origin}"
        error = float(np.linalg.norm(state.to_dense() - exact))
        table.at_most(f"TDVP, {name} n=12 to t=1: error", error, 5e-5, note=note)


def quimb_ground(exact: float) -> tuple[float, float]:
    """Return the CPU seconds of quimb's DMRG2 at the same bond, and how far its energy is off."""
    import quimb.tensor as qtensor

    # Spins of quimb are halves: -Z Z - X = -4 Sz Sz - 2 Sx.
    builder = qtensor.SpinHam1D(S=1 / 2)
    builder += -4.0, "Z", "Z"
    builder += -2.0, "X"
    dmrg = qtensor.DMRG2(builder.build_mpo(N), bond_dims=[8, 16, 32], cutoffs=1e-12)
    begin = time.process_time()
    dmrg.solve(tol=1e-10, verbosity=0)
    return time.process_time() - begin, abs(float(dmrg.energy.real) - exact)


def ground_rows(table: report.Table) -> None:
    """The critical Ising chain of 50 sites, whose energy is known."""
    import qtn

    exact = 1 - 1 / np.sin(np.pi / 202)
    hamiltonian = qtn.chain("tfim", N)
    begin = time.process_time()
    state = qtn.ground_state(hamiltonian, max_bond=32, progress=False)
    seconds = time.process_time() - begin
    job = "critical TFIM n=50"
    error = abs(state.origin.energy - exact)
    note = f"{seconds:.2f} CPU s, {state.origin}"
    table.at_most(f"{job}: error of the energy", error, 1e-8, note=note)
    peer, off = quimb_ground(exact)
    ratio = report.Paired(seconds, peer, peer / seconds)
    note = f"quimb's DMRG2 off by {off:.0e}"
    table.speed(f"{job}: ground state", ratio, at_least=None, peer="quimb", note=note)
    told = tenpy("ground")
    if isinstance(told, str):
        table.absent(f"{job}: ground state", "TeNPy", told)
        return
    ratio = report.Paired(seconds, told["seconds"], told["seconds"] / seconds)
    note = f"TeNPy off by {abs(told['figure'] - exact):.0e}"
    table.speed(f"{job}: ground state", ratio, at_least=None, peer="TeNPy", note=note)
