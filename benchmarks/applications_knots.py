"""Jones polynomials: tables of knots, a published braid of 114 crossings, noise, growth of cost.

The published value belongs to a braid on 15 strands that is conjugated from the centre
2³ 5³ (-8)³ 13³ (Laakkonen et al., arXiv:2503.05625): four trefoils, one of them left-handed, and
seven free strands, whose value has a closed form. `disguised` makes braids of that kind.
"""

from __future__ import annotations

import cmath
import time
from typing import Any

import numpy as np
from scipy.linalg import expm

import qtn
from benchmarks import report
from qtn.applications.knots import Braid, disguised
from qtn.applications.knots.braid import NAMED
from qtn.applications.knots.hadamard import hadamard_test
from qtn.applications.knots.paths import PHI, path_value, plat_string
from qtn.applications.knots.tensors import knot_network, tensor_value

FIGURE = report.PICTURES / "knots_growth.png"
T = cmath.exp(2j * cmath.pi / 5)
CENTRE = (2, 2, 2, 5, 5, 5, -8, -8, -8, 13, 13, 13)
PUBLISHED = -314.33377541936176 - 623.0218676455975j
# |V(-1)| as tables give it.
DETERMINANTS = dict(
    zip([k for k in NAMED if k[0].isdigit()],
        (3, 5, 5, 7, 9, 11, 13, 7, 11, 13, 15, 17, 19, 21), strict=True)
)  # fmt: skip
NOISE = ((5e-3, 0.02), (1e-2, 0.05))  # depolarising per CX, angle by which its ZZ turns too far
SHOTS = 100_000


def add_rows(table: report.Table) -> None:
    """Tables of knots, moves, the braid of 114 crossings."""
    worst = 0.0
    right = 0
    for name, determinant in DETERMINANTS.items():
        ways = [qtn.jones(name, method=m) for m in ("bracket", "tensor", "path")]
        worst = max(worst, *(abs(way.value - ways[0].value) for way in ways))
        right += round(abs(ways[0].polynomial(-1))) == determinant
    table.at_least("knots up to 7 crossings: determinants as in tables", right, 14)
    table.at_most("the same: largest difference of the exact methods", worst, 1e-9)
    worst = 0.0
    for name in DETERMINANTS:
        known = qtn.jones(name)
        other = disguised(name, strands=Braid(NAMED[name]).strands + 2, crossings=40 + len(
            NAMED[name]) % 2, seed=3)  # fmt: skip
        worst = max(worst, abs(qtn.jones(other, method="path").value - known.value))
        assert qtn.jones(other, method="tensor").polynomial == known.polynomial
    table.at_most("Markov moves, 40 crossings: change of the value", worst, 1e-9)
    _published(table)
    _free(table)


def _published(table: report.Table) -> None:
    braid = disguised(Braid(CENTRE, 15), strands=15, crossings=114, seed=1)
    for method, bar in (("tensor", 5.0), ("path", 5.0)):
        began = time.process_time()
        found = qtn.jones(braid, method=method)
        spent = time.process_time() - began
        error = abs(found.value - PUBLISHED) / abs(PUBLISHED)
        what = "whole polynomial" if found.polynomial else "value"
        table.at_most(f"15 strands, 114 crossings, {method}: {what}", spent, bar, unit="s",
                      note=f"relative error {error:.1e} (bar 1e-8)")  # fmt: skip
        table.at_most(f"the same, {method}: relative error of the value", error, 1e-8)
    trefoil = qtn.jones((1, 1, 1)).polynomial
    closed = PHI**10 * trefoil(T) ** 3 * trefoil(1 / T)
    table.at_most("the same: published against φ^10 V(t)^3 V(1/t) of trefoils",
                  abs(closed - PUBLISHED) / abs(PUBLISHED), 1e-12)  # fmt: skip


def _free(table: report.Table) -> None:
    """Random braids, in which nothing cancels."""
    rng = np.random.default_rng(0)
    spent, largest, worst = [], 0, 0.0
    for _ in range(5):
        letters = rng.integers(1, 15, 114) * rng.choice((-1, 1), 114)
        braid = Braid(tuple(int(k) for k in letters), 15)
        began = time.process_time()
        found = qtn.jones(braid, method="tensor")
        spent.append(time.process_time() - began)
        largest = max(largest, *(abs(a) for _, a in found.polynomial.terms))
        exact = path_value(braid)
        worst = max(worst, abs(found.value - exact) / abs(exact))
    table.at_most("random braids, 15 strands, 114 crossings: whole polynomial", max(spent), 10.0,
                  unit="s", note=f"slowest of 5, largest coefficient {largest:,}, agrees with the "
                  f"path basis to {worst:.0e}")  # fmt: skip


