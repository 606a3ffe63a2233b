"""Circuits of a state by effort: exact at once, never worse with more of it."""

from __future__ import annotations

import itertools
import signal

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.door import compile
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.preparation import Preparation
from qtn.errors import ArgumentError
from qtn.interop.counting import two_qubit_gates

GHZ = np.eye(32)[0] * 0.5**0.5 + np.eye(32)[31] * 0.5**0.5
TARGETS = {
    "one qubit": [0.6, 0.8j],
    "two qubits": random_chain(2, 2, 0),
    "GHZ": GHZ,
    "product": qtn.MPS.product([[1, 1j]] * 5).normalised(),
    "amplitudes": random_chain(4, 4, 1),
    "chain": random_chain(7, 4, 2),
    "tree": random_tree(2, 3, 3),
}


@pytest.mark.parametrize("name", TARGETS)
def test_every_effort_gives_the_state_with_its_phase(name):
    found = Preparation.of(TARGETS[name])
    exact = found.state.to_dense()
    assert np.abs(Statevector(found.exact).data - exact).max() < 1e-10
    counts = []
    for effort in range(4):
        circuit = found.circuit(effort)
        assert np.abs(Statevector(circuit).data - exact).max() < 1e-3
        assert 1 - abs(np.vdot(Statevector(circuit).data, exact)) ** 2 < 1e-6
        counts.append(found._at(effort)[0])
    assert all(more <= less for less, more in itertools.pairwise(counts))


def test_structure_is_found():
    ghz = Preparation.of(GHZ)
    assert two_qubit_gates(ghz.circuit(1)) == 4
    product = Preparation.of(TARGETS["product"])
    assert two_qubit_gates(product.circuit(1)) == 0


def test_bonds_that_hold_nothing_cost_nothing():
    narrow = random_chain(8, 2, 0)
    padded = [np.pad(t, [(0, 0 if i == 0 else 6), (0, 0), (0, 0 if i == 7 else 6)])
              for i, t in enumerate(narrow.tensors)]  # fmt: skip
    wide = Preparation.of(qtn.MPS(tuple(padded)))
    assert wide._at(0)[0] == Preparation.of(narrow)._at(0)[0]


def test_a_looser_goal_takes_no_more_gates():
    state = random_chain(7, 4, 0)
    exact, loose = Preparation.of(state), Preparation.of(state, infidelity=0.05)
    assert loose._at(2)[0] < exact._at(2)[0]
    overlap = np.vdot(Statevector(loose.circuit(2)).data, state.to_dense())
    assert 1.0 - abs(overlap) ** 2 <= 0.05
    assert overlap == pytest.approx(abs(overlap), abs=1e-12)


def test_a_compiled_result_brings_its_circuit():
    state = random_chain(6, 4, 0)
    short = compile(state, Staircase(1))
    found = Preparation.of(short)
    for effort in range(4):
        assert found.circuit(effort) is found.exact
    assert two_qubit_gates(found.exact) == short.two_qubit_gates
    assert 1.0 - abs(np.vdot(Statevector(found.exact), state.to_dense())) ** 2 == pytest.approx(
        short.infidelity, abs=1e-9
    )


def test_copies_of_a_search_are_the_same():
    state = random_chain(6, 4, 0)
    assert Preparation.of(state).circuit(1) == Preparation.of(state).circuit(1)


@given(st.integers(2, 5), st.integers(0, 1000), st.booleans())
def test_any_amplitudes_are_exact_without_a_search(n, seed, real):
    rng = np.random.default_rng(seed)
    amplitudes = rng.normal(size=2**n) + (0 if real else 1j * rng.normal(size=2**n))
    amplitudes[rng.random(2**n) < 0.5] = 0.0
    amplitudes[seed % 2**n] += 1.0
    amplitudes /= np.linalg.norm(amplitudes)
    found = Statevector(Preparation.of(amplitudes).exact).data
    assert np.abs(found - amplitudes).max() < 1e-9


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="must be an MPS, a TTN"):
        Preparation.of(object())
    with pytest.raises(ArgumentError, match="`infidelity` must be a finite number in"):
        Preparation.of([0.6, 0.8], infidelity=0.0)
    with pytest.raises(ArgumentError, match="`seed` must be"):
        Preparation.of([0.6, 0.8], seed=-1)
    with pytest.raises(ArgumentError, match=r"unitaries on 10 qubits.*truncated\(max_bond=256\)"):
        Preparation.of(random_chain(19, 512, 0, real=True))


class Pressed(Staircase):
    """Ctrl-C is pressed while it searches."""

    def solve(self, job):
        signal.raise_signal(signal.SIGINT)
        return Staircase(4).solve(job)


def test_ctrl_c_ends_the_transpilation(monkeypatch):
    monkeypatch.setattr(Preparation, "_methods", lambda self, effort: [Pressed()])
    with pytest.raises(KeyboardInterrupt):
        Preparation.of(random_chain(8, 4, 0)).circuit(1)


@pytest.mark.parametrize("effort", [0, 1])
def test_circuits_keep_their_global_phase(effort):
    circuit = QuantumCircuit(3, global_phase=1.1)
    circuit.ry(0.4, [0, 1, 2])
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    for target in (circuit, qtn.compile(circuit, Staircase(1), progress=False)):
        own = target if isinstance(target, QuantumCircuit) else target.circuit
        found = Statevector(Preparation.of(target).circuit(effort)).data
        assert np.vdot(Statevector(own).data, found) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("seed", [45, 70, 90, 179])
def test_states_next_to_products_are_prepared_exactly(seed):
    # Of these Qiskit's own circuit for amplitudes is inexact, or ends in an error.
    rng = np.random.default_rng(seed)
    n, vector = int(rng.integers(2, 5)), np.ones(1)
    for _ in range(n):
        real = rng.normal(size=2) * 10.0 ** rng.uniform(-6, 0, 2)
        vector = np.kron(real + (1j * rng.normal(size=2) if seed % 2 else 0), vector)
    vector = vector / np.linalg.norm(vector)
    vector = vector + 10.0 ** rng.uniform(-14, -2) * rng.normal(size=2**n)
    vector = vector / np.linalg.norm(vector)
    found = Statevector(Preparation.of(vector).exact).data
    assert np.allclose(found, vector, atol=1e-8)


def test_trees_with_parts_that_are_products_keep_their_phase():
    rng = np.random.default_rng(2)
    shapes = [(2, 2, 1), (2, 2, 1), (1, 1, 1)]
    tensors = [rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes]
    tree = qtn.TTN(tuple(tensors), ((3, 2), (1, 0), (4, 5))).normalised()
    found = Statevector(Preparation.of(tree).exact).data
    assert np.allclose(found, tree.to_dense(), atol=1e-12)
