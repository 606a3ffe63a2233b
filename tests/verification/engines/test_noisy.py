"""Certified noisy values: exact channels against Aer's density matrix and its trajectories."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

from qtn.devices import transpile_for
from qtn.errors import ArgumentError, VerificationError
from qtn.states import MPS
from qtn.verification import Limits, verify
from qtn.verification.engines.base import NoisySource
from qtn.verification.engines.noisy import noisy_interval, noisy_ladder, noisy_state
from qtn.verification.inputs import observable_terms


def noise() -> NoiseModel:
    out = NoiseModel()
    one = depolarizing_error(0.02, 1)
    out.add_all_qubit_quantum_error(one.tensor(one), ["cx", "cz"])
    out.add_all_qubit_quantum_error(thermal_relaxation_error(50e-6, 30e-6, 1e-6), ["u"])
    out.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    return out


def brickwork(n: int, depth: int) -> QuantumCircuit:
    rng = np.random.default_rng(3)
    circuit = QuantumCircuit(n)
    for layer in range(depth):
        for q in range(n):
            circuit.u(*rng.uniform(0, 6, 3), q)
        for left in range(layer % 2, n - 1, 2):
            circuit.cz(left, left + 1)
    return circuit


def density_matrix(circuit: QuantumCircuit) -> np.ndarray:
    saved = circuit.copy()
    saved.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=noise())
    return np.asarray(simulator.run(saved).result().data(0)["density_matrix"])


def test_values_and_fidelity_match_aer() -> None:
    circuit = brickwork(6, 4)
    rho = density_matrix(circuit)
    target = Statevector(circuit).data
    labels = ["ZZIIII", "IXYIIZ", "IIII01"]
    check = verify(circuit, target, labels, noise=noise(), limits=Limits(max_bond=1024))
    for found, label in zip(check.values, labels, strict=True):
        from qiskit.quantum_info import SparseObservable

        operator = SparsePauliOp.from_sparse_observable(SparseObservable.from_label(label))
        assert found.value == pytest.approx(np.trace(rho @ operator.to_matrix()).real, abs=1e-10)
    assert check.fidelity == pytest.approx(np.vdot(target, rho @ target).real, abs=1e-10)
    assert check.rigorous


def test_trajectories_agree_and_readout_counts_when_measured() -> None:
    circuit = brickwork(4, 3)
    bare = verify(circuit, observables=["ZZII", "IXIY"], noise=noise(), method="both")
    assert bare.method == "pauli + trajectories"
    circuit.measure_all()
    read = verify(circuit, observables=["ZZII"], noise=noise(), method="both")
    assert abs(read.values[0].value - bare.values[0].value) > 1e-3
    rho = density_matrix(brickwork(4, 3)).diagonal().real
    confusion = np.array([[0.95, 0.1], [0.05, 0.9]])
    tensor = rho.reshape((2,) * 4)
    for axis in range(4):
        tensor = np.moveaxis(np.tensordot(confusion, tensor, axes=(1, axis)), 0, axis)
    signs = np.array([1, -1])
    expected = np.einsum("abcd,a,b->", tensor, signs, signs)
    assert read.values[0].value == pytest.approx(expected, abs=1e-10)


def test_sixty_qubits_exact_and_half_the_bond_refused() -> None:
    circuit = brickwork(60, 5)
    label = ("ZZ" + "I" * 29).rjust(60, "I")
    exact = verify(circuit, observables=[label], noise=noise())
    assert exact.rigorous
    assert exact.values[0].stderr < 1e-10
    with pytest.raises(VerificationError, match=r"too much to certify|loses too much to check"):
        verify(circuit, observables=[label], noise=noise(), limits=Limits(max_bond=6))


def test_device_and_layout() -> None:
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    backend = fakes.FakeManilaV2()
    circuit = brickwork(3, 2)
    isa = transpile(circuit, backend, seed_transpiler=1, initial_layout=[3, 2, 1])
    check = verify(isa, observables=["ZZI", "IXI"], device=backend, method="both")
    model = NoiseModel.from_backend(backend)
    saved = isa.copy()
    saved.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    rho = np.asarray(simulator.run(saved).result().data(0)["density_matrix"])
    for found, label in zip(check.values, ["ZZI", "IXI"], strict=True):
        operator = SparsePauliOp(label).apply_layout(isa.layout).to_matrix()
        assert found.value == pytest.approx(np.trace(rho @ operator).real, abs=1e-8)


def test_foreign_gates_are_written_in_the_devices_and_names_do() -> None:
    pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    circuit = brickwork(3, 2)
    native = transpile_for(circuit, "FakeManilaV2")
    found = verify(circuit, observables=["ZZI"], device="FakeManilaV2")
    for given in (native, native.circuit):
        again = verify(given, observables=["ZZI"], device="FakeManilaV2")
        assert again.values[0].value == pytest.approx(found.values[0].value, abs=1e-10)
    ideal = verify(circuit, observables=["ZZI"]).values[0].value
    assert abs(found.values[0].value - ideal) > 1e-3
    with pytest.raises(ArgumentError, match="or the name of a fake one, whose reported noise"):
        verify(circuit, observables=["ZZI"], device="aer")
    with pytest.raises(ArgumentError, match="`device` must be a Qiskit backend"):
        verify(circuit, observables=["ZZI"], device=3)


def test_errors() -> None:
    circuit = brickwork(3, 2)
    with pytest.raises(ArgumentError, match="`method` must be one of 'auto', 'both', 'pauli'"):
        verify(circuit, observables=["ZZZ"], noise=noise(), method="cone")
    wide = QuantumCircuit(4).compose(circuit, [0, 1, 3])
    with pytest.raises(ArgumentError, match="acts on all its qubits along a line"):
        verify(wide, MPS.product([[1, 0]] * 4), noise=noise())
    backend = pytest.importorskip("qiskit_ibm_runtime.fake_provider").FakeManilaV2()
    isa = transpile(circuit, backend, seed_transpiler=1)
    with pytest.raises(ArgumentError, match="on its own qubits, as before transpilation"):
        verify(
            isa, MPS.product([[1, 0]] * 3), noise=NoiseModel.from_backend(backend),
            method="trajectories",
        )  # fmt: skip


def test_noisy_fidelity_by_two_engines() -> None:
    circuit = brickwork(5, 4)
    target = Statevector(circuit).data
    truth = np.vdot(target, density_matrix(circuit) @ target).real
    both = verify(circuit, target, ["ZZIII"], noise=noise(), method="both")
    assert both.method == "pauli + trajectories"
    assert both.fidelity == pytest.approx(truth, abs=1e-10)
    alone = verify(circuit, target, noise=noise(), method="trajectories")
    assert alone.low <= truth <= alone.high
    assert alone.high - alone.low < 0.2
    assert not alone.rigorous


def test_a_wrong_noisy_engine_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from qtn.verification.engines import pauli

    circuit = brickwork(4, 3)
    target = Statevector(circuit).data
    honest = pauli.noisy_ladder
    quiet = NoisySource.of(circuit, NoiseModel())
    monkeypatch.setattr(pauli, "noisy_ladder", lambda _, limits: honest(quiet, limits))
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(circuit, target, noise=noise(), method="both")
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(
            circuit,
            observables=["ZZII", "IXIY", "YYXX"],
            noise=noise(),
            method="both",
            limits=Limits(shots=60_000),
        )


def noisy_errors(seed: int) -> list[tuple[float, float]]:
    """Error and half-width of values of a noisy chain whose bonds were cut."""
    rng = np.random.default_rng([seed, 9])
    n, size = int(rng.integers(7, 9)), rng.uniform(0.05, 0.35)
    circuit = QuantumCircuit(n)
    circuit.x(range(1, n, 2))
    for layer in range(int(rng.integers(4, 10))):
        for q in range(layer % 2, n - 1, 2):
            circuit.rxx(size, q, q + 1)
            circuit.ryy(size, q, q + 1)
            circuit.rzz(0.3 * rng.normal(), q, q + 1)
    model = NoiseModel()
    error = depolarizing_error(10 ** rng.uniform(-3, -1.5), 2)
    model.add_all_qubit_quantum_error(error, ["rxx", "ryy", "rzz"])
    bond = int(rng.choice([16, 24, 32]))
    try:
        states = noisy_ladder(NoisySource.of(circuit, model), Limits(max_bond=bond, cutoff=1e-16))
    except VerificationError:
        return []
    full, half = states[0], states[1] if len(states) > 1 else None
    exact = noisy_state(NoisySource.of(circuit, model), Limits(max_bond=256, cutoff=1e-14))
    found = []
    for q in range(n - 1):
        for letters in ("Z", "X", "ZZ", "XX", "XY"):
            label = ("I" * q + letters).ljust(n, "I")
            (terms,) = observable_terms(label, n)
            interval = noisy_interval(full, half, terms)
            width = interval.high - interval.value
            found.append((abs(interval.value - exact.value(terms)), width))
    return found


@pytest.mark.parametrize("draws", [10, pytest.param(150, marks=pytest.mark.slow)])
def test_estimates_of_cut_noisy_chains_hold(draws: int) -> None:
    found = [pair for seed in range(draws) for pair in noisy_errors(seed)]
    assert len(found) > 5 * draws
    assert np.mean([error <= width + 1e-10 for error, width in found]) >= 0.95
    assert min(width for _, width in found) > 0.0
