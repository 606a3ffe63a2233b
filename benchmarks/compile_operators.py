"""Operators: infidelity of brickwalls for propagators beside a published table.

    python -m benchmarks.compile --only "operator" "operators held out"

Open chains of 50 sites: Ising ΣZZ + .75 ΣX + .6 ΣZ at t = 2 and Heisenberg Σ(XX + YY - .5 ZZ) +
.75 ΣX at t = .25; infidelity 1 - |Tr(U†V)/2ⁿ|². The table publishes no times. CPU seconds hold the
propagator, the search and the certificate. The share is that of the machine's own rate of complex
matrix products, measured in the same run, that one gradient reaches: products that the contraction
needs, three passes, over its time.

Reference: arXiv 2501.08872, plotted data of its repository.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import qtn
from benchmarks import report
from qtn.aqc import Brickwall
from qtn.aqc.kernels.gates import parted
from qtn.aqc.kernels.unitaries.across import AcrossKernel
from qtn.aqc.kernels.unitaries.choice import operator_kernel
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.formulas import formula_gates, second_order
from qtn.aqc.starts.uniform import missing
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states.schmidt import SchmidtForm

SITES, SECONDS, CUT = 50, 120.0, 1e-10
SUZUKI = 1.0 / (4.0 - 4.0 ** (1.0 / 3.0))  # share of the outer steps of his formula


def ising(n: int) -> SparsePauliOp:
    """Return the Ising chain of the table."""
    return _chain(n, {"ZZ": 1.0}, {"X": 0.75, "Z": 0.6})


def heisenberg(n: int) -> SparsePauliOp:
    """Return the Heisenberg chain of the table."""
    return _chain(n, {"XX": 1.0, "YY": 1.0, "ZZ": -0.5}, {"X": 0.75})


def _chain(n: int, pairs: dict[str, float], fields: dict[str, float]) -> SparsePauliOp:
    terms = [(p, [i, i + 1], v) for p, v in pairs.items() for i in range(n - 1)]
    terms += [(p, [i], v) for p, v in fields.items() for i in range(n)]
    return SparsePauliOp.from_sparse_list(terms, n)


@dataclass(frozen=True, slots=True)
class Family:
    """One propagator: the published optimised infidelities by layers, and the ratios to reach."""

    name: str
    hamiltonian: Callable[[int], SparsePauliOp]
    time: float
    published: dict[int, float]
    ratios: dict[int, float]


FAMILIES = (
    Family(
        "Ising t=2", ising, 2.0,
        {5: 0.119, 7: 1.490e-3, 9: 6.301e-5, 11: 1.075e-5, 13: 1.377e-6},
        {5: 1.02, 7: 0.8, 9: 0.15, 11: 1.0, 13: 1.0},
    ),
    Family(
        "Heisenberg t=.25", heisenberg, 0.25,
        {3: 1.671e-2, 5: 1.819e-4, 7: 3.000e-5, 9: 9.523e-6, 11: 5.244e-6, 13: 1.730e-6,
         15: 9.386e-7, 17: 5.385e-7, 21: 1.299e-8},
        {3: 1.0, 5: 1.0, 7: 1.0, 9: 0.25, 11: 0.03, 13: 0.03,
         15: 3e-8 / 9.386e-7, 17: 3e-8 / 5.385e-7, 21: 1.3e-8 / 1.299e-8},
    ),
)  # fmt: skip


def row(table: report.Table, family: Family, layers: int) -> None:
    """Add the infidelity of one depth, held to its bar and to the CPU seconds."""
    began = time.process_time()
    operator = qtn.propagator(family.hamiltonian(SITES), family.time, progress=False)
    short = qtn.compile(operator, Brickwall(layers), progress=False)
    seconds = time.process_time() - began
    published = family.published[layers]
    bar = family.ratios[layers] * published
    met = short.infidelity <= bar * (1.0 + 5e-4) and seconds <= SECONDS  # four digits published
    note = (
        f"{short.infidelity / published:.3g} x published, floor 1 - {1.0 - short.floor:.3e}, "
        f"{short.two_qubit_gates} CX, {seconds:.0f} CPU s{share(operator, short)}"
    )
    shown = f"<= {bar:.3e}, {SECONDS:g} s"
    name = f"operator {family.name}, n=50, {layers} layers"
    ours = f"{short.infidelity:.3e}"
    table.add(report.Row(name, ours, f"{published:.3e} rqcopt-mpo", "-", shown, met, note))


def share(operator: qtn.MPO, short: qtn.Compiled) -> str:
    """Return what share of the machine's product rate the gradient reaches, in words."""
    if len(short.ansatz.layers) > 13:
        return "; gradient between layers"
    form = SchmidtForm.from_left(operator.chain.normalised().tensors)
    kernel = AcrossKernel(form, short.ansatz, CUT)
    gates = parted(short.gates.astype(complex))
    kernel.evaluate(gates)
    one = statistics.median(report.cpu_seconds(lambda: kernel.evaluate(gates)) for _ in range(3))
    rate = kernel.products / one / product_rate()
    return f"; gradient {1e3 * one:.0f} ms, {100 * rate:.0f} % of zgemm"


