"""Causal cones, and the trap of Aer's own truncation."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer import AerSimulator

from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.verification import Limits, verify
from qtn.verification.engines.lightcone import cone_expectation
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import causal_cone


def kicked_ising(n: int, layers: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(layers):
        for q in range(n):
            circuit.rx(0.6, q)
        for q in [*range(0, n - 1, 2), *range(1, n - 1, 2)]:
            circuit.rzz(-np.pi / 2 * 0.7, q, q + 1)
    return circuit


def test_cone_matches_state_vector() -> None:
    circuit = kicked_ising(9, 2)
    label = "IIIIZXIII"
    exact = Statevector(circuit).expectation_value(SparsePauliOp(label)).real
    for method in ("cone", "both"):
        check = verify(circuit, observables=[label], method=method)
        assert check.values[0].value == pytest.approx(exact, abs=1e-10)


def test_we_do_not_fall_into_aers_trap() -> None:
    """Aer's `save_expectation_value` on a subset of qubits is wrong with its truncation on."""
    n, site = 18, 9
    circuit = kicked_ising(n, 3)
    exact = (
        Statevector(circuit)
        .expectation_value(SparsePauliOp.from_sparse_list([("Z", [site], 1.0)], n))
        .real
    )
    trapped = circuit.copy()
    trapped.save_expectation_value(SparsePauliOp("Z"), [site])
    simulator = AerSimulator(method="statevector")
    theirs = simulator.run(trapped).result().data(0)["expectation_value"]
    label = "I" * (n - 1 - site) + "Z" + "I" * site
    for method in ("auto", "cone", "chain", "quimb"):
        ours = verify(circuit, observables=[label], method=method).values[0].value
        assert ours == pytest.approx(exact, abs=1e-9)
    safe = AerSimulator(method="statevector", enable_truncation=False)
    right = safe.run(trapped).result().data(0)["expectation_value"]
    assert right == pytest.approx(exact, abs=1e-9)
    if abs(theirs - exact) < 1e-9:
        pytest.skip("this Aer has repaired its light-cone truncation")
    assert abs(theirs - exact) > 1e-3


def test_hundred_qubits_by_cone() -> None:
    circuit = kicked_ising(100, 3)
    label = "I" * 50 + "Z" + "I" * 49
    cone, numbers = causal_cone(gate_list(circuit), [49])
    assert len(cone) < 24
    assert len(numbers) < len(circuit.data)
    one = verify(circuit, observables=[label], method="cone")
    two = verify(circuit, observables=[label], method="chain")
    assert one.values[0].value == pytest.approx(two.values[0].value, abs=1e-10)
    assert one.rigorous


def test_deep_circuit_prefers_the_cone() -> None:
    circuit = kicked_ising(60, 2)
    deep = circuit.compose(kicked_ising(8, 40), qubits=range(8))
    label = "I" * 20 + "Z" + "I" * 39
    check = verify(deep, observables=[label], limits=Limits(max_bond=4))
    assert check.method == "cone"
    assert check.rigorous


def test_too_wide() -> None:
    circuit = QuantumCircuit(30)
    for q in range(29):
        circuit.cx(q, q + 1)
    terms = observable_terms(["Z" + "I" * 29], 30)[0]
    with pytest.raises(VerificationError, match="depends on 30 qubits"):
        cone_expectation(gate_list(circuit), terms)
