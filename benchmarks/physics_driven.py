"""Hamiltonians that change in time, beside a dense integration and free fermions.

The ramp drives H = -ΣZZ - h(t) ΣX through its critical point, h from 2 to 0. With two Majorana
operators a, b per site, X_i = -i a_i b_i and Z_i Z_{i+1} = -i b_i a_{i+1}, they turn as
dγ/dt = A(t) γ,
so that the covariance Γ = R Γ₀ Rᵀ of all spins follows from dR/dt = A R.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

import qtn
from benchmarks import report
from qtn.physics import TEBD
from qtn.physics.mpo import expectation, operator_tensors
from qtn.physics.terms import read_terms

SMALL, END, STEPS = 8, 1.0, (0.5, 0.25, 0.125)
SPINS, RAMP = 24, 3.0


def add_rows(table: report.Table) -> None:
    """The order of the steps, and a ramp through a critical point."""
    errors = _errors()
    slopes = [float(np.log2(a / b)) for a, b in pairwise(errors)]
    table.at_least(
        f"H(t), {SMALL} spins: order measured per halving", min(slopes), 3.8,
        note="errors " + ", ".join(f"{e:.1e}" for e in errors),
    )  # fmt: skip
    begun = time.process_time()
    state = qtn.evolve(_ramp(SPINS), "plus", RAMP)
    seconds = time.process_time() - begun
    bonds = qtn.chain("tfim", n=SPINS, field=0.0)
    found = expectation(operator_tensors(read_terms(bonds)), state.tensors) / -(SPINS - 1)
    exact = _exact_bonds(SPINS) / (SPINS - 1)
    table.at_most(
        f"ramp of the field 2 → 0 in t = {RAMP:g}, {SPINS} spins: error of ⟨ZZ⟩ per bond",
        abs(found - exact), 1e-5,
        note=f"{found:.7f}, free fermions {exact:.7f}; {state.origin}; {seconds:.1f} CPU s",
    )  # fmt: skip


def _errors() -> list[float]:
    start = qtn.product_state("neel", SMALL).to_dense().astype(complex)
    exact = solve_ivp(
        lambda t, v: -1j * (_swung(t).to_matrix(sparse=True) @ v), (0, END), start,
        method="DOP853", rtol=1e-12, atol=1e-13,
    ).y[:, -1]  # fmt: skip
    return [
        float(np.linalg.norm(
            qtn.evolve(_swung, "neel", END, cutoff=1e-20, method=TEBD(step=s)).to_dense() - exact
        ))
        for s in STEPS
    ]  # fmt: skip


def _swung(t: float) -> Any:
    return qtn.chain("heisenberg", n=SMALL) * np.cos(2 * t) + qtn.chain(
        "tfim", n=SMALL, coupling=0.0, field=1 + np.sin(3 * t)
    )


def _ramp(n: int) -> Any:
    return lambda t: qtn.chain("tfim", n=n, field=2 * (1 - t / RAMP))


def _exact_bonds(n: int) -> float:
    """Return Σ⟨ZZ⟩ after the ramp, by free fermions."""
    a, b = np.arange(0, 2 * n, 2), np.arange(1, 2 * n, 2)
    covariance = np.zeros((2 * n, 2 * n))
    covariance[a, b], covariance[b, a] = -1.0, 1.0  # all spins along +X

    def slope(t: float, flat: Any) -> Any:
        matrix = np.zeros((2 * n, 2 * n))
        matrix[b[:-1], a[1:]] = 2.0
        matrix[a, b] = 2.0 * 2 * (1 - t / RAMP)
        return ((matrix - matrix.T) @ flat.reshape(2 * n, 2 * n)).ravel()

    turned = solve_ivp(slope, (0, RAMP), np.eye(2 * n).ravel(), method="DOP853",
                       rtol=1e-11, atol=1e-12).y[:, -1].reshape(2 * n, 2 * n)  # fmt: skip
    return float(-(turned @ covariance @ turned.T)[b[:-1], a[1:]].sum())
