"""The state of a charged circuit in blocks against the state vector."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Pauli, Statevector

import qtn
from qtn.interop.charged import charged_circuit
from qtn.interop.circuits import gate_list
from qtn.states.operators import Term
from qtn.verification.engines.charged.block_state import BlockState
from tests.interop.test_charged import two_species


@pytest.fixture(scope="module")
def made() -> tuple[BlockState, Statevector]:
    circuit = two_species(4, 3)
    found = charged_circuit(gate_list(circuit))
    assert found is not None
    return BlockState(found, 1000, 0.0), Statevector(circuit)


def exact(state: Statevector, term: Term) -> float:
    label = ["I"] * 8
    for q, letter in term.factors:
        label[7 - q] = letter
    return float(state.expectation_value(Pauli("".join(label))).real)


def test_values_of_any_product(made):
    state, vector = made
    rng = np.random.default_rng(3)
    terms = [Term(1.0, ())]
    for _ in range(30):
        qubits = sorted(int(q) for q in rng.choice(8, int(rng.integers(1, 5)), replace=False))
        terms.append(Term(1.0, tuple((q, str(rng.choice(list("XYZ")))) for q in qubits)))
    found = state.values(terms)
    assert np.abs(found - [exact(vector, t) for t in terms]).max() < 1e-6
    assert state.kept == pytest.approx(1.0)
    assert state.half_width(terms[1], 0.0) < 1e-4


def test_overlap_and_amplitudes_have_the_phase(made):
    state, vector = made
    rng = np.random.default_rng(4)
    other = rng.normal(size=256) + 1j * rng.normal(size=256)
    other /= np.linalg.norm(other)
    target = qtn.MPS.from_dense(other)
    assert state.overlap(target) == pytest.approx(np.vdot(other, vector.data), abs=1e-6)
    bits = rng.integers(0, 2, (20, 8))
    found = state.amplitudes(bits)
    assert np.abs(found - vector.data[bits @ (1 << np.arange(8))]).max() < 1e-6


def test_pairs_hold_all_products_on_neighbouring_sites(made):
    state, vector = made
    assert [len(q) for q in state.circuit.groups] == [2] * 4
    found = state.pairs()
    assert [f.shape for f in found] == [(4,) * 4] * 3
    for p, letters in ((0, "ZIII"), (1, "XIXI"), (2, "YZXZ"), (2, "IZZI"), (1, "XYYX")):
        factors = tuple((2 * p + k, x) for k, x in enumerate(letters) if x != "I")
        place = tuple("IXYZ".index(x) for x in letters)
        assert found[p][place] == pytest.approx(exact(vector, Term(1.0, factors)), abs=1e-6)
    assert state.touched(Term(1.0, ((0, "Z"),))) == [0]
    assert state.touched(Term(1.0, ((3, "Z"), (4, "X")))) == [0, 1, 2]


def test_a_truncated_state_is_within_its_bounds():
    circuit = two_species(5, 4)
    found, vector = charged_circuit(gate_list(circuit)), Statevector(circuit)
    assert found is not None
    state = BlockState(found, 6, 0.0)
    terms = [Term(1.0, ((q, "Z"),)) for q in range(10)]
    values = state.values(terms)
    truth = vector.probabilities() @ (1 - 2 * (np.arange(1024)[:, None] >> np.arange(10) & 1))
    widths = [state.half_width(t, v) for t, v in zip(terms, values, strict=True)]
    assert (np.abs(values - truth) <= widths).all()
    assert 0.0 < state.kept < 1.0
    assert state.losses > 1.0
