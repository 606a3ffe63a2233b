"""PennyLane's operations on a chain: what is native, what is taken apart, how states start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.exceptions import DeviceError

from qtn.plugins.pennylane_state import chain_of, is_native, rotated

WIRES = ["a", 1, "c"]


def amplitudes(state: Any) -> np.ndarray:
    """Return a chain's amplitudes, the first wire most significant."""
    return state.to_dense().reshape((2,) * state.n).transpose().reshape(-1)


def expected(operations: list[Any]) -> np.ndarray:
    tape = qml.tape.QuantumScript(operations, [qml.state()])
    order = qml.wires.Wires(WIRES)
    device = qml.device("default.qubit", wires=order)
    return np.asarray(device.execute(device.preprocess_transforms()([tape])[0])[0])


@pytest.mark.parametrize(
    "operations",
    [
        [qml.Hadamard("a"), qml.CNOT(["a", "c"]), qml.GlobalPhase(0.4), qml.Barrier(WIRES)],
        [qml.BasisState([1, 0], ["c", "a"]), qml.Toffoli(["c", "a", 1])],
        [qml.StatePrep(np.array([0.6, 0, 0, 0.8j]), ["a", 1]), qml.RX(0.3, "c")],
        [qml.StatePrep(np.array([0.6, 0, 0, 0.8j]), ["c", "a"]), qml.RX(0.3, 1)],
        [qml.QubitUnitary(qml.matrix(qml.QFT(range(3))), ["c", 1, "a"])],
    ],
)
def test_a_chain_is_the_state_of_the_operations(operations: list[Any]) -> None:
    state, built = chain_of(operations, WIRES, None, 1e-14)
    assert np.allclose(amplitudes(state), expected(operations), atol=1e-10)
    assert built.fidelity == pytest.approx(1.0)


def test_a_state_is_turned_further() -> None:
    first, more = [qml.Hadamard("a"), qml.CNOT(["a", 1])], [qml.S(1), qml.IsingXY(0.7, ["c", "a"])]
    state, _ = chain_of(first, WIRES, None, 1e-14)
    assert rotated(state, [], WIRES) is state
    assert np.allclose(amplitudes(rotated(state, more, WIRES)), expected(first + more), atol=1e-10)


def test_what_is_native() -> None:
    matrix = np.eye(8)
    for operation, native in (
        (qml.RX(0.1, 0), True),
        (qml.IsingXX(0.1, [0, 5]), True),
        (qml.Barrier([0, 1]), True),
        (qml.GlobalPhase(0.1), True),
        (qml.Toffoli([0, 1, 2]), False),
        (qml.QubitUnitary(matrix, [0, 1, 2]), False),
        (qml.BasisState([1], [0]), False),
    ):
        assert is_native(operation) is native, operation


def test_an_operation_without_a_matrix_is_named() -> None:
    class Nothing(qml.operation.Operation):
        num_wires = 1

    with pytest.raises(DeviceError, match="Operation Nothing on 1 wires has neither"):
        chain_of([Nothing(wires=1)], WIRES, None, 1e-14)
