"""The eigensolver from a compiled network, from random angles and from the identity; on devices.

All starts have the same circuit, the same L-BFGS and the same number of steps; ten seeds draw the
angles of the others. The patch of 3×4 spins has a network of bond 4 along a snake, and gates on all
its 17 couplings behind it.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import qtn
from benchmarks import report
from qtn.applications.eigensolver.frameworks import energy_in
from qtn.applications.eigensolver.rotations import AngleEnergy

SEEDS = range(100, 110)
OTHERS = ("random", "identity")
FULL = 100
FIRST = 1e-8  # energies of the start above the network's: the infidelity of the compilation
DEVICE, SHOTS = "FakeTorino", 4096
PLAIN: tuple[Any, ...] = ()


def patch() -> tuple[Any, qtn.NetworkAnsatz]:
    """The 3×4 patch of spins and its ansatz."""
    h = qtn.cylinder("heisenberg", 3, 4, wrap=False)
    pairs = sorted({tuple(q for q, x in enumerate(reversed(label)) if x != "I")
                    for label in h.paulis.to_labels()})  # fmt: skip
    return h, qtn.NetworkAnsatz(4, more=qtn.Extended(1, pairs))


def add_rows(table: report.Table) -> None:
    """Starts against each other in our own framework, in PennyLane and in Qiskit."""
    h, ansatz = patch()
    _compared(table, "3x4 spins", h, ansatz, "qtn", (10, 25, 50, FULL))
    _compared(table, "3x4 spins, in PennyLane", h, ansatz, "pennylane", (10, 25))
    _compared(table, "6 spins in a line, in Qiskit", qtn.chain("heisenberg", 6),
              qtn.NetworkAnsatz(2), "qiskit", (5, 10))  # fmt: skip
    _frameworks(table)


def _compared(
    table: report.Table, name: str, h: Any, ansatz: Any, framework: str, budgets: tuple[int, ...]
) -> None:
    exact = qtn.ground_state(h, max_bond=64, progress=False).origin.energy
    one = qtn.vqe(h, ansatz, framework=framework, steps=budgets[-1], progress=False)
    table.at_most(
        f"{name}: start above its network", one.energies[0] - one.network_energy, FIRST, unit="J",
        note=f"{one!r}; network {one.network_energy:.4f}, exact {exact:.4f}",
    )  # fmt: skip
    mine = _whole(one.energies, budgets[-1])
    margins, spent = [], one.seconds
    traces = {}
    for start in OTHERS:
        found = [
            qtn.vqe(h, one.ansatz, start=start, framework=framework, steps=budgets[-1], seed=seed,
                    progress=False)
            for seed in SEEDS
        ]  # fmt: skip
        spent += sum(other.seconds for other in found)
        traces[start] = np.array([_whole(other.energies, budgets[-1]) for other in found])
    for budget in budgets:
        others = {start: trace[:, budget] for start, trace in traces.items()}
        margins.append(min(float(o.min()) for o in others.values()) - mine[budget])
        note = "; ".join(f"{s} {o.mean():.4f}, best {o.min():.4f}" for s, o in others.items())
        table.inform(f"… after {budget} steps", f"{mine[budget]:.4f}", note=note)
    table.at_least(
        "… below the best of ten seeds of both, least of all budgets", min(margins), 0.0, unit="J",
        note=f"{spent:.0f} CPU s of searches",
    )  # fmt: skip


def _whole(energies: tuple[float, ...], steps: int) -> list[float]:
    """Return energies after 0, 1, … steps; a search that ended keeps its last."""
    return [*energies[: steps + 1], *[energies[-1]] * (steps + 1 - len(energies))]


def _frameworks(table: report.Table) -> None:
    """CPU seconds per gradient of the patch, and how far they differ."""
    h, ansatz = patch()
    begun = qtn.vqe(h, ansatz, steps=1, progress=False)
    own = AngleEnergy(begun.ansatz, h)
    value, slope = own(begun.start)
    for framework, repeats in (("qtn", 20), ("pennylane", 5)):
        function = energy_in(framework, begun.ansatz, h)
        function(begun.start)
        clock = time.process_time()
        for _ in range(repeats):
            other, others = function(begun.start)
        spent = (time.process_time() - clock) / repeats
        off = max(abs(other - value), float(np.abs(others - slope).max()))
        table.inform(
            f"one gradient, 532 angles, {framework}", f"{1e3 * spent:.0f} ms CPU",
            note=f"differs by {off:.0e} from ours",
        )  # fmt: skip


def add_devices(table: report.Table) -> None:
    """Energies on a noisy device, with intervals, beside DMRG."""
    h = qtn.chain("heisenberg", 6)
    exact = qtn.ground_state(h, max_bond=32, progress=False).origin.energy
    compiled = qtn.vqe(h, qtn.NetworkAnsatz(2), steps=FULL, progress=False)
    layers = qtn.vqe(h, qtn.RyRz(2), start="identity", steps=FULL, seed=1, progress=False)
    for name, found in (("compiled network", compiled), ("RY-RZ layers", layers)):
        _measured(table, name, found, exact)


def _measured(table: report.Table, name: str, found: qtn.VQE, exact: float) -> None:
    ways = {
        "plain counts": PLAIN,
        "readout, neural extrapolation": [qtn.Readout(), qtn.ZNE(fit="neural")],
        "readout, exponential": [qtn.Readout(), qtn.ZNE()],
        "auto": "auto",
    }
    errors: dict[str, list[float]] = {}
    for seed in range(6):
        for way, techniques in ways.items():
            value = found.measure(
                techniques, device=DEVICE, shots=SHOTS, seed=seed, progress=False
            )  # fmt: skip
            errors.setdefault(way, []).append(abs(float(value.value) - found.energy))
            if seed == 0:
                low, high = value.interval()
                table.inform(
                    f"{name} on {DEVICE}, {way}", f"{value.value:.3f} ± {value.stderr:.3f}",
                    note=f"95 % {low:.3f} to {high:.3f}; circuit {found.energy:.4f}, DMRG "
                    f"{exact:.4f}; {value.shots:,} shots",
                )  # fmt: skip
    raw = np.array(errors["plain counts"])
    for way, values in list(errors.items())[1:]:
        table.at_least(
            f"{name}: {way} nearer than plain counts", int((np.array(values) < raw).sum()), 6,
            unit="of 6 seeds", note=f"mean error {np.mean(values):.3f}, plain {raw.mean():.3f}",
        )  # fmt: skip
