"""Questions, answers, and intervals from angles."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit_aer.noise import NoiseModel
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qtn.verification.engines.base import Answer, Interval, NoisySource, fidelity_interval


@given(st.integers(0, 2**31), st.floats(0.0, 1.0))
def test_the_angle_bound_holds_for_any_three_states(seed: int, size: float) -> None:
    """True state, simulated state at angle θ, target: the interval holds the true fidelity."""
    rng = np.random.default_rng(seed)
    true, noise, target = (
        v / np.linalg.norm(v) for v in rng.normal(size=(3, 6)) + 1j * rng.normal(size=(3, 6))
    )
    close = true + size * noise
    close /= np.linalg.norm(close)
    sine = np.sqrt(max(0.0, 1.0 - abs(np.vdot(true, close)) ** 2))
    found = fidelity_interval(abs(np.vdot(target, close)) ** 2, sine, rigorous=True)
    assert found.low - 1e-9 <= abs(np.vdot(target, true)) ** 2 <= found.high + 1e-9
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_what_counts_as_certified() -> None:
    assert Interval(0.5, 0.0, 1.0, True).certified
    assert Interval(0.5, 0.4, 0.6, False).certified
    assert not Interval(0.5, 0.0, 1.0, False).certified
    assert not Interval(0.5, -math.inf, math.inf, False).certified


def test_the_intervals_of_an_answer() -> None:
    one, two = Interval(0.9, 0.8, 1.0, True), Interval(0.1, 0.0, 0.2, False)
    assert Answer("chain", "", one, (two,)).intervals == (one, two)
    assert Answer("cone", "", None, (two,)).intervals == (two,)


def test_the_places_of_a_circuit_with_a_layout() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    assert NoisySource.of(circuit, NoiseModel()).places == {0: 0, 1: 1}
    placed = transpile(circuit, FakeManilaV2(), initial_layout=[3, 2], seed_transpiler=0)
    assert NoisySource.of(placed, NoiseModel()).places == {0: 3, 1: 2}
