"""The choice by a device's noise: `Auto(device=...)` beside every fixed method.

    python -m benchmarks.compile --only "Auto for FakeTorino"

The fidelity to expect is F Π (1 - ε) Π readout Π idle, from the device's tables and the placement
that `qtn.run` takes. The simulated one is that of the density operator which the device's noise
model leaves of the placed circuit, by a chain of Pauli operators whose truncation is certified; it
has no readout and no waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from qiskit_aer.noise import NoiseModel

import qtn
from benchmarks import compile_targets as targets
from benchmarks import report
from qtn.aqc import Brickwall, Staircase, Window
from qtn.aqc.methods.base import described
from qtn.devices.placement.cutting import active_qubits, cut_circuit, cut_noise_model
from qtn.devices.placement.transpile import Transpiled
from qtn.verification import Limits

DEVICES = ("FakeTorino", "FakeSherbrooke", "FakeMarrakesh")
FIXED: tuple[Any, ...] = (
    *(Brickwall(layers) for layers in range(3, 8)),
    *(Staircase(layers) for layers in range(1, 4)),
    Window(bond=4),
)
BOND = 256  # of the chain of the density operator


@cache
def quench() -> qtn.MPS:
    """Return the Heisenberg chain of 20 sites at t = 2, from the Néel state."""
    return qtn.evolve(qtn.chain("heisenberg", 20), "neel", 2.0)


@cache
def trained() -> qtn.MPS:
    """Return the state of one label of a classifier of 4x4 digits."""
    data = qtn.load_digits(size=4, classes=(3, 8), seed=0)
    model = qtn.MPSClassifier(bond=4, epochs=8, seed=0).fit(data.x_train, data.y_train)
    return model.state(3)


@cache
def born() -> qtn.MPS:
    """Return what a Born machine learns of the bars and stripes of 4x4: 2.7 bits of entropy.

    Chosen for its entanglement, before any circuit for it was seen.
    """
    bits = np.array(list(np.ndindex(2, 2, 2, 2)))
    bars = np.unique([np.repeat(b, 4) for b in bits] + [np.tile(b, 4) for b in bits], axis=0)
    return qtn.MPSBornMachine(bond=8, seed=0).fit(bars).state()


def distribution() -> qtn.MPS:
    """Return the distribution of the 4x4 digits as a state of bond 16."""
    return targets.digits().state


TARGETS: dict[str, Callable[[], qtn.MPS]] = {
    "quench n=20": quench,
    "trained state n=16": trained,
    "Born machine n=16": born,
    "digits n=16": distribution,
}


@cache
def fixed(name: str) -> tuple[tuple[str, qtn.Compiled], ...]:
    """Return the circuits of all fixed methods, which no device changes."""
    state = TARGETS[name]()
    return tuple((described(m), qtn.compile(state, m, progress=False)) for m in FIXED)


def rows(table: report.Table, device: str, name: str) -> None:
    """Add the expected and the simulated fidelity of a target on a device."""
    state = TARGETS[name]()
    began = time.process_time()
    auto = qtn.compile(state, qtn.Auto(device=device), progress=False)
    seconds = time.process_time() - began
    others = [(label, alone(made, device)) for label, made in fixed(name)]
    label, best = max(others, key=lambda pair: expected(pair[1]))
    title = f"Auto for {device}, {name}"
    table.at_least(
        f"{title}: expected fidelity", expected(auto), expected(best),
        note=f"{auto.provenance['chosen']}; {seconds:.1f} CPU s; best fixed {label}",
    )  # fmt: skip
    simulated_row(table, title, state, auto, others, device)


def simulated_row(
    table: report.Table,
    title: str,
    state: qtn.MPS,
    auto: qtn.Compiled,
    others: list[tuple[str, qtn.Compiled]],
    device: str,
) -> None:
    """Add the fidelity that the noise model leaves, beside those of the fixed choices."""
    value, width = simulated(auto, state, device)
    found = [(*simulated(made, state, device), label) for label, made in others]
    best, spread, label = max(found)
    table.at_least(
        f"{title}: simulated fidelity", value, best - width - spread,
        note=f"± {width:.1e}; best of {len(found)} fixed {best:.4f} ± {spread:.1e}, {label}",
    )  # fmt: skip


def alone(made: qtn.Compiled, device: str) -> qtn.Compiled:
    """Return the circuit of a fixed method in the device's gates, with what to expect of it."""
    limits = {"max_two_qubit_gates": made.two_qubit_gates, "max_depth": made.two_qubit_depth}
    return made.pick(**limits, infidelity=min(1.0, 1.0001 * made.infidelity), device=device)


def expected(made: qtn.Compiled) -> float:
    """Return the fidelity to expect of a result that was made for a device."""
    return float(made.provenance["expected fidelity"])


def simulated(made: qtn.Compiled, state: qtn.MPS, device: str) -> tuple[float, float]:
    """Return the fidelity on the qubits chosen, and the half-width of its interval."""
    placed = qtn.transpile_for(made.circuit, device)
    circuit, noise = cut_circuit(placed.circuit, placed.qubits), model(device, placed)
    for qubit in set(range(state.n)).difference(active_qubits(circuit)):
        circuit.rz(0.0, qubit)  # what is read back acts on every qubit; this is free of errors
    limits = Limits(max_bond=BOND)
    check = qtn.verify(circuit, state, noise=noise, method="pauli", limits=limits)
    value, low, high = check.fidelity, check.low, check.high
    assert None not in (value, low, high)
    return value, max(value - low, high - value)


def model(device: str, placed: Transpiled) -> NoiseModel:
    """Return the noise of the qubits of a placement, in their order."""
    import qiskit_ibm_runtime.fake_provider as provider

    return cut_noise_model(getattr(provider, device)(), placed.qubits)


JOBS = {
    f"Auto for {device}, {name}": lambda table, d=device, n=name: rows(table, d, n)
    for device in DEVICES
    for name in TARGETS
}
