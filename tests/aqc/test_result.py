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
    assert compiled._repr_html_().startswith('<div class="qtn">')
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
        assert one.with_basis("cz").circuit == other.with_basis("cz").circuit
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
    assert [p.circuit for p in loaded.pareto] == [p.circuit for p in made.pareto]
    for field, value in (("sites", [[0, 1]]), ("sites", [[0, 1, 2]] * 7), ("sites", [[0, 9]] * 7)):
        arrays, header = made.pack()
        with pytest.raises(ArgumentError, match=r"`(sites|gates)` must be"):
            aqc.Compiled.unpack(arrays, {**header, field: value})


@pytest.fixture(scope="module")
def quench():
    state = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 1.0)
    return state, qtn.compile(state, qtn.Auto(infidelity=1e-6))


def test_other_circuits_are_picked_with_their_own_certificate(quench):
    state, made = quench
    assert len(made.pareto) > 1
    few = made.pick(infidelity=1e-2)
    assert few.two_qubit_gates < made.two_qubit_gates
    assert few.infidelity <= 1e-2
    assert few.floor == pytest.approx(few.fidelity, abs=1e-9)
    assert few.infidelity == pytest.approx(1.0 - qtn.verify(few, state).fidelity, rel=1e-6)
    assert few.status is aqc.Status.CHOSEN
    assert few.provenance["picked"] == few.pareto[0].method
    assert few.history[-1].infidelity == few.infidelity
    assert made.pick().circuit == made.circuit
    for limit in {"max_two_qubit_gates": few.two_qubit_gates}, {"max_depth": few.two_qubit_depth}:
        assert made.pick(**limit).sequence is few.sequence


def test_a_picked_circuit_is_written_for_its_device(quench):
    _, made = quench
    device = made.pick(device="FakeSherbrooke")
    assert device.basis == "ecr"
    assert device.circuit.count_ops()["ecr"] == device.two_qubit_gates
    expected = device.provenance["expected fidelity"]
    assert expected == pytest.approx(max(device.provenance["expected fidelities"]), rel=1e-2)
    assert "expected fidelity" in str(device)
    assert "expected fidelity" not in device.pick(infidelity=1e-2).provenance


def test_circuits_are_picked_from_files_too(quench, tmp_path):
    _, made = quench
    loaded = qtn.load(qtn.save(made, tmp_path / "front.qtn"))
    assert loaded.pick().floor == made.floor
    few = loaded.pick(infidelity=1e-2)
    assert few.circuit == made.pick(infidelity=1e-2).circuit
    assert few.floor == 0.0
    assert not few.verified


@pytest.mark.parametrize(
    "limits", [{"max_two_qubit_gates": 3}, {"max_depth": 1}, {"infidelity": 1e-13}]
)
def test_what_the_front_does_not_have_is_refused(quench, limits):
    with pytest.raises(ArgumentError, match=r"No circuit of this front keeps the limits.*gates in"):
        quench[1].pick(**limits)
