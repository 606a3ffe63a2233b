"""Off-diagonal matrix elements: exact diagonalisation at 8 and 10 sites, curves of 40 and 60.

The values at 8 and 10 sites come from all eigenstates: Z in the middle of ΣZZ + gΣX + hΣZ, windows
of width s (Luo et al., arXiv:2312.00736, whose filters take bonds that these do without).
"""

from __future__ import annotations

import time

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import qtn
from benchmarks import report

EXACT = {
    # sites, g, h, width: A(0), A(2)
    (8, -1.05, 0.5, 1.0): (1.76273722, 1.42127646),
    (8, 0.8, 0.0, 1.0): (1.86222537, 1.22334657),
    (10, -1.05, 0.5, 1.0): (1.95875524, 1.55056320),
    (10, 0.8, 0.0, 1.0): (2.07140693, 1.33427269),
    (10, -1.05, 0.5, 0.5): (2.13983175, 1.62269007),
    (10, 0.8, 0.0, 0.5): (2.56950360, 1.16428216),
}
CURVE = np.linspace(0.0, 6.0, 25)


def mixed_field(n: int, g: float, h: float) -> SparsePauliOp:
    """Return Σ ZZ + g Σ X + h Σ Z."""
    terms = [("ZZ", [i, i + 1], 1.0) for i in range(n - 1)]
    terms += [("X", [i], g) for i in range(n)]
    terms += [("Z", [i], h) for i in range(n) if h]
    return SparsePauliOp.from_sparse_list(terms, n)


def middle(n: int) -> SparsePauliOp:
    """Return Z of site n/2."""
    return SparsePauliOp.from_sparse_list([("Z", [n // 2], 1.0)], n)


def add_rows(table: report.Table) -> None:
    """The table of exact values, and the curve of 40 sites."""
    for (n, g, h, width), exact in EXACT.items():
        began = time.process_time()
        found = qtn.off_diagonal_elements(
            mixed_field(n, g, h), middle(n), [0.0, 2.0], width=width, tolerance=None
        )
        spent = time.process_time() - began
        off = np.abs(found.values - exact)
        kind = "non-integrable" if h else "integrable"
        bars = (found.errors / exact).max()
        table.at_most(
            f"{n} sites, {kind}, width {width:g}: relative error of A(0), A(2)",
            float((off / exact).max()), 1e-3,
            note=f"bond {found.max_bond}, {spent:.1f} CPU s; bars {bars:.1e}"
            f"{'' if (off <= found.errors).all() else ', EXCEEDED'}",
        )  # fmt: skip
    _curve(table, 40, 32, 120.0)


def add_long(table: report.Table) -> None:
    """Sixty sites once, and what bond 64 says of the bars of bond 32 at forty."""
    coarse, fine = (
        qtn.off_diagonal_elements(mixed_field(40, -1.05, 0.5), middle(40), CURVE, max_bond=bond,
                                  tolerance=None)
        for bond in (32, 64)
    )  # fmt: skip
    change = np.abs(fine.values - coarse.values)
    share = change.max() / fine.values.max()
    table.at_most("40 sites: change of bond 32 to 64 over the bars of bond 32, largest",
                  float((change / coarse.errors).max()), 1.0,
                  note=f"change {share:.1e} of the largest value")  # fmt: skip
    _curve(table, 60, 32, None)


def _curve(table: report.Table, n: int, bond: int, bar: float | None) -> None:
    began = time.process_time()
    found = qtn.off_diagonal_elements(mixed_field(n, -1.05, 0.5), middle(n), CURVE, max_bond=bond,
                                      tolerance=None)  # fmt: skip
    spent = time.process_time() - began
    values = ", ".join(
        f"A({w:g}) = {found.at([w]).values[0]:.6f} ± {found.at([w]).errors[0]:.0e}"
        for w in (0.0, 2.0, 4.0)
    )
    table.at_most(f"{n} sites, bond {bond}: {len(CURVE)} frequencies with bars", spent, bar,
                  unit="s", note=f"{values}; {len(found.runs[0].times)} times")  # fmt: skip
