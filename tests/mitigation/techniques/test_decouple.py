from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn.devices import resolve
from qtn.errors import ArgumentError
from qtn.mitigation import DynamicalDecoupling, Readout, Twirl, mitigate, plan


def idle() -> QuantumCircuit:
    """Qubit 0 waits in |+> while the others work."""
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    for _ in range(6):
        circuit.cx(1, 2)
        circuit.rx(0.3, 1)
    circuit.cx(0, 1)
    circuit.h(0)
    return circuit


def drift(circuit: QuantumCircuit, rate: float) -> QuantumCircuit:
    """Replace every delay by a phase in proportion to its duration."""
    out = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.operation.name == "delay":
            out.rz(rate * instruction.operation.duration, instruction.qubits[0])
        elif not instruction.clbits and instruction.operation.name != "barrier":
            out.append(instruction)
    return out


@pytest.mark.parametrize("sequence", ["XX", "XY4", "staggered"])
def test_sequences_stay_native_and_cancel_a_static_phase(sequence):
    prepared = plan(idle(), "IIZ", DynamicalDecoupling(sequence), device="FakeManila", shots=10)
    padded = prepared.planned[0].circuit
    target = resolve("FakeManila").target
    assert set(padded.count_ops()) <= {*target.operation_names, "barrier"}
    assert padded.count_ops()["x"] >= 2
    used = [*prepared.native.qubits]
    rest = [q for q in range(padded.num_qubits) if q not in used]

    def active(c: QuantumCircuit) -> QuantumCircuit:
        small = QuantumCircuit(len(used))
        for i in c.data:
            places = [c.find_bit(q).index for q in i.qubits]
            if not set(places) & set(rest):
                small.append(i.operation, [used.index(p) for p in places])
        return small

    clean, drifting = (active(drift(padded, r)) for r in (0.0, 2e-5))
    overlap = abs(np.trace(Operator(clean).data.conj().T @ Operator(drifting).data)) / 8
    plain = plan(idle(), "IIZ", device="FakeManila", shots=10)
    durations = sum(i.operation.duration for i in padded.data if i.operation.name == "delay")
    assert durations > 0
    assert overlap > 0.999
    assert prepared.shots == plain.shots


def test_it_composes_and_needs_timing():
    found = mitigate(
        idle(), "IIZ", [DynamicalDecoupling(), Twirl(2), Readout()], device="FakeManila", shots=400
    )
    assert "decoupling XX + twirl" in found.method
    with pytest.raises(ArgumentError, match="states no gate durations"):
        mitigate(idle(), "IIZ", DynamicalDecoupling(), device="aer")
    with pytest.raises(ArgumentError, match="`sequence` must be one of"):
        DynamicalDecoupling("CPMG")
