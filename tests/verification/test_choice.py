"""Who is asked, and in which order; what a failing second engine is."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brickwork
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel

from qtn.errors import ArgumentError, VerificationError
from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification import Limits, choice, verify
from qtn.verification.engines.base import NoisySource, Question
from qtn.verification.engines.chains import STATES
from qtn.verification.engines.quimb_state import QuimbState
from qtn.verification.inputs import observable_terms


def names(question: Question, method: str) -> list[str]:
    return [verifier.name for verifier in choice.chosen(question, method)]


def test_by_method() -> None:
    gates = gate_list(brickwork(4, 2))
    plain = Question(gates, None, observable_terms("ZZII", 4), Limits())
    for method in ("chain", "quimb", "cone", "contraction"):
        assert names(plain, method) == [method]
    assert names(plain, "both") == ["chain", "quimb"]
    pair = Question(gates, None, [], Limits(), other=gates)
    assert names(pair, "equivalence") == ["operator"]
    assert names(pair, "equivalence-both") == ["operator + quimb"]
    source = NoisySource.of(brickwork(4, 2), NoiseModel())
    noisy = Question(gates, None, observable_terms("ZZII", 4), Limits(), noisy=source)
    assert (names(noisy, "auto"), names(noisy, "pauli")) == (["pauli"], ["pauli"])
    assert names(noisy, "both") == ["pauli", "trajectories"]
    assert names(noisy, "trajectories") == ["trajectories"]
    with pytest.raises(ArgumentError, match=r"`method` must be one of 'auto', 'both', 'pauli'"):
        names(noisy, "cone")
    with pytest.raises(ArgumentError, match=r"`method` must be one for circuits without noise"):
        names(plain, "pauli")


@pytest.mark.parametrize("method", ["auto", "both"])
def test_a_failing_second_engine_is_a_note(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(QuimbState):
        def expectation(self, terms) -> float:  # type: ignore[no-untyped-def]
            raise UnicodeEncodeError("ascii", "À", 0, 1, "ordinal not in range(128)")

    monkeypatch.setitem(STATES, "quimb", Broken)
    circuit = QuantumCircuit(3)
    circuit.h(0)
    check = verify(circuit, observables=["IIX"], method=method)
    assert check.values[0].value == pytest.approx(1.0)
    assert check.rigorous
    assert check.method == "chain"
    assert "one engine; quimb failed (UnicodeEncodeError" in check.why
    with pytest.raises(VerificationError, match="No engine could answer; quimb failed"):
        verify(circuit, observables=["IIX"], method="quimb")


@pytest.mark.parametrize("n", [53, 57, 100])
def test_product_states_of_any_width(n: int) -> None:
    circuit = QuantumCircuit(n)
    circuit.h(0)
    found = verify(circuit, MPS.product([[1, 0]] * n), ["I" * (n - 1) + "X"])
    assert found.method == "chain + quimb"
    assert found.fidelity == pytest.approx(0.5, abs=1e-12)
    assert found.values[0].value == pytest.approx(1.0, abs=1e-12)
    bits = np.zeros((2, n), int)
    bits[1, 1] = 1
    state = STATES["quimb"](gate_list(circuit), None, 1e-20)
    assert np.abs(state.amplitudes(bits)) == pytest.approx([0.5**0.5, 0.0])


@pytest.mark.parametrize("method", ["auto", "contraction", "quimb"])
def test_hidden_strings_of_any_length(method: str) -> None:
    """Bernstein and Vazirani: an ancilla that meets every second of n qubits, then H on all."""
    n = 80
    circuit = QuantumCircuit(n + 1)
    circuit.x(n)
    circuit.h(range(n + 1))
    circuit.cx(range(0, n, 2), n)
    circuit.h(range(n))
    ones = [[0, 1] if i % 2 == 0 else [1, 0] for i in range(n)]
    target = MPS.product([*ones, [2**-0.5, -(2**-0.5)]])
    assert verify(circuit, target, method=method).fidelity == pytest.approx(1.0, abs=1e-10)


def test_who_speaks_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines where the second is predicted to take 2 s at most; who spoke is said."""
    circuit, label = brickwork(12, 3), "I" * 10 + "ZZ"
    two = verify(circuit, observables=[label])
    assert two.method == "chain + quimb"
    assert "two independent engines agree" in two.why
    monkeypatch.setattr(choice, "quimb_seconds", lambda *_: 2.1)
    assert verify(circuit, observables=[label]).method == "chain + cone"
    state = STATES["chain"](gate_list(circuit), None, 1e-20).state
    one = verify(circuit, state)
    assert one.method == "chain"
    assert "one engine" in one.why
    deep = verify(brickwork(20, 12, su4=True), observables=["I" * 20], limits=Limits(max_bond=4))
    assert deep.method == "cone"
    assert "one engine" in deep.why


def test_raw_failures_of_noisy_and_equivalence_engines_do_not_pass_the_door(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: object, **_options: object) -> object:
        raise np.linalg.LinAlgError("SVD did not converge")

    circuit = QuantumCircuit(1)
    monkeypatch.setattr("qtn.verification.engines.equivalence.process_fidelity", broken)
    failed = r"No engine could answer; {} failed \(LinAlgError: SVD did not"
    with pytest.raises(VerificationError, match=failed.format("operator")):
        verify(circuit, circuit.copy(), method="equivalence")
    monkeypatch.setattr("qtn.verification.engines.pauli.noisy_ladder", broken)
    with pytest.raises(VerificationError, match=failed.format("pauli")):
        verify(circuit, observables="Z", noise=NoiseModel())


def test_wide_bonds_with_charges_go_to_blocks() -> None:
    from tests.interop.test_charged import two_species

    def asked(circuit: QuantumCircuit) -> Question:
        n = circuit.num_qubits
        label = "I" * (n // 2) + "Z" + "I" * (n - n // 2 - 1)
        return Question(gate_list(circuit), None, observable_terms(label, n), Limits())

    wide = two_species(14, 5, hop=0.6)
    assert names(asked(wide), "auto") == ["blocks"]
    assert names(asked(wide), "blocks") == ["blocks"]
    assert names(asked(two_species(14, 1)), "auto")[0] != "blocks"  # a narrow, exact chain
