"""Autoregressive tensor networks beside DMRG of the same bond: the frustrated square lattice."""

from __future__ import annotations

import time

from qiskit.quantum_info import SparsePauliOp

import qtn
from benchmarks import report
from qtn.applications.antn import ANTN

# Exact diagonalisation, open boundaries, J2 = 0.5, per site.
EXACT_4X4 = -0.469097309


def square(rows: int, columns: int, diagonal: float) -> SparsePauliOp:
    """Return Σ S·S of neighbours + `diagonal` Σ S·S across the plaquettes, sites in snake order."""

    def site(r: int, c: int) -> int:
        return c * rows + (r if c % 2 == 0 else rows - 1 - r)

    edges = []
    for r in range(rows):
        for c in range(columns):
            for dr, dc, value in ((1, 0, 1.0), (0, 1, 1.0), (1, 1, diagonal), (-1, 1, diagonal)):
                if 0 <= r + dr < rows and c + dc < columns:
                    edges.append((site(r, c), site(r + dr, c + dc), value))
    words = [(pair, [a, b], v / 4) for a, b, v in edges for pair in ("XX", "YY", "ZZ")]
    return SparsePauliOp.from_sparse_list(words, num_qubits=rows * columns)


def add_rows(table: report.Table) -> None:
    """4 × 4 by enumeration, and its samples."""
    model = square(4, 4, 0.5)
    began = time.process_time()
    state = qtn.neural_ground_state(model, bond=4, progress=False)
    spent = time.process_time() - began
    off = state.energy.value / 16 - EXACT_4X4
    table.at_most(
        "J1-J2 4x4 open, J2 = .5: energy per site above exact", off, 1e-3,
        note=f"{state.energy.value / 16:.6f}, {state.parameters:,} parameters; DMRG of the same "
        f"bond 4: {state.start / 16:.6f}",
    )  # fmt: skip
    table.at_least("the same: not below exact", off, 0.0)
    table.at_most("the same: energy below DMRG of the same bond", state.energy.value / 16,
                  state.start / 16)  # fmt: skip
    table.at_most("the same: whole search", spent, 180.0, unit="s")
    sampled = state.sampled_energy(20_000, seed=1)
    away = abs(sampled.value - state.energy.value) / sampled.stderr
    table.at_most("the same: sampled energy from the enumerated one", away, 3.0,
                  unit="standard errors", note=f"{sampled}, 20,000 samples")  # fmt: skip


def add_large(table: report.Table) -> None:
    """6 × 6 by sampling, with an interval."""
    model = square(6, 6, 0.5)
    steps = 10 if table.quick else 100
    began = time.process_time()
    method = ANTN(steps=steps)
    state = qtn.neural_ground_state(model, bond=4, method=method, progress=False)
    spent = time.process_time() - began
    low, high = (value / 36 for value in state.energy.interval(0.95))
    table.inform(
        "J1-J2 6x6 open, J2 = .5, by sampling: energy per site",
        f"[{low:.5f}, {high:.5f}]",
        note=f"95 % interval; DMRG of the same bond 4: {state.start / 36:.5f}",
    )
    table.inform("the same: whole search", f"{spent:.0f} s", note=f"{steps} steps of 512 samples")
