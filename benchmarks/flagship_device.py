"""The flagship on a device: 120 values of a short circuit, certified, measured and mitigated.

    python -m benchmarks.flagship --only device

The five-step circuits of meson and vacuum, compiled to four layers of hops, on two devices of 156
qubits: two lines of 60 need four broken couplings on FakeMarrakesh (no fewer were found), and none
on FakeFez.
Errors are those of the 120 values against the noiseless short circuit. Every technique is one run
for all values, with `SHOTS` executions of the circuit per noise factor and start. The charge
Q = 60 + sum Z(meson) - sum Z(vacuum) is what was published. Gates with the errors that gates have
leave it where it is, however wrong the values are, so that their errors stand beside it; gates that
lose their qubits altogether do not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import qtn
from benchmarks import parts, report
from qtn.devices import Transpiled, resolve
from qtn.devices.placement.layout import over_broken
from qtn.interop.circuits import circuit_to_mps
from qtn.mitigation import PauliNoise, learn_noise, measure, plan
from qtn.mitigation.values.ideal import ideal_values
from qtn.states.operators import Term

SITES, STEPS, LAYERS = 60, 5, 4
SHOTS = 16_384
BUDGET = 60.0  # CPU seconds of one technique, one start, twins and simulated runs included
TECHNIQUES: dict[str, Sequence[Any]] = {
    "noisy": (),
    "Readout": (qtn.Readout(),),
    "Readout + ZNE": (qtn.Readout(), qtn.ZNE()),
    "Readout + TwinZNE": (qtn.Readout(), qtn.TwinZNE()),
}
# One string, Z itself with its new coefficient: all 120 are measured in one basis. What the other
# strings may add is part of the standard error.
ABSORBING: dict[str, Any] = {
    "Readout + TEM": partial(qtn.TEM, max_bond=24, strings=1),
    "Readout + PNA": partial(qtn.PNA, max_terms=2000, strings=1),
}
LEARNING = {"shots": 256, "depths": (2, 8, 24), "copies": 2, "seed": 3}
PUBLISHED = {
    "processor, readout mitigated (20 steps)": "59.994 ± .006",
    "Pauli propagation (20 steps)": "60.0054 ± .005",
    "matrix product state, bond 800 (20 steps)": "59.9985, no bound",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A short circuit on the device, and the values of Z without noise."""

    device: str
    native: Transpiled
    values: np.ndarray


def prepared(start: str, sites: int, device: str) -> Prepared:
    """Return the short circuit of a start on the device, compiled now or earlier."""
    store = parts.STORES / f"flagship-short-{start}-{sites}.qtn"
    if store.exists():
        short = qtn.load(store)
    else:
        deep = qtn.hadron_circuit(sites=sites, steps=STEPS, start=start)
        state = circuit_to_mps(deep, cutoff=1e-10)
        method = qtn.Hops(layers=LAYERS, couplings=0)
        short = qtn.compile(state, method, progress=False)
        store.parent.mkdir(parents=True, exist_ok=True)
        qtn.save(short, store)
    native = qtn.transpile_for(short, device)
    terms = [Term(1.0, ((q, "Z"),)) for q in range(2 * sites)]
    return Prepared(device, native, ideal_values(native, terms))


def device_rows(table: report.Table, device: str) -> None:
    """Placement, certified noisy values, and one row per technique."""
    sites = 8 if table.quick else SITES
    starts = {name: prepared(name, sites, device) for name in ("meson", "vacuum")}
    placed_row(table, starts["meson"], sites)
    certified = {name: certified_values(one) for name, one in starts.items()}
    noisy, seconds, widths = certified["meson"]
    table.at_most(
        f"{2 * sites} noisy values certified on {device}: CPU s", seconds, 15.0, unit="s",
        note=f"half-widths at most {widths.max():.0e}; noise moves Z by "
        f"{_moved(noisy, starts['meson'])}",
    )  # fmt: skip
    _inform(table, f"{device}, noisy, certified", [c[0] for c in certified.values()], starts, "")
    for name, techniques in TECHNIQUES.items():
        technique_rows(table, f"{device}, {name}", dict.fromkeys(starts, techniques), starts)
    models = {start: learned(table, start, one) for start, one in starts.items()}
    for name, technique in ABSORBING.items():
        own = {start: (qtn.Readout(), technique(noise)) for start, noise in models.items()}
        technique_rows(table, f"{device}, {name}", own, starts)
    for name, value in PUBLISHED.items():
        table.inform(f"published, {name}: Q", value)


