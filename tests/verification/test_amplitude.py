"""Amplitudes of bit strings at any width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError, VerificationError
from qtn.verification import Limits, amplitudes
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.engines.chains import STATES


@pytest.mark.parametrize("method", ["auto", "chain", "quimb", "both", "contraction"])
def test_dense_truth_up_to_one_phase(method: str) -> None:
    circuit = brickwork(6, 4, 3)
    bits = np.random.default_rng(0).integers(0, 2, (5, 6))
    exact = Statevector(circuit).data[bits @ (1 << np.arange(6))]
    found = amplitudes(circuit, bits, method=method)
    assert np.abs(np.abs(found.value) - np.abs(exact)).max() < 1e-10
    ratio = found.value / exact
    assert np.abs(ratio - ratio[0]).max() < 1e-7
    assert (found.stderr < 1e-8).all()


@settings(max_examples=20)
@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 2**31), st.booleans())
def test_random_bit_strings(n: int, depth: int, seed: int, su4: bool) -> None:
    circuit = brickwork(n, depth, seed % 1000, su4=su4)
    bits = np.random.default_rng(seed).integers(0, 2, (4, n))
    exact = Statevector(circuit).data[bits @ (1 << np.arange(n))]
    for method in ("chain", "contraction"):
        found = amplitudes(circuit, bits, method=method)
        assert np.abs(np.abs(found.value) - np.abs(exact)).max() < 1e-10


def test_hundred_qubits() -> None:
    circuit = brickwork(100, 4)
    bits = np.random.default_rng(1).integers(0, 2, (4, 100))
    chain = amplitudes(circuit, bits)
    exact = amplitudes(circuit, bits, method="contraction")
    assert np.abs(chain.value / exact.value - chain.value[0] / exact.value[0]).max() < 1e-8


def test_auto_contracts_what_a_chain_cannot_hold() -> None:
    circuit = brickwork(12, 8, su4=True)
    bits = np.zeros((1, 12), int)
    found = amplitudes(circuit, bits, limits=Limits(max_bond=4))
    assert found.method == "contraction"
    assert abs(found.value[0]) == pytest.approx(abs(Statevector(circuit).data[0]), abs=1e-11)


def test_a_wrong_engine_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(ChainState):
        """Half as large."""

        def amplitudes(self, bits):  # type: ignore[no-untyped-def]
            return 0.5 * super().amplitudes(bits)

    monkeypatch.setitem(STATES, "chain", Wrong)
    with pytest.raises(VerificationError, match=r"Two engines disagree on \|amplitude\|"):
        amplitudes(brickwork(4, 2), np.zeros((2, 4), int), method="both")


@pytest.mark.parametrize("bits", [[[0, 1]], [0, 1, 0], [[0, 2, 0]]])
def test_bad_bits(bits: list) -> None:
    with pytest.raises(ArgumentError, match="rows of 3 zeros and ones"):
        amplitudes(brickwork(3, 1), bits)
