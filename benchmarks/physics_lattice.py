"""The two-dimensional Ising model at its critical point: tori exactly, the infinite lattice."""

from __future__ import annotations

import time

import qtn
from benchmarks import report
from qtn.physics.lattice import CRITICAL

# ln Z per site of L × L tori by transfer matrices.
TORI = {4: 0.970119716172, 6: 0.947542807083, 8: 0.939715324829}


def add_rows(table: report.Table) -> None:
    """Exact tori, renormalisation and corner matrices beside Onsager's value."""
    for side, exact in TORI.items():
        began = time.process_time()
        found = qtn.ising_partition(CRITICAL, side)
        spent = time.process_time() - began
        error = abs(found.log_per_site - exact)
        table.at_most(f"torus {side}×{side}, exact contraction: error of ln Z / N", error, 1e-10,
                      note=f"{spent:.2f} CPU s")  # fmt: skip
    cases = (("hotrg", 16, 1e-6, None), ("hotrg", 24, 2e-7, 60.0), ("ctmrg", 24, 1e-8, 30.0))
    for method, bond, bar, seconds in cases:
        began = time.process_time()
        found = qtn.ising_partition(CRITICAL, method=method, max_bond=bond)
        spent = time.process_time() - began
        error = abs(found.log_per_site - found.onsager)
        held = "holds" if error <= found.error else "EXCEEDED"
        table.at_most(f"infinite lattice, {method}, bond {bond}: error at the critical point",
                      error, bar, note=f"its bar {found.error:.1e} {held}")  # fmt: skip
        table.at_most(f"the same, {method}, bond {bond}, with two thirds of it: seconds", spent,
                      seconds, unit="s")  # fmt: skip
    worst, inside = 0.0, True
    for beta in (0.1, 0.3, 0.42, 0.46, 0.7, 2.0):
        found = qtn.ising_partition(beta)
        error = abs(found.log_per_site - found.onsager)
        worst, inside = max(worst, error), inside and error <= found.error
    table.at_most("infinite lattice, ctmrg, bond 24, six other temperatures: largest error", worst,
                  1e-10, note="bars hold" if inside else "bars EXCEEDED")  # fmt: skip
