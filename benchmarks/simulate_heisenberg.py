"""Peers of the Heisenberg benchmark: Aer's gates, quimb's TEBD, TeNPy where it is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from scipy.linalg import expm

from benchmarks import report

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


def spin_z(tensors: Any, site: int) -> float:
    """⟨Sz⟩ on a site."""
    from qtn.states.expectation import product_sum

    return float(product_sum(tensors, [{site: SPIN[2]}])[0].real)


def tenpy_row(table: report.Table) -> None:
    """A row for TeNPy, or one that says that it is not installed here."""
    job = "Heisenberg-50 to t=2, cut 1e-8"
    if importlib.util.find_spec("tenpy") is None:
        table.absent(job, "TeNPy", "physics-tenpy is not installed in this environment")
        return
    seconds = report.cpu_seconds(_tenpy)
    table.inform(job, "-", f"{report.number(seconds)} s TeNPy", note="TEBD, Sz conserved")


def _tenpy() -> None:
    from tenpy.algorithms.tebd import TEBDEngine
    from tenpy.models.xxz_chain import XXZChain
    from tenpy.networks.mps import MPS

    model = XXZChain({"L": N, "Jxx": 1.0, "Jz": 1.0, "hz": 0.0, "bc_MPS": "finite"})
    state = MPS.from_product_state(model.lat.mps_sites(), ["up", "down"] * (N // 2))
    options = {
        "order": 2, "dt": STEP, "N_steps": round(TIME / STEP),
        "trunc_params": {"svd_min": 1e-4, "chi_max": 256},
    }  # fmt: skip
    TEBDEngine(state, model, options).run()
