"""Intervals from angles hold the truth, and worthless simulations are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import brickwork
from qiskit.quantum_info import Statevector

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification.fidelity import fidelity_interval, fidelity_with, simulate
from qtn.verification.inputs import gate_list
from qtn.verification.plan import Limits, forecast


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


def test_half_the_bond_widens_the_interval() -> None:
    circuit = brickwork(12, 7, su4=True)
    gates = gate_list(circuit)
    target = MPS.from_dense(Statevector(circuit).data)
    limits = Limits(max_bond=30, cutoff=1e-12)
    state, half = simulate("chain", gates, forecast(gates, 30), limits)
    assert half is not None
    assert half.max_bond <= 15
    found = fidelity_with(state, half, target)
    assert not found.rigorous
    assert found.low <= abs(half.overlap(target)) ** 2 <= found.high
    assert found.low <= 1.0 <= found.high + 1e-12


def test_an_exact_chain_needs_no_half() -> None:
    gates = gate_list(brickwork(6, 3))
    state, half = simulate("chain", gates, forecast(gates, 256), Limits())
    assert half is None
    assert state.distance < 1e-8


def test_a_worthless_simulation_is_refused_with_the_cost_of_a_better_one() -> None:
    gates = gate_list(brickwork(16, 12, su4=True))
    with pytest.raises(VerificationError, match=r"too little.*certify.*at twice the bond expect"):
        simulate("chain", gates, forecast(gates, 4), Limits(max_bond=4, cutoff=1e-12))