def placed_row(table: report.Table, one: Prepared, sites: int) -> None:
    """Gates, depth and broken couplings of the two lines on the device."""
    native = one.native
    depth = native.circuit.depth(lambda item: len(item.qubits) == 2)
    target = resolve(one.device).target
    broken = over_broken(native.circuit, tuple(range(native.circuit.num_qubits)), target)
    table.at_most(
        f"two lines of {sites} on {one.device}: two-qubit depth", depth, 2 * LAYERS, unit="",
        note=f"{native.two_qubit_gates} gates, no swaps; broken couplings are "
        f"{'used, the fewest found' if broken else 'not used'}",
    )  # fmt: skip


def certified_values(one: Prepared) -> tuple[np.ndarray, float, np.ndarray]:
    """Return the values with noise, the CPU seconds they took, and their half-widths."""
    began = time.process_time()
    found = qtn.verify(one.native, observables=labels(one), device=one.device, progress=False)
    seconds = time.process_time() - began
    values = np.array([float(v.value) for v in found.values])
    return values, seconds, np.array([float(v.stderr) for v in found.values])


def learned(table: report.Table, start: str, one: Prepared) -> PauliNoise:
    """Return the noise of the gates of one start, as measured on the device."""
    began = time.process_time()
    noise = learn_noise(one.native, device=one.device, **LEARNING)
    table.at_most(
        f"{one.device}, noise learned for {start}: CPU s", time.process_time() - began, BUDGET,
        unit="s", note=f"{noise.shots:,} shots for {len(noise.rates)} gates, used "
        f"{one.native.two_qubit_gates} times",
    )  # fmt: skip
    return noise


def technique_rows(
    table: report.Table, name: str, techniques: dict[str, Sequence[Any]],
    starts: dict[str, Prepared],
) -> None:  # fmt: skip
    """Seconds, errors, coverage and charge of the techniques of each start, one run for all."""
    values, inside, seconds, foreseen, shots = [], [], [], 0.0, 0
    for which, start in starts.items():
        began = time.process_time()
        planned = plan(
            start.native, labels(start), techniques[which], device=start.device, shots=SHOTS, seed=5
        )
        foreseen = (planned.seconds or 0.0) + sum(t.seconds for t in planned.techniques)
        estimate = measure(planned, progress=False).estimate()
        seconds.append(time.process_time() - began)
        values.append(estimate.value)
        inside.append(np.abs(estimate.value - start.values) < 2 * estimate.stderr)
        shots = planned.shots
    table.at_most(
        f"{name}: CPU s of one start", max(seconds), BUDGET, unit="s",
        note=f"{shots} shots, calibration included; {foreseen:.2g} s foreseen by the plan",
    )  # fmt: skip
    covered = float(np.concatenate(inside).mean())
    _inform(table, name, values, starts, f"; {covered:.0%} of the values within 2 standard errors")


def _inform(
    table: report.Table, name: str, values: Sequence[np.ndarray], starts: dict[str, Prepared],
    more: str,
) -> None:  # fmt: skip
    """Add the errors of the meson's values, and the charge of both starts together."""
    meson, vacuum = values
    charge = len(meson) / 2 + meson.sum() - vacuum.sum()
    first = next(iter(starts.values()))
    table.inform(
        f"{name}: mean and largest error of Z, Q", f"{_moved(meson, first)}; {charge:.4f}",
        note=f"Q is {len(meson) // 2} without noise{more}",
    )  # fmt: skip


def _moved(values: np.ndarray, one: Prepared) -> str:
    off = np.abs(values - one.values)
    return f"{off.mean():.4f} on average, {np.median(off):.4f} in the middle, {off.max():.3f} most"


def labels(one: Prepared) -> list[str]:
    """Return Z of every qubit."""
    n = len(one.native.qubits)
    return ["I" * (n - 1 - q) + "Z" + "I" * q for q in range(n)]


JOBS: dict[str, parts.Job] = {
    f"device-{name.lower()}": partial(device_rows, device=f"Fake{name}")
    for name in ("Marrakesh", "Fez")
}
