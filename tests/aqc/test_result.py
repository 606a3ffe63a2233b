import numpy as np
import pytest
from aqc.dense import random_blocks, random_vector
from qiskit.quantum_info import Statevector

import qtn
import qtn.aqc as aqc
from qtn.errors import ArgumentError
from qtn.interop.qasm import from_qasm3


@pytest.fixture(scope="module")
def compiled():
    vector = random_vector(np.random.default_rng(0), 4, False)
    return qtn.compile(vector, aqc.Staircase(2, steps=10, polish=10))


def test_it_prints_itself(compiled):
    text = str(compiled)
    for word in ("infidelity", "rigorously at least", "CX, CX depth", "status"):
        assert word in text
    assert compiled._repr_html_().startswith("<table>")
    assert len(repr(compiled).splitlines()) == 1
    assert repr(compiled).startswith("Compiled(4 qubits, infidelity ")


def test_saved_and_loaded_it_is_the_same(compiled, tmp_path):
    path = qtn.save(compiled, tmp_path / "circuit.qtn")
    loaded = qtn.load(path)
    assert np.array_equal(loaded.gates, compiled.gates)
    assert loaded.history == compiled.history
    assert loaded.pareto == compiled.pareto
    for one, other in zip(loaded.pareto, compiled.pareto, strict=True):
        assert one.ansatz == other.ansatz
        assert np.array_equal(one.gates, other.gates)
        assert one.circuit("cz") == other.circuit("cz")
    assert (loaded.infidelity, loaded.floor, loaded.status) == (
        compiled.infidelity,
        compiled.floor,
        compiled.status,
    )
    assert loaded.ansatz == compiled.ansatz
    assert loaded.circuit == compiled.circuit


def test_parameters_bound_give_the_circuit_again(compiled):
    free, values = compiled.parameterised()
    assert len(free.parameters) == len(values) > 10
    bound = free.assign_parameters(values)
    assert np.allclose(Statevector(bound).data, Statevector(compiled.circuit).data, atol=1e-12)


@pytest.mark.parametrize("basis", ["cx", "cz", "ecr", "rzz"])
def test_every_basis_prepares_the_same_state(compiled, basis):
    other = compiled.with_basis(basis)
    assert basis in other.circuit.count_ops()
    assert np.allclose(
        Statevector(other.circuit).data, Statevector(compiled.circuit).data, atol=1e-10
    )


def test_open_qasm_reads_back(compiled):
    circuit = from_qasm3(compiled.qasm())
    assert np.allclose(
        np.abs(np.vdot(Statevector(circuit).data, Statevector(compiled.circuit).data)), 1.0
    )


def test_blocks_on_any_sites_are_saved_and_loaded(tmp_path):
    class Ring(aqc.Method):
        def solve(self, job):
            made, other = (random_blocks(np.random.default_rng(s), 4, 7) for s in (1, 2))
            return aqc.Solution(made, pareto=(job.point("another", other, 0.0),))

    made = qtn.compile(random_vector(np.random.default_rng(0), 4, False), Ring())
    loaded = qtn.load(qtn.save(made, tmp_path / "ring.qtn"))
    assert loaded.circuit == made.circuit
    assert [s for s, _ in loaded.sequence.gates] == [s for s, _ in made.sequence.gates]
    assert np.array_equal(loaded.gates, made.gates)
    assert [p.circuit() for p in loaded.pareto] == [p.circuit() for p in made.pareto]
    for field, value in (("sites", [[0, 1]]), ("sites", [[0, 1, 2]] * 7), ("sites", [[0, 9]] * 7)):
        arrays, header = made.pack()
        with pytest.raises(ArgumentError, match=r"`(sites|gates)` must be"):
            aqc.Compiled.unpack(arrays, {**header, field: value})
