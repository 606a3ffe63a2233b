import math

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CZGate, Measure, RZGate, SXGate
from qiskit.providers import QubitProperties
from qiskit.transpiler import InstructionProperties, Target

from qtn.devices.placement.expected import expected_fidelity, idle_fidelity, idle_times
from qtn.devices.placement.transpile import Transpiled

T1, T2 = 1e-4, 5e-5


def target(n=3):
    made = Target(num_qubits=n, qubit_properties=[QubitProperties(t1=T1, t2=T2)] * n)
    ones = {(q,): InstructionProperties(error=1e-3, duration=1e-7) for q in range(n)}
    made.add_instruction(SXGate(), ones)
    made.add_instruction(RZGate(Parameter("t")), {(q,): None for q in range(n)})
    pairs = {(q, q + 1): InstructionProperties(error=1e-2, duration=4e-7) for q in range(n - 1)}
    made.add_instruction(CZGate(), pairs)
    made.add_instruction(Measure(), {(q,): InstructionProperties(error=0.03) for q in range(n)})
    return made


def ladder():
    circuit = QuantumCircuit(3)
    circuit.sx(0)
    circuit.cz(0, 1)
    circuit.cz(1, 2)
    circuit.barrier()
    return Transpiled(circuit, (0, 1, 2), (0, 1, 2))


def test_errors_of_gates_and_readout_multiply():
    assert expected_fidelity(ladder(), target()) == pytest.approx(0.999 * 0.99**2 * 0.97**3)


def test_qubits_wait_from_their_first_gate_to_the_end():
    waits = idle_times(ladder().circuit, target())
    assert waits == pytest.approx({0: 4e-7, 1: 0.0, 2: 0.0})
    kept = 0.5 + math.exp(-4e-7 / T1) / 6 + math.exp(-4e-7 / T2) / 3
    assert idle_fidelity(ladder(), target()) == pytest.approx(kept)


def test_devices_that_tell_no_times_let_nothing_relax():
    bare = Target(num_qubits=3)
    bare.add_instruction(CZGate(), {(0, 1): None, (1, 2): None})
    assert idle_fidelity(ladder(), bare) == 1.0
    assert expected_fidelity(ladder(), bare) == 1.0
