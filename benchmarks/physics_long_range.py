"""Long-range couplings as sums of exponentials: terms, errors, energies within the bound, times."""

from __future__ import annotations

import time

import numpy as np

import qtn
from benchmarks import report
from qtn.physics.mpo import operator_tensors
from qtn.physics.terms import read_terms

POWERS = (0.5, 1.0, 2.0, 3.0, 6.0)
SITES = 1000
PAIRS = 200


def add_rows(table: report.Table) -> None:
    """Fits at 1,000 sites, energies at 40, building at 1,000 beside all pairs at 200."""
    for tolerance in (1e-6, 1e-10):
        fits = [qtn.fit_exponentials(qtn.PowerLaw(a), SITES, tolerance=tolerance) for a in POWERS]
        worst = max(fit.max_error for fit in fits)
        terms = ", ".join(f"{fit.terms} (≥ {fit.fewest})" for fit in fits)
        sums = ", ".join(f"{fit.bound:.0e}" for fit in fits)
        table.at_most(
            f"1/r^a, a = ½, 1, 2, 3, 6, {SITES:,} sites, tolerance {tolerance:.0e}: largest error",
            worst, tolerance, note=f"K = {terms}; bounds {sums}",
        )  # fmt: skip
    _energies(table)
    _times(table)


def _energies(table: report.Table) -> None:
    """The energy of a ferromagnet in a strong field against all pairs, and the stated bound."""
    method = qtn.physics.DMRG(sweeps=12)
    for exponent, field in ((1.0, 12.0), (3.0, 1.5)):
        pairs = qtn.chain("long-range-ising", 40, exponent=exponent, field=field)
        exact = qtn.ground_state(pairs, max_bond=32, method=method, progress=False)
        for tolerance in (1e-4, 1e-6, 1e-10):
            law = qtn.PowerLaw(exponent, -1.0)
            model = qtn.long_range_mpo(40, {"ZZ": law}, {"X": -field}, tolerance=tolerance)
            found = qtn.ground_state(model.operator, max_bond=32, method=method, progress=False)
            error = abs(found.origin.energy - exact.origin.energy)
            table.at_most(
                f"long-range Ising, a = {exponent:g}, 40 sites, tolerance {tolerance:.0e}: energy",
                error, max(model.bound, 1e-9), note=f"the bar is the bound; {model.operator!r}",
            )  # fmt: skip


def _times(table: report.Table) -> None:
    """Building the operator: by exponentials at 1,000 sites, from all pairs at 200."""
    law, seconds = qtn.PowerLaw(2.0, -1.0), []
    for _ in range(3):
        began = time.process_time()
        model = qtn.long_range_mpo(SITES, {"ZZ": law}, {"X": -1.0})
        seconds.append(time.process_time() - began)
    spent = float(np.median(seconds))
    table.at_most(f"building 1/r², {SITES:,} sites, tolerance 1e-10: seconds", spent, 1.0,
                  unit="s", note=f"{model.operator!r}, fit included")  # fmt: skip
    began = time.process_time()
    terms = read_terms(qtn.chain("long-range-ising", PAIRS, exponent=2.0))
    tensors = operator_tensors(terms)
    beside = time.process_time() - began
    began = time.process_time()
    small = qtn.long_range_mpo(PAIRS, {"ZZ": law}, {"X": -1.0})
    table.at_most(
        f"building 1/r², {PAIRS} sites: seconds", time.process_time() - began, beside, unit="s",
        peer=beside, peer_name="all pairs",
        note=f"bond {small.operator.max_bond} beside {max(len(t) for t in tensors)}",
    )  # fmt: skip
