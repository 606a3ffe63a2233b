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
from qtn.verification.engines.chains import ENGINES
from qtn.verification.engines.fidelity import (
    fidelity_interval,
    fidelity_with,
    ladder_of,
    refuse_uncertified,
    simulate,
)
from qtn.verification.inputs import gate_list
from qtn.verification.limits import Limits, forecast


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


def test_the_estimate_of_a_truncated_chain_holds_the_truth() -> None:
    circuit = brickwork(12, 7, su4=True)
    gates = gate_list(circuit)
    target = MPS.from_dense(Statevector(circuit).data)
    limits = Limits(max_bond=56, cutoff=1e-12)
    state = simulate("chain", gates, forecast(gates, 56), limits)
    ladder = ladder_of("chain", gates, state, limits)
    assert [s.max_bond for s in ladder.states] == [56, 28, 14]
    found = fidelity_with(state, ladder, target)
    assert not found.rigorous
    assert found.certified
    assert found.low <= 1.0 <= found.high + 1e-12


def test_a_fidelity_without_evidence_is_not_certified() -> None:
    gates = gate_list(brickwork(8, 4))
    limits = Limits(max_bond=1, cutoff=1e-12)
    state = ENGINES["chain"](gates, 1, 1e-12)
    target = MPS.from_dense(Statevector(brickwork(8, 4)).data)
    ladder = ladder_of("chain", gates, state, limits)
    found = fidelity_with(state, ladder, target)
    assert (found.low, found.high, found.certified) == (0.0, 1.0, False)
    with pytest.raises(VerificationError, match=r"Nothing is certified: a chain with bond 1 .*2\)"):
        refuse_uncertified([found], state, limits)


def test_an_exact_chain_is_within_rounding() -> None:
    gates = gate_list(brickwork(6, 3))
    state = simulate("chain", gates, forecast(gates, 256), Limits())
    assert state.distance < 1e-8


def test_a_worthless_simulation_is_refused_with_the_cost_of_a_better_one() -> None:
    gates = gate_list(brickwork(16, 12, su4=True))
    with pytest.raises(VerificationError, match=r"too little.*certify.*at twice the bond expect"):
        simulate("chain", gates, forecast(gates, 4), Limits(max_bond=4, cutoff=1e-12))
