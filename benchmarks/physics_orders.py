"""Order of the product formulas: how the error falls when the step is halved, beside quimb's.

Heisenberg quench of 10 spins to t = 2 from the Néel state, against the exact vector. A formula of
order p divides the error of the state by 2^p. quimb 1.15 takes 1/(4 · 4^⅓) in its fourth-order
formula where Suzuki's has 1/(4 - 4^⅓), and is of second order.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse.linalg import expm_multiply

import qtn
from benchmarks import report
from qtn.physics import TEBD

N, TIME = 10, 2.0
STEPS = (1.0, 0.5, 0.25)  # below, what a split leaves out (1e-15 of the weight) is seen


def add_rows(table: report.Table) -> None:
    """Ratios of the errors per halving, orders 2 and 4."""
    hamiltonian = qtn.chain("heisenberg", n=N)
    start = qtn.product_state("neel", N)
    exact = expm_multiply(-1j * TIME * hamiltonian.to_matrix(sparse=True), start.to_dense())
    for order in (2, 4):
        ours, peer = [], []
        for step in STEPS:
            state = qtn.evolve(hamiltonian, start, TIME, cutoff=0.0, method=TEBD(order, step))
            ours.append(distance(state.to_dense(), exact))
            peer.append(distance(_quimb(order, step), exact))
        slopes = [[math.log2(a / b) for a, b in pairwise(e)] for e in (ours, peer)]
        note = "errors " + ", ".join(f"{e:.1e}" for e in ours)
        table.at_least(
            f"Heisenberg quench, 10 spins, TEBD({order}): order measured per halving",
            min(slopes[0]), order - 0.1, peer=min(slopes[1]), peer_name="quimb",
            note=note + "; quimb's " + ", ".join(f"{e:.1e}" for e in peer),
        )  # fmt: skip


def distance(vector: Any, other: Any) -> float:
    """Return √(1 - F) of two normalised vectors, without cancellation."""
    overlap = np.vdot(other, vector)
    return float(np.linalg.norm(vector - overlap * other))


def _quimb(order: int, step: float) -> Any:
    """Return the vector that quimb's TEBD reaches, in Qiskit's order."""
    import quimb.tensor as qtensor

    start = qtensor.MPS_computational_state("01" * (N // 2), dtype="complex128")
    tebd = qtensor.TEBD(start, qtensor.ham_1d_heis(N), dt=step, progbar=False)
    tebd.split_opts["cutoff"] = 0.0
    tebd.update_to(TIME, order=order)
    vector = np.asarray(tebd.pt.to_dense()).reshape((2,) * N)
    return np.ascontiguousarray(vector.T).reshape(-1)
