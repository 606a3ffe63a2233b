"""Operators compiled through the door: the circuit's own matrix is the judge."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector, random_unitary
from scipy.linalg import expm

import qtn
from qtn.aqc.kernels.gates import joined
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.aqc.starts.formulas import formula_gates, second_order
from qtn.errors import ArgumentError
from qtn.physics.terms import bond_matrices, read_terms

H = qtn.chain("tfim", 6, field=0.8, longitudinal=0.4)


def infidelity(circuit: QuantumCircuit, exact: np.ndarray) -> float:
    """1 - |Tr(U†V)|²/4ⁿ without cancellation."""
    found, n = Operator(circuit).data, circuit.num_qubits
    overlap = np.vdot(exact, found) / 2**n
    return float(np.linalg.norm(found - overlap * exact) ** 2 / 2**n)


@pytest.fixture(scope="module")
def short() -> qtn.Compiled:
    return qtn.compile(qtn.propagator(H, 0.8), qtn.Brickwall(5), progress=False)


def test_the_circuit_is_the_propagator_on_any_state(short):
    exact = expm(-0.8j * H.to_matrix())
    assert short.infidelity < 1e-4
    assert infidelity(short.circuit, exact) == pytest.approx(short.infidelity, rel=0.02)
    target = qtn.propagator(H, 0.8).to_dense()  # exact but for truncations
    assert infidelity(short.circuit, target) == pytest.approx(short.infidelity, rel=1e-5)
    assert 1.0 - short.floor >= short.infidelity
    vector = np.random.default_rng(0).normal(size=64) + 0j
    vector /= np.linalg.norm(vector)
    after = Statevector(vector).evolve(short.circuit).data
    assert abs(np.vdot(exact @ vector, after)) ** 2 > 1.0 - 100.0 * short.infidelity
    assert "any state" in str(short)


def test_a_deeper_one_is_no_worse_and_depths_are_on_the_front(short):
    front = [p.infidelity for p in short.pareto]
    assert len(front) == 2
    assert front == sorted(front, reverse=True)
    deeper = qtn.compile(qtn.propagator(H, 0.8), qtn.Brickwall(6), progress=False)
    assert deeper.infidelity <= short.infidelity * (1 + 1e-9)


def test_other_bases_files_and_resume_keep_the_operator(short, tmp_path):
    exact = expm(-0.8j * H.to_matrix())
    assert infidelity(short.with_basis("cz").circuit, exact) < 1e-4
    qtn.save(short, tmp_path / "short.qtn")
    again = qtn.load(tmp_path / "short.qtn")
    assert again.sequence.operator
    assert infidelity(again.circuit, exact) == pytest.approx(short.infidelity, rel=0.02)
    assert infidelity(again.pareto[0].circuit, exact) < 0.1
    more = qtn.compile(qtn.propagator(H, 0.8), qtn.Resume(again, steps=3), progress=False)
    assert more.infidelity <= short.infidelity * (1 + 1e-6)


def test_a_unitary_without_history_is_grown_to_the_end():
    exact = np.asarray(random_unitary(4, seed=1).data)
    found = qtn.compile(exact, qtn.Brickwall(1), progress=False)
    assert found.infidelity < 1e-12
    assert found.two_qubit_gates == 3
    assert infidelity(found.circuit, exact) < 1e-12
    three = QuantumCircuit(3)
    three.h(0)
    three.cx(0, 1)
    three.rzz(0.7, 1, 2)
    found = qtn.compile(qtn.operator(three), qtn.Brickwall(2), progress=False)
    assert infidelity(found.circuit, Operator(three).data) < 1e-9


def test_one_qubit_is_exact():
    exact = np.asarray(random_unitary(2, seed=3).data)
    found = qtn.compile(exact, qtn.Brickwall(1), progress=False)
    assert found.infidelity < 1e-14
    assert infidelity(found.circuit, exact) < 1e-14


@pytest.mark.parametrize("start", ["trotter", "identity", "random"])
def test_starts_by_name(start):
    u = qtn.propagator(H, 0.3)
    found = qtn.compile(u, qtn.Brickwall(3, start=start, steps=20), progress=False)
    assert 0.0 < found.infidelity < 1.0
    again = qtn.compile(u, qtn.Brickwall(4, start=found, steps=5), progress=False)
    assert again.infidelity <= found.infidelity * (1 + 1e-9)


def test_other_methods_and_starts_are_refused():
    u = qtn.propagator(H, 0.3)
    for method in (qtn.Staircase(2), qtn.Window(), qtn.Tree(), qtn.aqc.Segments(4)):
        with pytest.raises(ArgumentError, match="compiles states, but `target` is an operator"):
            qtn.compile(u, method)
    with pytest.raises(ArgumentError, match="is for states"):
        qtn.compile(u, qtn.Brickwall(3, start="disentangled"))
    with pytest.raises(ArgumentError, match="of which Hamiltonian"):
        qtn.compile(np.eye(4), qtn.Brickwall(3, start="trotter"))
    other = qtn.compile(np.eye(4), qtn.Brickwall(1), progress=False)
    with pytest.raises(ArgumentError, match="has 6"):
        qtn.compile(u, qtn.Brickwall(3, start=other))
    with pytest.raises(ArgumentError, match="not unitary"):
        qtn.compile(2.0 * np.eye(4), qtn.Brickwall(1))


def test_a_circuit_stays_the_state_that_it_prepares():
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    assert qtn.compile(bell, progress=False).two_qubit_gates == 1
    assert not qtn.compile(bell, progress=False).sequence.operator


def test_auto_grows_to_the_goal_within_its_gates():
    u = qtn.propagator(H, 0.4)
    found = qtn.compile(u, min_fidelity=1 - 1e-4, progress=False)
    assert found.infidelity <= 1e-4
    assert found.sequence.operator
    few = qtn.compile(u, qtn.Auto(max_two_qubit_gates=30), progress=False)
    assert few.two_qubit_gates <= 30
    assert few.infidelity > found.infidelity


def test_a_long_uniform_chain_starts_from_the_bulk_of_a_short_one():
    h = qtn.chain("heisenberg", 18)
    found = qtn.compile(qtn.propagator(h, 0.5), qtn.Brickwall(5, steps=30), progress=False)
    plain = qtn.Brickwall(5, start="trotter", steps=0)
    formula = qtn.compile(qtn.propagator(h, 0.5), plain, progress=False)
    assert found.infidelity < 0.2 * formula.infidelity
    assert [len(p.ansatz.layers) for p in found.pareto] == [3, 5]
    uneven = qtn.chain("heisenberg", 18, coupling=np.linspace(0.8, 1.2, 17))
    other = qtn.compile(qtn.propagator(uneven, 0.5), qtn.Brickwall(3, steps=10), progress=False)
    assert other.infidelity < 0.1


@pytest.mark.parametrize("budget", [{"max_two_qubit_gates": 2}, {"max_depth": 2}])
@pytest.mark.parametrize("form", ["matrix", "propagator"])
def test_budgets_below_one_block_leave_one_qubit_gates(form, budget):
    if form == "matrix":
        exact = np.asarray(random_unitary(4, seed=1).data)
        target = exact
    else:
        target = qtn.propagator(qtn.chain("heisenberg", 3), 0.3)
        exact = target.to_dense()
    found = qtn.compile(target, qtn.Auto(seconds=5, **budget), progress=False)
    assert found.two_qubit_gates == found.two_qubit_depth == 0
    assert infidelity(found.circuit, exact) == pytest.approx(found.infidelity, abs=1e-9)
    assert found.infidelity < 1.0 - 1e-6


def test_one_and_two_layers_of_a_propagator_where_the_budget_asks_for_them():
    target = qtn.propagator(qtn.chain("tfim", 4), 0.2)
    found = qtn.compile(target, qtn.Auto(max_depth=4, seconds=5), progress=False)
    assert 0 < found.two_qubit_depth <= 4
    assert infidelity(found.circuit, target.to_dense()) == pytest.approx(found.infidelity, rel=1e-3)


def test_operators_are_neither_routed_nor_sampled(short):
    with pytest.raises(ArgumentError, match=r"a routed one is right for qubits that start in"):
        short.routed()
    with pytest.raises(ArgumentError, match=r"a reused one is right for qubits that start in"):
        short.reused()


def test_a_deeper_search_on_a_long_uniform_chain_holds_the_shallower_one():
    u = qtn.propagator(qtn.chain("heisenberg", 16), 0.3, progress=False)
    shallow = qtn.compile(u, qtn.Brickwall(3), progress=False)
    deep = qtn.compile(u, qtn.Brickwall(5), progress=False)
    assert deep.infidelity < shallow.infidelity
    # points of the front are not certified: their targets have lost a little
    assert deep.pareto[0].infidelity == pytest.approx(shallow.infidelity, rel=5e-3)


def test_steps_that_are_asked_for_are_taken_on_long_chains():
    u = qtn.propagator(qtn.chain("heisenberg", 16), 0.3, progress=False)
    none = qtn.compile(u, qtn.Brickwall(5, steps=0), progress=False)
    some = qtn.compile(u, qtn.Brickwall(5, steps=20), progress=False)
    assert len(none.history) < len(some.history)
    assert some.infidelity < none.infidelity


@pytest.mark.parametrize("layers", [1, 2])
def test_long_uniform_chains_of_fewer_layers_than_formulas_have(layers):
    u = qtn.propagator(qtn.chain("heisenberg", 16), 0.1, progress=False)
    found = qtn.compile(u, qtn.Brickwall(layers, steps=20), progress=False)
    assert found.infidelity < 0.5


def drawn(n: int, seed: int) -> SparsePauliOp:
    """A chain whose couplings of neighbours and fields are all drawn."""
    rng = np.random.default_rng(seed)
    terms = [(a + b, [i, i + 1], rng.normal()) for a in "XYZ" for b in "XYZ" for i in range(n - 1)]
    terms += [(a, [i], rng.normal()) for a in "XYZ" for i in range(n)]
    return 0.5 * SparsePauliOp.from_sparse_list(terms, n)


@pytest.mark.parametrize(
    ("hamiltonian", "time"),
    [
        (drawn(5, 5), 0.4),
        (drawn(4, 6), 0.8),
        (qtn.chain("xxz", 4, anisotropy=1.5, field=0.4), 0.6),
        (qtn.chain("tfim", 5, field=np.linspace(0.5, 1.7, 5)), 1.0),
    ],
)
def test_hamiltonians_held_out_end_below_plain_formulas(hamiltonian, time):
    short = qtn.compile(qtn.propagator(hamiltonian, time), qtn.Brickwall(5), progress=False)
    exact = expm(-1j * time * hamiltonian.to_matrix())
    bonds, n = bond_matrices(read_terms(hamiltonian)), hamiltonian.num_qubits
    for layers in (3, 5):
        shape = brickwall_shape(n, layers)
        plain = joined(formula_gates(bonds, time, second_order(layers), shape))
        circuit = to_circuit(Blocks.of(shape, plain).as_operator())
        seen = [p.infidelity for p in short.pareto if len(p.ansatz.layers) <= layers]
        assert min(seen) < infidelity(circuit, exact)
    assert infidelity(short.circuit, exact) == pytest.approx(short.infidelity, rel=0.05, abs=1e-9)


def test_couplings_that_reach_further_are_compiled_as_a_matrix():
    terms = [("ZZ", [i, i + 2], 0.6) for i in range(3)] + [("X", [i], 0.9) for i in range(5)]
    hamiltonian = SparsePauliOp.from_sparse_list(terms, 5)
    with pytest.raises(ArgumentError, match="couplings of neighbours"):
        qtn.propagator(hamiltonian, 0.2)
    exact = expm(-0.2j * hamiltonian.to_matrix())
    short = qtn.compile(exact, qtn.Brickwall(6, steps=100), progress=False)
    assert infidelity(short.circuit, exact) == pytest.approx(short.infidelity, rel=1e-6)
    assert short.infidelity < 1e-3
