"""One engine after the other: failures become notes, refusals of the first stand."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from oracles import brickwork
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification import Limits, verify
from qtn.verification.engines.chains import ENGINES, QuimbState
from qtn.verification.turns import ask_in_turn

DOOR = importlib.import_module("qtn.verification.door")


def asker(**outcomes: object):  # type: ignore[no-untyped-def]
    def ask(name: str) -> object:
        found = outcomes[name]
        if isinstance(found, Exception):
            raise found
        return found

    return ask


def test_failures_are_notes() -> None:
    bad, refused = ValueError("too many\nsubscripts"), VerificationError("beyond the limits")
    assert ask_in_turn(["a", "b"], asker(a=1, b=2)) == ([1, 2], "")
    note = "; b failed (ValueError: too many subscripts)"
    assert ask_in_turn(["a", "b"], asker(a=1, b=bad)) == ([1], note)
    assert ask_in_turn(["b", "a"], asker(a=1, b=bad)) == ([1], note)
    note = "; b could not answer (beyond the limits)"
    assert ask_in_turn(["a", "b"], asker(a=1, b=refused)) == ([1], note)
    with pytest.raises(VerificationError, match="beyond the limits"):
        ask_in_turn(["b", "a"], asker(a=1, b=refused))
    with pytest.raises(VerificationError, match=r"No engine could answer; a failed \(Memory"):
        ask_in_turn(["a"], asker(a=MemoryError()))
    long = ask_in_turn(["a", "b"], asker(a=1, b=ValueError("x" * 500)))[1]
    assert len(long) < 150


@pytest.mark.parametrize("method", ["auto", "both"])
def test_a_failing_second_engine_is_a_note(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(QuimbState):
        def expectation(self, terms) -> float:  # type: ignore[no-untyped-def]
            raise UnicodeEncodeError("ascii", "À", 0, 1, "ordinal not in range(128)")

    monkeypatch.setitem(ENGINES, "quimb", Broken)
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
    state = ENGINES["quimb"](DOOR.gate_list(circuit), None, 1e-20)
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
    monkeypatch.setattr(DOOR, "quimb_seconds", lambda *_: 2.1)
    assert verify(circuit, observables=[label]).method == "chain + cone"
    state = ENGINES["chain"](DOOR.gate_list(circuit), None, 1e-20).state
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
    monkeypatch.setattr(DOOR, "_equivalence", broken)
    with pytest.raises(VerificationError, match=r"The engine failed \(LinAlgError: SVD did not"):
        verify(circuit, circuit.copy())
    monkeypatch.setattr(DOOR, "_noisy", broken)
    with pytest.raises(VerificationError, match=r"The engine failed \(LinAlgError"):
        verify(circuit, observables="Z", noise=NoiseModel())
