"""What a run returns."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.devices import run


def sweep() -> tuple[QuantumCircuit, np.ndarray]:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    return circuit, np.array([[0.0], [np.pi], [0.0]])


def test_counts_of_one_binding_and_of_all() -> None:
    flip = QuantumCircuit(1)
    flip.x(0)
    result = run([sweep(), flip], shots=10)
    assert (len(result), [pub.bindings for pub in result]) == (2, [3, 1])
    assert result.counts(0) == {"00": 20, "01": 10}
    assert result.counts(0, binding=1) == {"01": 10}
    assert result.counts(1, binding=0) == {"1": 10}
    assert result.bits[0].shape == (3,)
    assert [c.num_qubits for c in result.circuits] == [2, 1]


def test_one_line_to_read() -> None:
    result = run(sweep(), SparsePauliOp("IZ"), shots=10)
    assert repr(result) == "RunResult(1 circuit(s) on aer, 10 shots each)"
    assert repr(result.pubs[0]) == "PubResult(values of 3 binding(s))"
    shown = {" ".join(line.split()) for line in str(result).splitlines()}
    assert {"Run", "device aer", "circuits 1", "bindings 3", "shots of each 10"} <= shown
    assert any(line.startswith("0 2 0 ") for line in shown)  # circuit, binding, observable
    assert "Aer" in str(result)
    counted = str(run(sweep(), shots=10))
    assert [line.split() for line in counted.splitlines()][-2:] == [
        ["00", "20", "0.667"],
        ["01", "10", "0.333"],
    ]
    assert "two-qubit gates" in str(result.pubs[0])


def test_what_a_result_does_not_have() -> None:
    counted = run(sweep(), shots=10)
    with pytest.raises(qtn.ArgumentError, match=r"This result has counts only"):
        _ = counted.values
    with pytest.raises(qtn.ArgumentError, match=r"`i` must be"):
        counted.counts(1)
    with pytest.raises(qtn.ArgumentError, match=r"`binding` must be"):
        counted.counts(0, binding=3)
    valued = run(sweep(), SparsePauliOp("IZ"), device=StatevectorEstimator(), shots=10)
    assert valued.pubs[0].bindings == 3
    with pytest.raises(qtn.ArgumentError, match=r"is an estimator, which gives values"):
        valued.counts()
