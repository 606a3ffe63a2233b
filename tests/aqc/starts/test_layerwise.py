"""Starts that undo the entanglement of a state layer by layer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit

import qtn
import qtn.aqc as aqc
from qtn.aqc.starts.layerwise import disentangler
from qtn.aqc.target import as_target


def unitary(rng, size=4, real=False):
    values = rng.normal(size=(2, size, size))
    q, r = np.linalg.qr(values[0] if real else values[0] + 1j * values[1])
    return q * (np.diag(r) / np.abs(np.diag(r)))


def brickwork(n, layers, seed, real=False):
    """Return the state of Haar-random blocks."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for i in range(layer % 2, n - 1, 2):
            circuit.unitary(unitary(rng, real=real), [i, i + 1])
    return plain(as_target(circuit))


def cluster(n):
    circuit = QuantumCircuit(n)
    circuit.h(range(n))
    for first in (0, 1):
        for i in range(first, n - 1, 2):
            circuit.cz(i, i + 1)
    return plain(as_target(circuit))


def plain(state):
    """Return the state without the circuit it came from."""
    return qtn.MPS(state.tensors)


def entropy(pair):
    a, _, c = pair.shape
    weights = np.linalg.svd(pair.reshape(2 * a, 2 * c), compute_uv=False) ** 2
    return -np.log(np.sum(weights**2))


@pytest.mark.parametrize("real", [False, True])
def test_a_gate_on_independent_sites_is_undone(real):
    rng = np.random.default_rng(0)
    left = unitary(rng, 6, real)[:, 0].reshape(3, 2)
    right = unitary(rng, 10, real)[:, 0].reshape(2, 5)
    free = np.einsum("as,tc->astc", left, right).reshape(3, 4, 5)
    assert np.array_equal(disentangler(free, rng), np.eye(4))
    gate = unitary(rng, real=real)
    gate[0] *= np.linalg.det(gate).conj()
    pair = np.matmul(gate, free)
    assert entropy(pair) > 0.1
    undo = disentangler(pair, rng)
    assert np.iscomplexobj(undo) != real
    assert np.allclose(undo @ undo.conj().T, np.eye(4))
    assert entropy(np.matmul(undo, pair)) < 1e-10


def test_what_a_cz_entangled_is_undone_by_a_cz():
    rng = np.random.default_rng(1)
    # Two qubits that are entangled with the bonds beside them, then a CZ between them.
    pair = 0.5 * np.kron(unitary(rng, 2), unitary(rng, 2)).T.reshape(2, 2, 4).transpose(0, 2, 1)
    pair = np.diag([1.0, 1.0, 1.0, -1.0]) @ pair
    assert entropy(pair) > 0.5
    undo = disentangler(pair, rng)
    assert entropy(np.matmul(undo, pair)) < 1e-10
    # The operator Schmidt values of CZ, with any single-qubit gates beside it.
    square = undo.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    values = np.linalg.svd(square, compute_uv=False)
    assert np.allclose(values, [np.sqrt(2), np.sqrt(2), 0, 0])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**20), st.integers(4, 9), st.booleans())
def test_two_layers_are_found_exactly(seed, n, real):
    state = brickwork(n, 2, seed, real)
    method = aqc.Brickwall(2, start="disentangled", steps=50)
    assert qtn.compile(state, method, progress=False).infidelity < 1e-9


def test_the_start_is_better_than_the_identity():
    state = brickwork(40, 3, 5)
    found = {
        start: qtn.compile(state, aqc.Brickwall(3, start=start, steps=0), progress=False)
        for start in ("identity", "disentangled")
    }
    assert found["identity"].infidelity > 0.99
    assert found["disentangled"].infidelity < 0.9
    again = qtn.compile(state, aqc.Brickwall(3, start="disentangled", steps=0), progress=False)
    assert np.array_equal(again.gates, found["disentangled"].gates)


@pytest.mark.parametrize("n", [5, 24])
def test_a_cluster_state_gets_two_layers(n):
    state = cluster(n)
    compiled = qtn.compile(state)
    assert (compiled.two_qubit_gates, compiled.two_qubit_depth) == (n - 1, 2)
    assert compiled.status is aqc.Status.EXACT
    assert [p.two_qubit_depth for p in compiled.pareto][-1] == 2


def test_shallow_circuits_are_found_by_auto():
    compiled = qtn.compile(brickwork(24, 3, 7))
    assert compiled.infidelity <= 1e-3
    assert compiled.two_qubit_depth <= 7
    assert any(
        (p.method, p.two_qubit_gates) == ("Brickwall(3)", compiled.two_qubit_gates)
        for p in compiled.pareto
    )


def test_states_of_one_distant_pair_keep_their_staircase():
    n = 12
    ghz = np.zeros(2**n)
    ghz[0] = ghz[-1] = np.sqrt(0.5)
    compiled = qtn.compile(ghz)
    assert (compiled.two_qubit_gates, compiled.two_qubit_depth) == (n - 1, n - 1)
