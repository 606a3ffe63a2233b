"""States of short correlations at constant depth: infidelity per site against the number of sites.

    python -m benchmarks.compile --only "short correlations"

The ground state of the transverse-field Ising chain at h = 1.5 by brickwalls that start tied, and
AKLT as pairs of qubits by segments. Seeds are apart from those that chose the defaults.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

import qtn
from benchmarks import report
from qtn.aqc import Brickwall, Method, Segments
from qtn.states import MPS

LENGTHS, SEEDS = (16, 32, 64, 128, 256), tuple(range(10, 15))
# Brickwall layers: infidelity at 128 sites.
ISING_BARS = {6: 6e-3, 8: 3.5e-3}
# What brickwalls of six layers reached before, by number of sites.
BEFORE = {16: 3.6e-4, 32: 4.5e-3, 64: 9.1e-3}
SECONDS, PER_SITE = 15.0, 1.1  # limit, and what counts as the same per site
LONG = 24  # sites from which brickwalls are told to start tied
AKLT_LAYERS, AKLT_BAR, MOST_LAYERS = (9, 13), 5e-3, 16


def ising(n: int) -> MPS:
    """Return the ground state at h = 1.5."""
    return qtn.ground_state(qtn.chain("tfim", n, field=1.5), max_bond=24, cutoff=1e-13)


def aklt(n: int) -> MPS:
    """Return the AKLT state of n / 2 spins, each the symmetric part of a pair of qubits.

    Singlets join neighbouring pairs; the qubits at the ends are |0> and |1> before they are made
    symmetric.
    """
    symmetric = 0.5 * (np.eye(4) + np.eye(4)[[0, 2, 1, 3]])
    singlet = np.array([[0.0, 1.0], [-1.0, 0.0]])
    cell = np.einsum("stlb,bm->lstm", symmetric.reshape(2, 2, 2, 2), singlet)
    tensors = []
    for k in range(n // 2):
        pair = cell[:1] if k == 0 else cell
        if k == n // 2 - 1:  # the last bond ends in |1>, not in a singlet
            pair = pair[:, :, :, :1]
        left, _, _, right = pair.shape
        u, s, vh = np.linalg.svd(pair.reshape(2 * left, 2 * right), full_matrices=False)
        keep = int(np.count_nonzero(s > 1e-12))
        tensors.append(u[:, :keep].reshape(left, 2, keep))
        tensors.append((s[:keep, None] * vh[:keep]).reshape(keep, 2, right))
    return MPS(tuple(tensors)).normalised()


def solved(state: MPS, method: Method, seed: int) -> tuple[qtn.Compiled, float]:
    """Compile; return the result and its CPU seconds."""
    began = time.process_time()
    made = qtn.compile(state, method, seed=seed, progress=False)
    return made, time.process_time() - began


def middle(
    state: MPS, method: Method, seeds: tuple[int, ...]
) -> tuple[qtn.Compiled, float, float, str]:
    """Return the median result of some seeds, median CPU seconds, the worst infidelity, a note."""
    runs = [solved(state, method, seed) for seed in seeds]
    runs.sort(key=lambda run: run[0].infidelity)
    made, seconds = runs[len(runs) // 2][0], statistics.median(s for _, s in runs)
    note = (
        f"{made.sequence.depth} block layers, {made.two_qubit_gates} CX, depth "
        f"{made.two_qubit_depth}, {seconds:.1f} CPU s"
    )
    if len(runs) > 1:
        note += f"; {len(runs)} seeds, median {report.number(made.infidelity)}"
    return made, seconds, runs[-1][0].infidelity, note


def ising_rows(table: report.Table, layers: int) -> None:
    """The front of one depth, the bar at 128 sites and the same per site at 256."""
    per_site = {}
    for n in LENGTHS:
        seeds = SEEDS if n in (128, 256) and not table.quick else SEEDS[:1]
        start = "tied" if n >= LONG else "auto"
        made, seconds, worst, note = middle(ising(n), Brickwall(layers, start=start), seeds)
        per_site[n] = made.infidelity / n
        name = f"TFIM h=1.5, n={n}, {layers} layers"
        note += f"; {report.number(per_site[n])} per site"
        if n == 128:
            table.at_most(f"{name}, worst seed", worst, ISING_BARS[layers], note=note)
            table.at_most("  CPU s", seconds, SECONDS, unit="s")
        elif layers == 6 and n in BEFORE:
            table.at_most(name, made.infidelity, BEFORE[n], note=note)
        elif n == 256:
            table.at_most(name, made.infidelity, PER_SITE * n * per_site[128], note=note)
        else:
            table.inform(name, report.number(made.infidelity), note=note)


def aklt_rows(table: report.Table, layers: int) -> None:
    """The front of one depth, and the bar at 64 sites."""
    for n in LENGTHS:
        seeds = SEEDS if n == 64 and not table.quick else SEEDS[:1]
        made, _, worst, note = middle(aklt(n), Segments(layers), seeds)
        name = f"AKLT as qubit pairs, n={n}, {layers} block layers"
        note += f"; {report.number(made.infidelity / n)} per site"
        if n == 64 and layers == max(AKLT_LAYERS) and made.sequence.depth <= MOST_LAYERS:
            table.at_most(f"{name}, worst seed", worst, AKLT_BAR, note=note)
        else:
            table.inform(name, report.number(made.infidelity), note=note)


def ising_by_segments(table: report.Table) -> None:
    """The same state by segments."""
    for n in (64, 256):
        made, _, _, note = middle(ising(n), Segments(8), SEEDS[:1])
        note += f"; {report.number(made.infidelity / n)} per site"
        table.inform(f"TFIM h=1.5, n={n}, Segments(8)", report.number(made.infidelity), note=note)


def rows(table: report.Table) -> None:
    """All rows."""
    for layers in ISING_BARS:
        ising_rows(table, layers)
    ising_by_segments(table)
    for layers in AKLT_LAYERS:
        aklt_rows(table, layers)