def add_noisy(table: report.Table) -> None:
    """Counts, noiseless and with depolarising and coherent errors."""
    shots, worst = 100_000, 0.0
    for name in DETERMINANTS:
        found = qtn.jones(name, method="circuit", shots=shots, mitigation=(), seed=5)
        off = found.value - qtn.jones(name).value
        worst = max(worst, abs(off.real) / found.real.stderr, abs(off.imag) / found.imag.stderr)
    table.at_most("circuits of 14 knots, noiseless, 100,000 shots: largest deviation", worst, 4.0,
                  unit="standard errors", note="28 parts")  # fmt: skip
    for depolarising, angle in NOISE:
        device = noisy(depolarising, angle)
        better, raw, both = 0, [], []
        for name in DETERMINANTS:
            exact = qtn.jones(name).value
            pair = [
                abs(qtn.jones(name, method="circuit", mitigation=m, device=device, shots=SHOTS,
                              seed=7).value - exact)
                for m in ((), ("rejection", "conjugate"))
            ]  # fmt: skip
            better += pair[1] < pair[0]
            raw.append(pair[0])
            both.append(pair[1])
        table.at_least(
            f"depolarising {depolarising:g}, {angle:g} rad too far per CX: nearer when mitigated",
            better, 12, unit="of 14 knots",
            note=f"mean error {np.mean(raw):.3f} raw, {np.mean(both):.3f} mitigated",
        )  # fmt: skip


def noisy(depolarising: float, angle: float) -> Any:
    """Return a simulator whose CX turn too far and depolarise."""
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel, coherent_unitary_error, depolarizing_error

    z = np.diag([1.0, -1.0])
    turn = np.kron(z, z) + np.kron(z, np.eye(2))
    over = coherent_unitary_error(expm(-0.5j * angle * turn))
    model = NoiseModel()
    model.add_all_qubit_quantum_error(over.compose(depolarizing_error(depolarising, 2)), ["cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(depolarising / 10, 1), ["sx", "x"])
    return AerSimulator(noise_model=model, basis_gates=["cx", "rz", "sx", "x"])


def add_growth(table: report.Table) -> None:
    """Draw the cost of the methods against the number of crossings."""
    rng = np.random.default_rng(1)
    sizes = (20, 40, 80) if table.quick else (20, 40, 80, 160, 320, 640)
    curves: dict[str, list[float]] = {"path": [], "tensor": [], "CX": []}
    for crossings in sizes:
        letters = rng.integers(1, 10, crossings) * rng.choice((-1, 1), crossings)
        braid = Braid(tuple(int(k) for k in letters), 10)
        began = time.process_time()
        exact = path_value(braid)
        curves["path"].append(time.process_time() - began)
        began = time.process_time()
        value = tensor_value(knot_network(braid), T)
        curves["tensor"].append(time.process_time() - began)
        circuit = hadamard_test(braid, plat_string(10))
        ops = circuit.count_ops()
        cx = ops.get("cx", 0) + ops.get("cz", 0) + 2 * ops.get("rzz", 0) + 2 * ops.get("cp", 0)
        curves["CX"].append(float(cx))
        table.inform(
            f"random braid, 10 strands, {crossings} crossings", f"path {curves['path'][-1]:.2g} s",
            f"tensor {curves['tensor'][-1]:.2g} s", f"{cx} CX",
            f"one value each; they differ by {abs(value - exact) / abs(exact):.0e}",
        )  # fmt: skip
    draw(sizes, curves)


def draw(sizes: tuple[int, ...], curves: dict[str, list[float]]) -> None:
    """Write the picture of the growth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.loglog(sizes, curves["path"], "o-", label="path basis, CPU seconds")
    axes.loglog(sizes, curves["tensor"], "s-", label="tensor network, CPU seconds")
    axes.loglog(sizes, [cx * 1e-3 for cx in curves["CX"]], "^-", label="circuit, thousand CX")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("crossings of a random braid on 10 strands")
    axes.set_ylabel("cost of one value")
    axes.legend()
    figure.savefig(FIGURE, dpi=110)
