"""Whether what came back belongs to what was asked."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.devices.engines.base import Pub, Raw, Values
from qtn.devices.record.answers import check_answers

COUNTED = Pub(QuantumCircuit(3, 3, name="counted"), np.zeros((2, 0)))
VALUED = Pub(QuantumCircuit(3, name="valued"), None, (SparsePauliOp("ZZZ"), SparsePauliOp("XXX")))


def bits(*shape: int, shots: int = 4, number: int = 3, fill: int = 0) -> BitArray:
    return BitArray(np.full((*shape, shots, 1), fill, np.uint8), number)


def values(count: int = 2, value: float = 0.5, stderr: float = 0.1) -> Values:
    return Values(np.full(count, value), np.full(count, stderr), "mine")


def test_what_fits() -> None:
    check_answers([COUNTED, VALUED], [bits(2), values()], 4, "Desk")


@pytest.mark.parametrize(
    ("pub", "answer", "reason"),
    [
        (COUNTED, bits(3), r"bits of shape \(3,\) instead of \(2,\)"),
        (COUNTED, bits(2, shots=5), r"another number of shots than 4 \(5\)"),
        (COUNTED, bits(2, number=4), "4 bits instead of 3"),
        (COUNTED, bits(2, fill=8), "outcomes with more than 3 bits"),
        (COUNTED, values(), "another number of values than asked"),
        (VALUED, bits(2), "a BitArray"),
        (VALUED, values(3), "another number of values than asked"),
        (VALUED, values(value=np.nan), "values or errors that are no numbers"),
        (VALUED, values(stderr=-1.0), "values or errors that are no numbers"),
    ],
)
def test_what_does_not(pub: Pub, answer: Raw, reason: str) -> None:
    with pytest.raises(qtn.DeviceError, match=f"Desk returned {reason}.* for circuit"):
        check_answers([pub], [answer], 4, "Desk")


def test_another_number_of_results() -> None:
    with pytest.raises(qtn.DeviceError, match="Desk returned 1 results for 2 circuits"):
        check_answers([COUNTED, VALUED], [bits(2)], 4, "Desk")
