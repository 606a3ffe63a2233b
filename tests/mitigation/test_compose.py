"""Every technique on every kind of device; traps in which other tools were caught."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer.primitives import SamplerV2

from qtn.devices import Device, resolve, transpile_for
from qtn.errors import ArgumentError
from qtn.interop.counting import two_qubit_gates
from qtn.mitigation import (
    PEA,
    PEC,
    TEM,
    ZNE,
    DynamicalDecoupling,
    PauliNoise,
    PostSelection,
    Readout,
    Twins,
    TwinZNE,
    Twirl,
    fold,
    measure,
    mitigate,
    plan,
)
from qtn.mitigation.values.pauli_noise import gates_of

N = 3
ENERGY = SparsePauliOp.from_sparse_list(
    [("ZZ", [i, i + 1], -1 / N) for i in range(N - 1)] + [("X", [i], -1 / N) for i in range(N)], N
)


def circuit() -> QuantumCircuit:
    c = QuantumCircuit(N)
    for _ in range(2):
        for i in range(N - 1):
            c.rzz(-0.5, i, i + 1)
        for i in range(N):
            c.rx(-0.4, i)
    return c


EXACT = Statevector(circuit()).expectation_value(ENERGY).real


@functools.cache
def device(name: str) -> Any:
    """The devices of the tests: simulators, a fake backend by name, and objects."""
    if name == "aer with noise":
        return chain(N, gate=0.01, readout=(0.02, 0.03))
    if name == "fake, tensor network":
        return Device("FakeManilaV2", engine="tensor")
    if name == "backend object":
        from qiskit_ibm_runtime.fake_provider import FakeManilaV2

        return FakeManilaV2()
    if name == "sampler object":
        noise = chain(N, gate=0.01, readout=(0.02, 0.03)).options.noise_model
        return SamplerV2(
            options={"backend_options": {"noise_model": noise, "basis_gates": noise.basis_gates}}
        )
    return name


DEVICES = (
    "aer with noise",
    "FakeManilaV2",
    "sampler object",
    *(pytest.param(d, marks=pytest.mark.slow)
      for d in ("aer", "tensor", "fake, tensor network", "backend object")),
)  # fmt: skip


def technique(name: str, target: Any) -> list[Any]:
    """One technique with options small enough for a test."""
    native = transpile_for(circuit(), target)
    known = gates_of(native.circuit)
    model = PauliNoise({key: np.full(15, 6e-4) for key in known})
    return {
        "tensored readout": [Readout()],
        "twirled readout": [Readout(method="twirled", copies=4)],
        "correlated readout": [Readout(method="correlated")],
        "subspace readout": [Readout(method="subspace")],
        "zne": [ZNE((1, 3))],
        "adaptive zne": [ZNE((1, 3), split="adaptive")],
        "twin zne": [TwinZNE((1, 3), twins=4)],
        "twirl": [Twirl(4)],
        "decoupling": [DynamicalDecoupling()],
        "pec": [PEC(model, copies=24)],
        "pea": [PEA(model, (1, 2), copies=4)],
        "tem": [TEM(model, strings=12)],
        "twins": [Twins(circuits=2)],
        # the circuit keeps nothing, so the symmetry is only a filter here
        "post-selection": [PostSelection(parity="III")],
        "pipeline": [Readout(method="twirled", copies=2), Twirl(2), ZNE((1, 3)), Twins(2)],
    }[name]


# a technique that needs what a device does not tell says so before anything runs
REFUSED = {
    ("twin zne", "aer"): "reports no gate errors",
    ("twin zne", "tensor"): "reports no gate errors",
    ("twin zne", "sampler object"): "reports no gate errors",
    ("decoupling", "aer"): "states no gate durations",
    ("decoupling", "tensor"): "states no gate durations",
    ("decoupling", "aer with noise"): "states no gate durations",
    ("decoupling", "sampler object"): "states no gate durations",
}
TECHNIQUES = (
    "tensored readout", "twirled readout", "correlated readout", "subspace readout", "zne",
    "adaptive zne", "twin zne", "twirl", "decoupling", "pec", "pea", "tem", "twins",
    "post-selection", "pipeline",
)  # fmt: skip


@pytest.mark.parametrize("where", DEVICES)
@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_technique_runs_on_every_device(name, where):
    target = device(where)
    if (name, where) in REFUSED:
        with pytest.raises(ArgumentError, match=REFUSED[name, where]):
            mitigate(circuit(), ENERGY, technique(name, target), device=target, shots=400)
        return
    found = mitigate(
        circuit(), ENERGY, technique(name, target), device=target, shots=400, progress=False
    )
    assert 0 < found.stderr < 0.5
    # the noise of these devices moves the value by less than 0.2 even uncorrected
    assert abs(found.value - EXACT) < 5 * found.stderr + 0.2
    assert found.shots > 0


@pytest.mark.parametrize(
    "name", ["FakeManilaV2", "FakeGuadalupeV2", "FakeTorino", "FakeSherbrooke", "FakeFez"]
)
@pytest.mark.parametrize("method", ["global", "local"])
def test_folding_stays_native_with_the_ratio_asked_for(name, method):
    target = resolve(name).target
    ready = transpile_for(circuit(), name).circuit
    for factor in (3, 5):
        folded = fold(ready, factor, method=method, allowed=target.operation_names)
        ratio = two_qubit_gates(folded) / two_qubit_gates(ready)
        assert ratio == pytest.approx(factor, rel=0.02)
        for instruction in folded.data:
            places = tuple(folded.find_bit(q).index for q in instruction.qubits)
            assert target.instruction_supported(instruction.operation.name, places)


def test_an_error_bar_is_a_standard_deviation_and_not_a_variance():
    target = chain(N, gate=0.01, readout=(0.02, 0.03))
    few, many = (
        mitigate(circuit(), ENERGY, [Readout(), ZNE((1, 3))], device=target, shots=s)
        for s in (500, 8000)
    )
    # sixteen times the shots: a quarter of the error, where a variance would fall to a sixteenth
    assert few.stderr / many.stderr == pytest.approx(4, rel=0.25)


def test_twirling_is_measured_and_never_chosen_unasked():
    target = "FakeManilaV2"
    chosen = plan(circuit(), ENERGY, "auto", device=target, shots=20_000)
    assert chosen.find(Twirl) is None
    # the same gates with Paulis around them: the noise of the gates stays, that of the Paulis comes
    prepared = plan(circuit(), ENERGY, Twirl(8), device=target, shots=400)
    ready = transpile_for(circuit(), target).circuit
    assert all(two_qubit_gates(j.circuit) == two_qubit_gates(ready) for j in prepared.planned)
    pulses = [
        sum(i.operation.name in ("sx", "x") for i in j.circuit.data) for j in prepared.planned
    ]
    assert np.mean(pulses) > sum(i.operation.name in ("sx", "x") for i in ready.data)


def test_readout_is_corrected_before_extrapolation_whatever_the_order_given():
    target = chain(N, gate=0.01, readout=(0.06, 0.09))
    for techniques in ([ZNE((1, 3)), Readout()], [Readout(), ZNE((1, 3))]):
        prepared = plan(circuit(), ENERGY, techniques, device=target, shots=20_000)
        assert [type(t) for t in prepared.techniques] == [Readout, ZNE]
        data = measure(prepared)
        error = abs(data.estimate().value - EXACT)
        assert error < 0.5 * abs(data.estimate([ZNE((1, 3))]).value - EXACT)
