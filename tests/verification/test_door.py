"""The door `verify`: fidelities and values with intervals, two engines, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError, VerificationError
from qtn.states import MPS
from qtn.verification import Limits, choice, verify
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.engines.chains import STATES


@settings(max_examples=10)
@given(st.integers(2, 8), st.integers(1, 5), st.integers(0, 2**31))
def test_both_engines_match_dense(n: int, depth: int, seed: int) -> None:
    circuit = brickwork(n, depth, seed)
    vector = Statevector(circuit)
    target = Statevector(brickwork(n, depth, seed + 1)).data
    labels = ["Z" * n, "X" + "I" * (n - 1), SparsePauliOp(["Y" * n, "Z" * n], [0.5, -1.0])]
    check = verify(circuit, target, labels, method="both")
    truth = abs(np.vdot(target, vector.data)) ** 2
    assert check.rigorous
    assert check.low - 1e-9 <= truth <= check.high + 1e-9
    assert check.fidelity == pytest.approx(truth, abs=1e-9)
    for found, label in zip(check.values, labels, strict=True):
        operator = SparsePauliOp(label) if isinstance(label, str) else label
        exact = vector.expectation_value(operator).real
        assert found.value == pytest.approx(exact, abs=1e-9)
        assert abs(found.value - exact) <= found.stderr + 1e-12


def test_hundred_qubits_engines_agree() -> None:
    circuit = brickwork(100, 6)
    target = ChainState_of(circuit)
    check = verify(circuit, target, ["I" * 50 + "ZZ" + "I" * 48], method="both")
    assert check.fidelity == pytest.approx(1.0, abs=1e-10)
    assert check.rigorous
    assert check.high - check.low < 1e-10


def test_a_second_engine_is_asked_where_it_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    label = "I" * 50 + "ZZ" + "I" * 48
    small, large = brickwork(100, 2), brickwork(100, 12)
    assert verify(small, ChainState_of(small), [label]).method == "chain + quimb"
    assert verify(large, ChainState_of(large), [label]).method == "chain + quimb"
    monkeypatch.setattr(choice, "SECOND_OPINION", 0.5)
    found = verify(large, ChainState_of(large), [label])
    assert found.method == "chain"
    assert "one engine" in found.why
    assert found.rigorous
    capped = verify(brickwork(14, 8, su4=True), observables=["Z" * 14], limits=Limits(max_bond=40))
    assert "quimb" not in capped.method


def ChainState_of(circuit: QuantumCircuit) -> MPS:
    from qtn.interop.circuits import gate_list

    return ChainState(gate_list(circuit), None, 1e-20).state


def test_truncated_interval_holds_the_truth() -> None:
    circuit = brickwork(14, 8, su4=True)
    vector = Statevector(circuit)
    label = "I" * 6 + "ZZ" + "I" * 6
    truth = vector.expectation_value(SparsePauliOp(label)).real
    check = verify(
        circuit, vector.data, [label], method="chain", limits=Limits(max_bond=40, cutoff=1e-12)
    )
    assert not check.rigorous
    assert check.low <= 1.0 <= check.high + 1e-12
    assert abs(check.values[0].value - truth) <= check.values[0].stderr
    assert "a quarter of the bond" in check.why


def test_a_wrong_engine_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = brickwork(6, 4)
    target = Statevector(circuit).data

    class Wrong(ChainState):
        """Forgets the last gate."""

        def __init__(self, gates, max_bond, cutoff) -> None:  # type: ignore[no-untyped-def]
            from dataclasses import replace

            super().__init__(replace(gates, gates=gates.gates[:-1]), max_bond, cutoff)

    verify(circuit, target, ["ZZZZZZ"], method="both")
    monkeypatch.setitem(STATES, "chain", Wrong)
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(circuit, target, method="both")
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(circuit, observables=["IIZIZI", "ZZIIII", "IIIIXZ"], method="both")


def test_a_small_error_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = brickwork(6, 4)

    class Wrong(ChainState):
        """Off by 1e-4 in every value."""

        def expectation(self, terms) -> float:  # type: ignore[no-untyped-def]
            return super().expectation(terms) + 1e-4

    monkeypatch.setitem(STATES, "chain", Wrong)
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(circuit, observables=["IIIIZZ"], method="both")


def test_transpiled_circuits_and_measurements() -> None:
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    circuit = brickwork(4, 3)
    target = Statevector(circuit).data
    circuit.measure_all()
    isa = transpile(circuit, fakes.FakeManilaV2(), seed_transpiler=0)
    assert isa.num_qubits == 5
    assert verify(isa, target).fidelity == pytest.approx(1.0, abs=1e-9)


def test_targets_in_all_forms() -> None:
    circuit = brickwork(4, 2)
    state = MPS.from_dense(Statevector(circuit).data)

    class Model:
        def state(self) -> MPS:
            return state

    for target in (state, state.to_quimb(), list(state.to_dense()), Model()):
        assert verify(circuit, target).fidelity == pytest.approx(1.0, abs=1e-9)


def test_refusal_names_the_cost() -> None:
    circuit = brickwork(40, 40, su4=True)
    with pytest.raises(VerificationError, match=r"would take about .* s and .* GB"):
        verify(circuit, observables=["Z" * 40], limits=Limits(max_bond=1024, seconds=1))
    circuit = brickwork(24, 16, su4=True)
    with pytest.raises(VerificationError, match="too little to certify"):
        verify(circuit, observables=["Z" * 24], method="chain", limits=Limits(max_bond=8))


def test_bad_input() -> None:
    circuit = brickwork(3, 2)
    with pytest.raises(ArgumentError, match="are both missing"):
        verify(circuit)
    with pytest.raises(ArgumentError, match="`target` has 2 sites"):
        verify(circuit, [1, 0, 0, 0])
    with pytest.raises(ArgumentError, match="`target` must be an MPS"):
        verify(circuit, 3.0)
    with pytest.raises(ArgumentError, match="`circuit` must be a QuantumCircuit"):
        verify("circuit", observables=["ZZZ"])
    with pytest.raises(ArgumentError, match="must be on the 3 qubits of the circuit, but is on 2"):
        verify(circuit, observables=["ZZ"])
    with pytest.raises(ArgumentError, match="must be a label, Pauli, SparsePauliOp"):
        verify(circuit, observables=["ABC"])
    with pytest.raises(ArgumentError, match="must be a label, Pauli, SparsePauliOp"):
        verify(circuit, observables=[1.0])
    with pytest.raises(ArgumentError, match="Hermitian"):
        verify(circuit, observables=[SparsePauliOp("ZZZ", 1j)])
    with pytest.raises(ArgumentError, match="must be an observable or a list of them"):
        verify(circuit, observables=[])
    with pytest.raises(ArgumentError, match="`method` must be one of"):
        verify(circuit, observables=["ZZZ"], method="magic")
    with pytest.raises(ArgumentError, match="one for circuits without noise"):
        verify(circuit, observables=["ZZZ"], method="pauli")
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="free parameters"):
        verify(free, observables=["Z"])
    middle = QuantumCircuit(1, 1)
    middle.measure(0, 0)
    middle.x(0)
    with pytest.raises(ArgumentError, match="goes on after a measurement"):
        verify(middle, observables=["Z"])
    reset = QuantumCircuit(1)
    reset.reset(0)
    with pytest.raises(ArgumentError, match="must hold unitary gates"):
        verify(reset, observables=["Z"])
    with pytest.raises(ArgumentError, match='another than "cone"'):
        verify(circuit, [1] + [0] * 7, method="cone")


def test_check_prints_itself() -> None:
    check = verify(brickwork(3, 2), [1] + [0] * 7, ["ZZZ"])
    assert "fidelity" in str(check)
    assert "bond" in str(check)
    html = check._repr_html_()
    assert html.startswith('<div class="qtn">')
    assert "rigorous bound" in html


def test_the_identity_needs_no_network() -> None:
    check = verify(brickwork(3, 2), observables=["III"], method="contraction")
    assert check.values[0].value == 1.0
    assert "the identity needs no network" in check.why


def test_observables_of_a_permuted_circuit_are_refused_where_both_meanings_fit():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.cx(0, 1)
    coupling = [[0, 1], [1, 0]]
    swapped = transpile(circuit, coupling_map=coupling, initial_layout=[1, 0], seed_transpiler=0)
    with pytest.raises(ArgumentError, match="before or after the transpilation of `circuit`"):
        verify(swapped, observables=["IZ"])
    assert verify(swapped, [0, 0, 0, 1]).fidelity == pytest.approx(1)
    plain = transpile(circuit, coupling_map=coupling, initial_layout=[0, 1], seed_transpiler=0)
    assert verify(plain, observables=["IZ"]).values[0].value == pytest.approx(-1)
