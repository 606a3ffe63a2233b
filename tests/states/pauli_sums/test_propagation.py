"""Propagated sums against dense matrices; what is dropped bounds what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.interop.circuits import gate_list
from qtn.interop.observables import terms_of
from qtn.states.pauli_sums import Damping, PauliSum, Turn, generators_of, propagate


def _case(seed: int, n: int, depth: int):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(n, depth, max_operands=min(n, 3), seed=seed)
    labels = {"".join(rng.choice(list("IXYZ"), n)) for _ in range(3)}
    observable = SparsePauliOp(sorted(labels), rng.normal(size=len(labels)))
    return circuit, observable, PauliSum.from_terms(terms_of(observable, n), n)


def _matrix(total: PauliSum):
    return SparsePauliOp(total.labels(), total.coefficients).to_matrix()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5))
def test_exact_sums_are_dense_operators(seed, n, depth):
    circuit, observable, total = _case(seed, n, depth)
    found = propagate(total, generators_of(n, gate_list(circuit).gates))
    unitary = Operator(circuit).data
    wanted = unitary.conj().T @ observable.to_matrix() @ unitary
    assert (found.steps_left, found.dropped.values, found.cuts) == (0, 0.0, 0)
    if len(found.kept):
        assert _matrix(found.kept) == pytest.approx(wanted, abs=1e-11)
    assert found.kept.norm == pytest.approx(total.norm)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 8),
    st.integers(1, 60),
    st.sampled_from([0.0, 1e-3, 0.05]),
)
def test_bounds_hold_the_truth(seed, n, most, cutoff):
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(40):
        pair = rng.permutation(n)[:2].tolist()
        letters = rng.choice(list("XYZ"), 2)
        steps.append(Turn(tuple(zip(pair, letters, strict=True)), float(rng.normal())))
    _, _, total = _case(seed, n, 1)
    circuit = generators_of(n, steps)
    exact = propagate(total, circuit).kept
    found = propagate(total, circuit, max_terms=most, cutoff=cutoff)
    assert len(found.kept) <= most
    assert abs(found.kept.value() - exact.value()) <= found.dropped.values + 1e-12
    other = exact.truncated(max_terms=20)[0]
    error = abs(other.inner(found.kept) - other.inner(exact))
    assert error <= other.norm * found.dropped.trace + 1e-12


def test_many_words_and_growing_room():
    n = 130
    circuit = QuantumCircuit(n)
    for q in range(60, 70):
        circuit.rx(0.3, q)
    for q in range(60, 69):
        circuit.rzz(0.4, q, q + 1)
    for q in range(60, 70):
        circuit.ry(0.7, q)
    total = PauliSum.from_terms(terms_of({"".join("Z" if 60 <= q < 70 else "I" for q in
                                                  range(n))[::-1]: 1.0}, n), n)  # fmt: skip
    found = propagate(total, generators_of(n, gate_list(circuit).gates))
    small = QuantumCircuit(10)
    for item in circuit.data:
        small.append(item.operation, [circuit.find_bit(q).index - 60 for q in item.qubits])
    wanted = Statevector(small).expectation_value(SparsePauliOp("Z" * 10)).real
    assert found.peak > 2048
    assert found.kept.value() == pytest.approx(wanted, abs=1e-12)


def test_the_same_call_gives_the_same_bits():
    _, _, total = _case(1, 6, 1)
    steps = [Turn(((k % 6, "XYZ"[k % 3]), ((k + 1) % 6, "Z")), 0.1 * k) for k in range(60)]
    one, two = (propagate(total, generators_of(6, steps), max_terms=50) for _ in range(2))
    assert (one.kept.coefficients == two.kept.coefficients).all()
    assert one.dropped == two.dropped


def test_damping_is_a_pauli_channel():
    """Q → (1-p) Q + p PQP, seen through the Cliffords around it."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    before = list(gate_list(circuit).gates)
    channel = Damping(((0, "X"), (1, "Z")), 0.8)
    after = [Turn(((1, "Y"),), 0.4)]
    total = PauliSum.from_terms(terms_of({"ZX": 1.0, "YI": 0.5}, 2), 2)
    found = _matrix(propagate(total, generators_of(2, [*before, channel, *after])).kept)
    string = SparsePauliOp("ZX").to_matrix()
    turn = Operator(np.cos(0.2) * np.eye(4) - 1j * np.sin(0.2) * SparsePauliOp("YI").to_matrix())
    wanted = turn.data.conj().T @ _matrix(total) @ turn.data
    wanted = 0.9 * wanted + 0.1 * string @ wanted @ string
    unitary = Operator(circuit).data
    assert found == pytest.approx(unitary.conj().T @ wanted @ unitary, abs=1e-12)


def test_work_is_limited():
    _, _, total = _case(1, 6, 1)
    steps = [Turn(((k % 6, "XYZ"[k % 3]),), 0.1 * k) for k in range(60)]
    found = propagate(total, generators_of(6, steps), max_work=20)
    assert 0 < found.steps_left < 60
    assert "strings" in repr(found)
    assert "steps left" in str(found)


@pytest.mark.parametrize("options", [{"max_terms": 0}, {"max_terms": 1.5}, {"cutoff": -1.0}])
def test_wrong_limits_are_refused(options):
    _, _, total = _case(1, 3, 1)
    with pytest.raises(ArgumentError, match=next(iter(options))):
        propagate(total, generators_of(3, []), **options)
