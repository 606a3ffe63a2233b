"""Witnesses on simulated devices against the true fidelity."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brickwork
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qtn.devices.tensor.primitives import TensorSampler
from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.verification import CrossEntropy, DirectFidelity, Mirror, Shadows, verify
from qtn.verification.witness.protocols import collision_probability, pauli_chain, rows_of


def state_of(circuit: QuantumCircuit) -> MPS:
    return MPS.from_dense(Statevector(circuit).data)


def noisy_sampler(rate: float = 0.02) -> TensorSampler:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    return TensorSampler(noise, seed=5)


def true_fidelity(circuit: QuantumCircuit, rate: float = 0.02) -> float:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(rate, 2), ["cx"])
    return verify(circuit, state_of(circuit), noise=noise).fidelity


def test_cross_entropy_from_counts() -> None:
    circuit = brickwork(8, 6, 1)
    target = state_of(circuit)
    rows = target.sample(5000, seed=1)
    noise = np.random.default_rng(0)
    mixed = noise.random(5000) < 0.4
    rows[mixed] = noise.integers(0, 2, (int(mixed.sum()), 8))
    counts: dict[str, int] = {}
    for row in rows:
        key = "".join(map(str, row[::-1]))
        counts[key] = counts.get(key, 0) + 1
    check = verify(counts, target)
    spread = (check.high - check.low) / (2 * 1.96)
    expected = 0.6 + 0.4 / 256
    assert abs(check.fidelity - expected) < 5 * spread
    assert "cross-entropy" in check.method


def test_direct_fidelity_is_unbiased() -> None:
    circuit = brickwork(5, 4, 2)
    truth = true_fidelity(circuit)
    check = verify(
        circuit,
        state_of(circuit),
        device=noisy_sampler(),
        method=DirectFidelity(error=0.05, settings=60),
    )
    spread = (check.high - check.low) / (2 * 1.96)
    assert abs(check.fidelity - truth) < 5 * spread
    assert spread < 0.12
    assert "60 Pauli settings" in check.why


def test_shadows_estimate_local_observables() -> None:
    circuit = brickwork(6, 3, 3)
    labels = ["IIIIZZ", "XIIIII"]
    check = verify(circuit, observables=labels, device="aer", method=Shadows(bases=80, shots=64))
    for found, label in zip(check.values, labels, strict=True):
        exact = Statevector(circuit).expectation_value(SparsePauliOp(label)).real
        assert abs(found.value - exact) < 5 * found.stderr + 0.02


def test_mirror_circuits() -> None:
    circuit = brickwork(4, 4, 4)
    ideal = verify(circuit, device="aer", method=Mirror(circuits=3))
    assert ideal.fidelity == pytest.approx(1.0, abs=1e-9)
    truth = true_fidelity(circuit)
    noisy = verify(circuit, device=noisy_sampler(), method=Mirror(circuits=8, error=0.02))
    assert abs(noisy.fidelity - truth) < 0.06


def test_plans_are_made_before_running() -> None:
    circuit = brickwork(4, 3)
    target = state_of(circuit)
    loose, tight = (CrossEntropy(error=e).plan(circuit, target) for e in (0.02, 0.004))
    assert 20 < tight.total / loose.total < 30
    assert len(DirectFidelity(error=0.1).plan(circuit, target).circuits) == 100
    assert len(Shadows(error=0.1).plan(circuit, 2).circuits) == 225
    assert Mirror(circuits=4, error=0.05).plan(circuit).total == 400


def test_collisions_and_pauli_chain() -> None:
    target = state_of(brickwork(6, 4, 5))
    p = np.abs(target.to_dense()) ** 2
    assert collision_probability(target) == pytest.approx((p**2).sum(), abs=1e-12)
    chain = pauli_chain(target)
    left = np.ones((1,))
    for tensor, letter in zip(chain, (3, 0, 1, 2, 0, 3), strict=True):
        left = left @ tensor[:, letter]
    exact = Statevector(target.to_dense()).expectation_value(SparsePauliOp("ZIYXIZ")).real
    assert left[0] * 2**3 == pytest.approx(exact, abs=1e-10)


def test_errors() -> None:
    circuit = brickwork(3, 2)
    target = state_of(circuit)
    with pytest.raises(ArgumentError, match="Argument `target` is missing"):
        verify({"000": 1})
    with pytest.raises(ArgumentError, match="has 2 bits, but the target has 3"):
        verify({"00": 1}, target)
    with pytest.raises(ArgumentError, match="Counts of the circuit alone allow"):
        verify({"000": 1}, target, method=Mirror())
    with pytest.raises(ArgumentError, match="`device` must be given with a witness"):
        verify(circuit, target, method=Mirror())
    with pytest.raises(ArgumentError, match="`target` must be the state"):
        verify(circuit, device="aer", method=DirectFidelity())
    with pytest.raises(ArgumentError, match="given for classical shadows"):
        verify(circuit, device="aer", method=Shadows())
    with pytest.raises(ArgumentError, match="sums of Pauli strings"):
        verify(circuit, observables=["00I"], device="aer", method=Shadows())
    with pytest.raises(ArgumentError, match="must map bit strings"):
        rows_of({})
    with pytest.raises(ArgumentError, match="bit strings of one length"):
        rows_of({"00": 1, "0": 2})
    with pytest.raises(ArgumentError, match="random bases measured"):
        Shadows(bases=1).estimate([{"0" * 12: 3}], "Z" * 12, 1)
    with pytest.raises(ArgumentError, match="`error` must be a finite number"):
        CrossEntropy(error=0)
