"""Chains answer with bounds or estimates, and worthless simulations are refused."""

from __future__ import annotations

import pytest
from oracles import brickwork
from qiskit.quantum_info import Statevector

from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.base import Question
from qtn.verification.engines.chains import (
    STATES,
    Chain,
    fidelity_with,
    ladder_of,
    refuse_uncertified,
    simulate,
)
from qtn.verification.limits import Limits, forecast


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
    state = STATES["chain"](gates, 1, 1e-12)
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


def test_an_answer_is_a_bound_where_nothing_was_cut_and_an_estimate_elsewhere() -> None:
    circuit = brickwork(12, 7, su4=True)
    gates = gate_list(circuit)
    target = MPS.from_dense(Statevector(circuit).data)
    for bond, rigorous in ((64, True), (24, False)):
        limits = Limits(max_bond=bond, cutoff=1e-12)
        question = Question(gates, target, [], limits)
        answer = Chain("chain", forecast(gates, bond)).ask(question)
        assert answer.engine == "chain"
        assert answer.max_bond <= bond
        assert answer.fidelity is not None
        assert answer.fidelity.rigorous is rigorous
        assert answer.fidelity.low <= 1.0 <= answer.fidelity.high + 1e-12
        assert ("exact chain" in answer.why) is rigorous
