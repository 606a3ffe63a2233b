"""Thermal states: purified against free fermions at 40 sites, typical states beside them."""

from __future__ import annotations

import time

import numpy as np

import qtn
from benchmarks import report


def free_fermions(n: int, beta: float) -> tuple[float, float]:
    """Return ln Z and the energy of the critical transverse-field Ising chain."""
    energies = np.linalg.svd(2 * np.eye(n) - 2 * np.eye(n, k=1), compute_uv=False)
    log = np.log(2 * np.cosh(beta * energies / 2)).sum()
    return float(log), -float((energies / 2 * np.tanh(beta * energies / 2)).sum())


def add_rows(table: report.Table) -> None:
    """Purification at three temperatures, and one sampled."""
    n = 40
    hamiltonian = qtn.chain("tfim", n=n)
    for beta in (0.5, 2.0, 8.0):
        log, energy = free_fermions(n, beta)
        began = time.process_time()
        found = qtn.thermal_state(hamiltonian, beta)
        spent = time.process_time() - began
        for what, part, exact in (("ln Z", found.log_partition, log),
                                  ("energy", found.energy, energy)):  # fmt: skip
            error = abs(float(part) - exact)
            held = "holds" if error <= part.stderr else "EXCEEDED"
            table.at_most(f"TFIM of {n} sites, beta {beta:g}: error of {what}", error, 1e-4,
                          note=f"its bar {part.stderr:.1e} {held}, {spent:.1f} CPU s")  # fmt: skip
    beta, sites = 1.0, 16
    began = time.process_time()
    sampled = qtn.metts(qtn.chain("tfim", n=sites), beta, samples=200, seed=1, progress=False)
    spent = time.process_time() - began
    off = abs(float(sampled.energy) - free_fermions(sites, beta)[1])
    table.at_most(f"TFIM of {sites} sites, 200 typical states, beta {beta:g}: error of the energy",
                  off / float(sampled.energy.stderr), 3.0, unit="standard errors",
                  note=f"{sampled.energy}, {spent:.1f} CPU s")  # fmt: skip
