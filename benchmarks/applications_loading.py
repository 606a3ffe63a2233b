"""Loading: scipy's distributions by name, hundreds of qubits, correlated variables, payoffs.

Distributions are those of `scipy.stats` with the shape parameters of scipy's own tests. Errors are
distances in the 2-norm, by dense vectors where the number of qubits allows it.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

import qtn
from benchmarks import report

QUBITS = 14
# Their densities take seconds for a thousand values.
SLOW = ("studentized_range", "levy_stable", "ksone", "kstwo", "dpareto_lognorm")


def add_rows(table: report.Table) -> None:
    """Names, sizes, payoffs, several variables."""
    _names(table)
    for name, qubits, goal, bar in (
        ("norm", 20, 1e-6, 90), ("lognorm(.5)", 20, 1e-6, 90), ("levy", 20, 1e-6, 180),
        ("norm", 100, 1e-6, 90), ("norm", 1000, 1e-6, 90), ("lognorm(.5)", 100, 1e-6, 90),
    ):  # fmt: skip
        began = time.process_time()
        loaded = qtn.load_distribution(name, qubits)
        short = qtn.compile(loaded.state, qtn.Auto(infidelity=goal), progress=False)
        spent = time.process_time() - began
        table.at_most(
            f"{name}, {qubits} qubits, compiled to {goal:g}", float(short.two_qubit_gates), bar,
            unit="CX", note=f"infidelity {short.infidelity:.1e}, error of the state "
            f"{loaded.error:.1e}, {spent:.1f} CPU s",
        )  # fmt: skip
    for kind in ("call", "put", "digital"):
        loaded = qtn.load_payoff(kind, QUBITS, strike=1.37, domain=(0, 4))
        short = qtn.compile(loaded.state, qtn.Auto(infidelity=1e-4), progress=False)
        table.at_most(f"payoff {kind}, {QUBITS} qubits, 1e-4", float(short.two_qubit_gates), 84,
                      unit="CX", note=f"bond {loaded.state.max_bond}")  # fmt: skip


def _names(table: report.Table) -> None:
    from scipy.stats._distr_params import distcont

    todo = [(name, shapes) for name, shapes in distcont if name not in SLOW]
    todo = todo[:10] if table.quick else todo
    right, reached, bonds, gates, seconds = 0, 0, [], [], []
    missed = []
    for name, shapes in todo:
        loaded, error = loaded_and_error(name, shapes)
        right += error <= 1e-4
        bonds.append(loaded.state.max_bond)
        began = time.process_time()
        short = qtn.compile(loaded.state, qtn.Auto(infidelity=1e-4, seconds=5), progress=False)
        seconds.append(time.process_time() - began)
        gates.append(short.two_qubit_gates)
        good = short.infidelity <= 1e-4 and short.two_qubit_gates <= 84
        reached += good
        if not good:
            missed.append(f"{name} {short.two_qubit_gates} CX {short.infidelity:.1e}")
    table.at_least(f"scipy's distributions, {QUBITS} qubits: within 1e-4 of the density",
                   right, len(todo), note=f"largest bond {max(bonds)}; without {len(SLOW)} whose "
                   "densities are slow")  # fmt: skip
    table.at_least(
        "the same compiled to 1e-4 in at most 84 CX", reached, len(todo) - 1,
        note=f"median {statistics.median(gates):g} CX, most {max(gates)}; median "
        f"{statistics.median(seconds):.2f} s, longest {max(seconds):.1f} CPU s"
        + (f"; missed: {', '.join(missed)}" if missed else ""),
    )  # fmt: skip


def loaded_and_error(name: str, shapes: tuple[float, ...]) -> tuple[Any, float]:
    """Return the state of a distribution and its distance from the density."""
    from scipy import stats

    frozen = getattr(stats, name)(*shapes)
    with np.errstate(all="ignore"):
        loaded = qtn.load_distribution(frozen, QUBITS)
        low, high = loaded.domains[0]
        exact = np.sqrt(frozen.pdf(low + (high - low) * (np.arange(2**QUBITS) + 0.5) / 2**QUBITS))
    return loaded, float(np.linalg.norm(loaded.state.to_dense() - exact / np.linalg.norm(exact)))


def add_several(table: report.Table) -> None:
    """Correlated normals of two and five variables."""
    for correlation, bar, seconds in (
        (0.0, 135, 20), (0.3, 135, 20), (0.6, 135, 20), (0.9, 405, 20), (0.99, None, 60),
    ):  # fmt: skip
        scale = 4 * (1 - correlation**2)

        def density(x: Any, y: Any, c: float = correlation, s: float = scale) -> Any:
            return np.exp(-(x * x - 2 * c * x * y + y * y) / s)

        began = time.process_time()
        loaded = qtn.load_function(density, (9, 9), (-4, 4), tolerance=3e-3)
        method = qtn.Auto(infidelity=1e-3, seconds=seconds)
        short = qtn.compile(loaded.state, method, progress=False)
        spent = time.process_time() - began
        note = f"infidelity {short.infidelity:.1e}, bond {loaded.state.max_bond}, {spent:.1f} CPU s"
        name = f"two normals, 9 + 9 qubits, correlation {correlation:g}"
        if bar is None:
            front = ", ".join(f"{p.two_qubit_gates} CX {p.infidelity:.0e}" for p in short.pareto)
            table.inform(name, f"{short.two_qubit_gates} CX", note=f"{note}; front {front}")
        else:
            met = float(short.two_qubit_gates) if short.infidelity <= 1e-3 else np.inf
            table.at_most(f"{name}, 1e-3", met, bar, unit="CX", note=note)
    began = time.process_time()
    loaded = qtn.load_function(_chain, [20] * 5, (-4, 4), tolerance=1e-2)
    loading = time.process_time() - began
    method = qtn.Auto(infidelity=1e-2, seconds=60)
    short = qtn.compile(loaded.state, method, progress=False)
    table.at_most(
        "five normals of 20 qubits each, neighbours correlated by .5: loading", loading, 15.0,
        unit="s", note=f"bond {loaded.state.max_bond}, error {loaded.error:.1e}; "
        f"{short.two_qubit_gates} CX at {short.infidelity:.1e} in "
        f"{time.process_time() - began - loading:.0f} CPU s",
    )  # fmt: skip


def _chain(*x: Any) -> Any:
    return np.exp(-(x[0] ** 2 + sum((x[k] - 0.5 * x[k - 1]) ** 2 for k in range(1, 5))) / 3)
