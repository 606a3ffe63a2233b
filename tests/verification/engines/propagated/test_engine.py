"""Values by Pauli propagation through the door: bounds, estimates, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import SparsePauliOp, Statevector, random_clifford

import qtn
from qtn.errors import ArgumentError, VerificationError
from qtn.verification import Limits


def _grid(angle: float, steps: int, rows: int = 3, columns: int = 3) -> QuantumCircuit:
    """Kicked Ising on a square grid."""
    circuit = QuantumCircuit(rows * columns)
    pairs = [(q, q + 1) for q in range(rows * columns) if (q + 1) % columns]
    pairs += [(q, q + columns) for q in range((rows - 1) * columns)]
    for _ in range(steps):
        circuit.rx(angle, range(rows * columns))
        for pair in pairs:
            circuit.rzz(-np.pi / 2, *pair)
    return circuit


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 5))
def test_intervals_hold_the_truth(seed, n, depth):
    circuit = random_circuit(n, depth, max_operands=min(n, 4), seed=seed)
    rng = np.random.default_rng(seed)
    labels = ["".join(rng.choice(list("IXYZ01+r"), n)) for _ in range(2)]
    check = qtn.verify(circuit, observables=labels, method="propagation")
    assert check.rigorous
    for label, value in zip(labels, check.values, strict=True):
        assert abs(value.value - _exact(circuit, label)) <= value.stderr + 1e-12


def _exact(circuit: QuantumCircuit, label: str) -> float:
    from qiskit.quantum_info import SparseObservable

    operator = SparsePauliOp.from_sparse_observable(SparseObservable(label))
    return float(Statevector(circuit).expectation_value(operator).real)


def test_clifford_circuits_of_any_width_are_exact():
    n = 120
    circuit = QuantumCircuit(n)
    rng = np.random.default_rng(0)
    for seed in range(400):
        pair = rng.permutation(n)[:2].tolist()
        circuit.append(random_clifford(2, seed=seed).to_instruction(), pair)
    circuit = circuit.compose(circuit.inverse())
    labels = ["I" * (n - 1) + "Z", "X" + "I" * (n - 1)]
    check = qtn.verify(circuit, observables=labels)
    assert check.method.startswith("propagation")
    assert [value.value for value in check.values] == [1.0, 0.0]
    assert "none dropped" in check.why


def test_many_qubits_and_small_angles_are_certified_where_chains_are_not():
    circuit = _grid(0.15, 3, 8, 8)
    label = "".join("Z" if q == 27 else "I" for q in range(64))[::-1]
    check = qtn.verify(circuit, observables=label, limits=Limits(max_bond=16))
    assert check.rigorous
    assert check.method.startswith("propagation")
    # the same by its causal cone of 25 qubits, cut to the 3 x 3 around for a shorter one
    small = qtn.verify(_grid(0.15, 3), observables="IIIIZIIII", method="both")
    assert small.values[0].stderr < 1e-9


def test_an_estimate_is_none_where_it_is_called_a_bound():
    circuit = _grid(0.6, 6)
    limits = Limits(memory=16384 * 240.0 * 4.1, seconds=3.0)
    check = qtn.verify(circuit, observables="IIIIZIIII", method="propagation", limits=limits)
    error = abs(check.values[0].value - _exact(circuit, "IIIIZIIII"))
    assert error <= check.values[0].stderr


def test_what_is_beyond_is_refused_with_the_reason():
    circuit = _grid(1.0, 12, 6, 6)
    limits = Limits(seconds=0.1)
    with pytest.raises(VerificationError, match=r"% of the squared norm.*Raise the limits"):
        qtn.verify(circuit, observables="Z" * 36, method="propagation", limits=limits)
    with pytest.raises(VerificationError, match="takes longer than the 1e-09 s allowed"):
        qtn.verify(circuit, observables="Z" * 36, method="propagation", limits=Limits(seconds=1e-9))


def test_a_fidelity_is_refused():
    with pytest.raises(ArgumentError, match='another than "propagation" for a fidelity'):
        qtn.verify(_grid(0.1, 1), _grid(0.1, 1), method="propagation")


def test_a_constant_is_exact():
    check = qtn.verify(_grid(0.3, 1), observables={"I" * 9: 0.5}, method="propagation")
    assert check.values[0].value == pytest.approx(0.5)


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0], [1e-14, 0.0]])
def test_an_operator_that_is_next_to_none_has_a_value(weights):
    circuit = random_circuit(3, 4, max_operands=2, seed=1)
    operator = SparsePauliOp(["ZIZ", "ZIZ"], weights)
    check = qtn.verify(circuit, observables=operator, method="propagation")
    assert check.rigorous
    assert abs(check.values[0].value) <= 1e-14


def test_threads_change_nothing(monkeypatch):
    from qtn.verification.engines.propagated import engine

    circuit = _grid(0.4, 4)
    labels = ["".join("Z" if q == k else "I" for q in range(9)) for k in range(5)]
    many = qtn.verify(circuit, observables=labels, method="propagation")
    monkeypatch.setattr(engine, "MOST", 1)
    alone = qtn.verify(circuit, observables=labels, method="propagation")
    assert [v.value for v in many.values] == [v.value for v in alone.values]