def product_rate(side: int = 300, times: int = 20) -> float:
    """Return complex products per CPU second of this machine's matrix product."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side))
    _ = a @ a
    began = time.process_time()
    for _ in range(times):
        _ = a @ a
    return float(times) * side**3 / (time.process_time() - began)


def xxz(n: int) -> SparsePauliOp:
    """Return a uniform XXZ chain in a field."""
    return _chain(n, {"XX": 1.0, "YY": 1.0, "ZZ": 1.5}, {"Z": 0.4})


def disordered(n: int) -> SparsePauliOp:
    """Return an Ising chain whose couplings and fields are drawn for every site."""
    rng = np.random.default_rng(3)
    terms = [("ZZ", [i, i + 1], 1.0 + 0.5 * rng.uniform(-1, 1)) for i in range(n - 1)]
    terms += [("X", [i], 1.1 + 0.6 * rng.uniform(-1, 1)) for i in range(n)]
    return SparsePauliOp.from_sparse_list(terms, n)


def drawn(n: int) -> SparsePauliOp:
    """Return a chain of neighbours with all couplings of every bond and all fields drawn."""
    rng = np.random.default_rng(5)
    terms = [
        (a + b, [i, i + 1], 0.5 * rng.normal()) for a in "XYZ" for b in "XYZ" for i in range(n - 1)
    ]
    terms += [(a, [i], 0.5 * rng.normal()) for a in "XYZ" for i in range(n)]
    return SparsePauliOp.from_sparse_list(terms, n)


# Not looked at when anything was chosen: builder, sites, times, layers.
HELD_OUT = {
    "XXZ": (xxz, ((12, 0.3, 7), (12, 0.6, 7), (50, 0.4, 7))),
    "disordered Ising": (disordered, ((12, 0.5, 7), (12, 1.0, 11), (30, 1.0, 7), (50, 0.8, 5))),
    "random couplings": (drawn, ((12, 0.5, 7), (12, 0.25, 11), (24, 0.5, 7), (50, 0.3, 5))),
}


def held_out(table: report.Table, name: str) -> None:
    """Add infidelities beside the better of Trotter's and Suzuki's formulas of as many layers."""
    build, cases = HELD_OUT[name]
    for n, moment, layers in cases[:1] if table.quick else cases:
        hamiltonian = build(n)
        operator = qtn.propagator(hamiltonian, moment, progress=False)
        began = time.process_time()
        short = qtn.compile(operator, Brickwall(layers), progress=False)
        seconds = time.process_time() - began
        shape = brickwall_shape(n, layers)
        kernel = operator_kernel(operator, shape)
        kernel.cut = 1e-13
        bonds = bond_matrices(read_terms(hamiltonian))
        plain = {
            label: missing(kernel, formula_gates(bonds, moment, coefficients, shape))
            for label, coefficients in formulas(layers).items()
        }
        label = min(plain, key=lambda key: plain[key])
        table.at_most(
            f"operators held out, {name}, n={n}, t={moment:g}, {layers} layers",
            short.infidelity, plain[label],
            note=f"{plain[label] / short.infidelity:.3g} times below {label}, floor 1 - "
            f"{1.0 - short.floor:.3e}, {short.two_qubit_gates} CX, {seconds:.1f} CPU s",
        )  # fmt: skip


def formulas(layers: int) -> dict[str, np.ndarray]:
    """Return the coefficients of plain product formulas of so many layers: order 2, and 4 at 11."""
    found = {"Trotter of order 2": second_order(layers)}
    if layers == 11:
        steps = np.array([SUZUKI, SUZUKI, 1.0 - 4.0 * SUZUKI, SUZUKI, SUZUKI])
        ends = 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))
        found["Suzuki of order 4"] = np.insert(steps, range(6), ends[:6])[:11]
    return found


JOBS: dict[str, Callable[[report.Table], None]] = {
    f"operator {family.name}, n=50, {layers} layers": partial(row, family=family, layers=layers)
    for family in FAMILIES
    for layers in family.published
}
JOBS |= {f"operators held out, {name}": partial(held_out, name=name) for name in HELD_OUT}
QUICK = ("operator Ising t=2, n=50, 7 layers", "operator Heisenberg t=.25, n=50, 9 layers")
