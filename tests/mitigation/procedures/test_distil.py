from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, VirtualDistillation, mitigate, virtual_distillation


def rotated() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.ry(0.4, 1)
    return circuit


OBSERVABLE = SparsePauliOp(["IZ", "ZI", "IX", "YI"], [1.0, 0.5, 0.7, 0.3])


def test_it_is_the_technique_in_the_pipeline():
    options = {"device": "FakeManilaV2", "shots": 2000, "seed": 3}
    for others in ((), Readout(), [Readout()]):
        found = virtual_distillation(rotated(), OBSERVABLE, others, **options)
        listed = [others] if isinstance(others, Readout) else others
        same = mitigate(rotated(), OBSERVABLE, [*listed, VirtualDistillation()], **options)
        assert (found.value, found.stderr, found.shots) == (same.value, same.stderr, same.shots)
        assert found.method == same.method
        assert np.ndim(found.value) == 0


def test_what_it_cannot_take_is_refused():
    with pytest.raises(ArgumentError, match="one-qubit Pauli terms"):
        virtual_distillation(rotated(), "ZZ", device="aer")
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="without free parameters"):
        virtual_distillation(free, "Z", device="aer")
    with pytest.raises(ArgumentError, match=r"`techniques` must be a list of techniques"):
        virtual_distillation(rotated(), "IZ", 3, device="aer")
    with pytest.raises(ArgumentError, match=r"`shots` must be"):
        virtual_distillation(rotated(), "IZ", device="aer", shots=0)
    with pytest.raises(ArgumentError, match=r"needs 6 qubits, but FakeManilaV2 has 5"):
        virtual_distillation(QuantumCircuit(3), "IIZ", device="FakeManilaV2")


def test_other_techniques_do_not_compose_and_are_refused():
    with pytest.raises(ArgumentError, match=r"composes with Readout\(\) alone, but .* zne"):
        virtual_distillation(rotated(), "IZ", [Readout(), ZNE()], device="aer")
    with pytest.raises(ArgumentError, match="but `techniques` holds twirled readout"):
        virtual_distillation(rotated(), "IZ", Readout(method="twirled"), device="aer")
    with pytest.raises(ArgumentError, match="holds Readout and Readout, which take the same step"):
        virtual_distillation(rotated(), "IZ", [Readout(), Readout()], device="aer")
    with pytest.raises(ArgumentError, match="Give objects, not names or classes"):
        mitigate(rotated(), "IZ", [virtual_distillation], device="aer")


def test_a_constant_is_exact():
    found = virtual_distillation(QuantumCircuit(1), SparsePauliOp("I", 0.5), device="aer")
    assert (found.value, found.stderr, found.shots) == (0.5, 0.0, 0)


@pytest.mark.parametrize("measure", [False, True])
def test_classical_bits_of_the_circuit_change_nothing(measure: bool) -> None:
    circuit = QuantumCircuit(2, 3)
    circuit.x(1)
    if measure:
        circuit.measure([0, 1], [2, 0])
    for label, value in (("ZI", -1.0), ("IZ", 1.0)):
        assert virtual_distillation(circuit, label, device="aer", shots=100).value == value
    circuit.measure(0, 0)
    circuit.x(0)
    with pytest.raises(ArgumentError, match="measures or branches before its end"):
        virtual_distillation(circuit, "ZI", device="aer")
