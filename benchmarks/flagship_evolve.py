"""SU(2) hadrons on 120 qubits, 20 Trotter steps: all values of Z, three ways, and their bounds.

    python -m benchmarks.flagship --only hadrons

Three ways that share nothing: chains in blocks, the mean field with second order, and Pauli
propagation. Published for the same circuit (quantum-advantage-tracker, observable estimations,
2026): Q = 60 + sum Z(meson) - sum Z(vacuum) by a quantum processor, by Pauli propagation and by a
matrix product state of bond 800 in 3,003 s; and the staggered difference n_f by Pauli propagation
cut at 1e-8. What chains in blocks have found is kept in `.peers`, and read again as long as the
sources behind it are the same.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import qtn
from benchmarks import parts, report
from qtn.interop.circuits import gate_list
from qtn.physics.free_fermions import forecast_blocks
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, generators_of, propagate

QUBITS, STEPS, BOND = 120, 20, 800
CHARGES = {"meson": (31, 29), "vacuum": (30, 30)}
"""Fermions of the species i and o at the start; the published meson has 60 of both together."""
QUANTUM, PROPAGATED, CHAIN = (59.9940, 0.0057), (60.0054, 0.005), (59.9985, 3003.0)
STAGGERED = 0.116864
Z = np.diag([1.0, -1.0])


@dataclass(frozen=True, slots=True)
class Run:
    """Values of one evolution in blocks, their rigorous half-widths, and what it took."""

    values: np.ndarray
    widths: np.ndarray
    seconds: float
    kept: float
    bond: int


def evolved(start: str, steps: int, bond: int, cutoff: float) -> Run:
    """Return all values of Z from blocks, measured now or earlier with the same sources."""
    store = parts.STORES / f"flagship-{start}-{steps}-{bond}.npz"
    sources = digest()
    if store.exists():
        kept = np.load(store)
        if str(kept.get("sources")) == sources:
            numbers = (float(kept["seconds"]), float(kept["kept"]), int(kept["bond"]))
            return Run(kept["values"], kept["widths"], *numbers)
    began = time.process_time()
    found = qtn.circuit_to_blocks(
        qtn.hadron_circuit(steps=steps, start=start), max_bond=bond, cutoff=cutoff
    )
    values, widths = found.certified([{q: Z} for q in range(QUBITS)])
    seconds = time.process_time() - began
    run = Run(values, widths, seconds, found.fidelity_floor, found.state.max_bond)
    parts.STORES.mkdir(parents=True, exist_ok=True)
    np.savez(
        store, sources=sources, values=values, widths=widths, seconds=seconds, kept=run.kept,
        bond=run.bond,
    )  # fmt: skip
    return run


def digest() -> str:
    """Return a hash of the sources that evolution in blocks runs through."""
    root = Path(qtn.__file__).parent
    files = [
        *(root / "states" / "blocks").glob("*.py"),
        *(root / "physics" / "hadrons").glob("*.py"),
    ]
    found = hashlib.sha256()
    for file in sorted([*files, root / "interop" / "charged.py"]):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def mean_field_rows(table: report.Table) -> None:
    """The mean field with second order: seconds, its estimate, and the published difference."""
    began = time.process_time()
    found = {start: qtn.mean_field(qtn.hadron_circuit(start=start)) for start in CHARGES}
    seconds = (time.process_time() - began) / len(found)
    table.at_most(
        "120 Z, 20 steps: mean field with second order, estimate", found["meson"].error, 1e-3,
        note=f"{report.number(seconds)} CPU s per start; second order changes Z by "
        f"{report.number(float(np.abs(found['meson'].values - found['meson'].mean).max()))}",
    )  # fmt: skip
    difference = staggered(found["meson"].values) - staggered(found["vacuum"].values)
    table.at_most(
        "n_f meson - vacuum, 20 steps: mean field beside published", abs(difference - STAGGERED),
        1e-5, note=f"{difference:.6f}; published {STAGGERED} (Pauli propagation cut at 1e-8)",
    )  # fmt: skip
    bonds = (160, 256, 400, 800, 1600)
    weights = ", ".join(f"{b}: {found['meson'].discarded(b)[59]:.1e}" for b in bonds)
    table.inform("weight that a bond discards at the middle cut", weights, note="from the spectrum")


def verify_rows(table: report.Table) -> None:
    """What `qtn.verify` says with all its defaults: seconds, and the half-widths that it gives."""
    words = ["I" * (QUBITS - 1 - q) + "Z" + "I" * q for q in range(QUBITS)]
    for steps in (5,) if table.quick else (5, STEPS):
        began = time.process_time()
        check = qtn.verify(qtn.hadron_circuit(steps=steps), observables=words, progress=False)
        seconds = time.process_time() - began
        kind = "rigorous" if check.rigorous else "estimate"
        table.at_most(
            f"qtn.verify by default, 120 Z, {steps} steps: CPU s", seconds, 300.0,
            peer=CHAIN[1] if steps == STEPS else None, unit="s", peer_name="quimb, bond 800",
            note=f"{check.method}; largest half-width "
            f"{report.number(max(float(v.stderr) for v in check.values))} ({kind})",
        )  # fmt: skip


def block_rows(table: report.Table) -> None:
    """Blocks of bond 800 after 20 steps: seconds, the estimate, charges, the forecast."""
    bond, steps = (64, 6) if table.quick else (BOND, STEPS)
    circuit = qtn.hadron_circuit(steps=steps)
    run, other = evolved("meson", steps, bond, 1e-13), qtn.mean_field(circuit)
    name = f"120 Z, {steps} steps, blocks of bond {bond}"
    table.at_most(
        f"{name}: CPU s", run.seconds, 300.0, peer=CHAIN[1], unit="s",
        peer_name="quimb, bond 800, laptop",
        note=f"kept {run.kept:.4f}, largest bond {run.bond} between qubits; the peer's is "
        "wall time as published, which does not say whether of one start or of both",
    )  # fmt: skip
    table.at_most(
        f"{name}: largest difference to the mean field with second order",
        float(np.abs(run.values - other.values).max()), 1e-3,
        note=f"rms {report.number(rms(run.values - other.values))}; to the mean field alone "
        f"{report.number(float(np.abs(run.values - other.mean).max()))}, rms "
        f"{report.number(rms(run.values - other.mean))}",
    )  # fmt: skip
    charge_row(table, name, run, "meson")
    forecast_row(table, steps, bond, run.seconds, run.kept)


def vacuum_rows(table: report.Table) -> None:
    """The vacuum alike, the difference, and the published rows beside it."""
    bond, steps = (64, 6) if table.quick else (BOND, STEPS)
    runs = {start: evolved(start, steps, bond, 1e-13) for start in CHARGES}
    charge_row(table, f"vacuum, {steps} steps, blocks of bond {bond}", runs["vacuum"], "vacuum")
    exact = {s: qtn.mean_field(qtn.hadron_circuit(steps=steps, start=s)) for s in CHARGES}
    signal = runs["meson"].values - runs["vacuum"].values
    expected = exact["meson"].values - exact["vacuum"].values
    table.at_most(
        f"meson - vacuum, 120 Z, {steps} steps: blocks beside the mean field",
        float(np.abs(signal - expected).max()), 1e-3,
        note=f"n_f {staggered(runs['meson'].values) - staggered(runs['vacuum'].values):.6f}, "
        f"published {STAGGERED}",
    )  # fmt: skip
    table.at_most(
        "charge Q = 60 + sum Z(meson) - sum Z(vacuum): distance from 60",
        abs(float(signal.sum())), 1e-6, peer=abs(CHAIN[0] - 60.0), peer_name="quimb, bond 800",
        note=f"published: processor {QUANTUM[0]} ± {QUANTUM[1]}, Pauli propagation "
        f"{PROPAGATED[0]} ± {PROPAGATED[1]}, matrix product state {CHAIN[0]}",
    )  # fmt: skip


def rigorous_rows(table: report.Table) -> None:
    """Rigorous half-widths of all 120 values after 10 and 15 steps."""
    for steps, bond, bar in ((10, 400, None), (15, 1600, 2.5e-3)):
        if table.quick and steps > 10:
            return
        run = evolved("meson", steps, bond, 1e-12)
        other = qtn.mean_field(qtn.hadron_circuit(steps=steps))
        table.at_most(
            f"120 Z, {steps} steps, bond {bond}: largest rigorous half-width",
            float(run.widths.max()), bar,
            note=f"{run.seconds:.0f} CPU s; distance to the mean field with second order "
            f"{report.number(float(np.abs(run.values - other.values).max()))}",
        )  # fmt: skip


def propagation_rows(table: report.Table) -> None:
    """Pauli propagation: all values with strings below 4e-5 not made, a few with 1e-5."""
    steps = 6 if table.quick else STEPS
    starts = {s: directions(s) for s in CHARGES}
    expected = {s: qtn.mean_field(qtn.hadron_circuit(steps=steps, start=s)).values for s in CHARGES}
    gates = gate_list(qtn.hadron_circuit(steps=steps)).gates[60:]  # without the X gates
    circuit = generators_of(QUBITS, gates)
    few = [11, 35, 59, 60, 95]
    for cutoff, qubits in ((4e-5, few if table.quick else list(range(QUBITS))), (1e-5, few)):
        began = time.process_time()
        found, most = np.zeros((len(starts), len(qubits))), 0
        for k, qubit in enumerate(qubits):
            one = PauliSum.from_terms([Term(1.0, ((qubit, "Z"),))], QUBITS)
            carried = propagate(one, circuit, cutoff=cutoff)
            found[:, k] = [carried.kept.value(starts[s]) for s in CHARGES]
            most = max(most, carried.peak)
        seconds = time.process_time() - began
        apart = found - np.array([expected[s][qubits] for s in CHARGES])
        table.at_most(
            f"{len(qubits)} Z, {steps} steps, both starts: Pauli propagation cut at {cutoff:.0e} "
            "beside the mean field", float(np.abs(apart).max()), 1e-3,
            note=f"rms {report.number(rms(apart))}; {seconds:.1f} CPU s for all, at most {most} "
            "strings",
        )  # fmt: skip


def forecast_rows(table: report.Table) -> None:
    """Forecasts of seconds on sizes that the constants were not fitted on."""
    sizes = ((60, 10, 160, "meson"), (40, 12, 300, "vacuum"), (60, 15, 256, "meson"))
    for sites, steps, bond, start in sizes[: 1 if table.quick else None]:
        circuit = qtn.hadron_circuit(sites, steps, start=start)
        began = time.process_time()
        found = qtn.circuit_to_blocks(circuit, max_bond=bond)
        seconds = time.process_time() - began
        forecast_row(table, steps, bond, seconds, found.fidelity_floor, sites)


def forecast_row(
    table: report.Table, steps: int, bond: int, seconds: float, kept: float, sites: int = 60
) -> None:
    """Add the factor between seconds foreseen and taken."""
    circuit = qtn.hadron_circuit(sites, steps)
    began = time.process_time()
    foreseen = forecast_blocks(circuit, bond)
    took = time.process_time() - began
    factor = max(foreseen.seconds / seconds, seconds / foreseen.seconds)
    table.at_most(
        f"forecast, {sites} sites, {steps} steps, bond {bond}: factor to the seconds taken", factor,
        3.0, note=f"foreseen {report.number(foreseen.seconds)} s, taken {report.number(seconds)} s;"
        f" kept {foreseen.kept:.4f} foreseen, {kept:.4f} found; the forecast took "
        f"{report.number(took)} s",
    )  # fmt: skip


def charge_row(table: report.Table, name: str, run: Run, start: str) -> None:
    """Add how far the numbers of both species are from those of the start."""
    full = (1.0 - run.values) / 2.0
    found = (full[::2].sum(), full[1::2].sum())
    worst = max(abs(a - b) for a, b in zip(found, CHARGES[start], strict=True))
    table.at_most(
        f"{name}: numbers of both species", float(worst), 1e-6,
        note=f"{found[0]:.8f} and {found[1]:.8f}",
    )  # fmt: skip


def staggered(values: np.ndarray) -> float:
    """Return sum_r (-1)^r (n_i(r) + n_o(r))."""
    return float(((1.0 - values) / 2.0).reshape(-1, 2).sum(axis=1) @ (-1.0) ** np.arange(60))


def directions(start: str) -> np.ndarray:
    """Return ⟨X⟩, ⟨Y⟩, ⟨Z⟩ of every qubit at the start."""
    found = np.zeros((QUBITS, 3))
    found[:, 2] = qtn.mean_field(qtn.hadron_circuit(steps=0, start=start)).values
    return found


def rms(values: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


JOBS: dict[str, parts.Job] = {
    "hadrons-mean-field": mean_field_rows,
    "hadrons-verify": verify_rows,
    "hadrons-blocks": block_rows,
    "hadrons-vacuum": vacuum_rows,
    "hadrons-rigorous": rigorous_rows,
    "hadrons-propagation": propagation_rows,
    "hadrons-forecast": forecast_rows,
}
