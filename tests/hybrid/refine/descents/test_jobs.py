"""What is measured: circuits with free angles, energies, and the scores of deployed models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector
from sklearn.preprocessing import Normalizer

import qtn
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.errors import ArgumentError
from qtn.hybrid.refine.descents.jobs import (
    bound_blocks,
    energy_job,
    freed,
    model_job,
    opened,
    with_identities,
)
from qtn.hybrid.refine.energies.statevector import prepared
from qtn.hybrid.refine.starts import Extended, extended, is_real
from qtn.interop.counting import two_qubit_gates

H = qtn.chain("heisenberg", 4)


@pytest.fixture(scope="module")
def short() -> qtn.Compiled:
    target = np.random.default_rng(0).normal(size=(16, 2)) @ [1, 1j]
    return qtn.compile(target / np.linalg.norm(target), qtn.Staircase(1))


@pytest.fixture(scope="module")
def model() -> qtn.MPSClassifier:
    data = qtn.load_digits(size=2, classes=(0, 1, 2), seed=0)
    return qtn.MPSClassifier(bond=4, epochs=2).fit(data.x_train, data.y_train)


def test_bound_again_it_is_the_circuit(short: qtn.Compiled) -> None:
    for basis in ("cx", "rzz"):
        written = short.with_basis(basis).circuit
        free, angles = freed(written)
        assert Operator(free.assign_parameters(list(angles))) == Operator(written)
        blocks = bound_blocks(free, angles)
        state = prepared(4, [s for s, _ in blocks.gates], [m for _, m in blocks.gates])
        assert abs(np.vdot(state, Statevector(written).data)) == pytest.approx(1.0)


def test_moved_angles_take_no_more_gates() -> None:
    target = np.random.default_rng(0).normal(size=8)
    circuit = qtn.compile(target / np.linalg.norm(target), qtn.Staircase(1)).circuit
    free, angles = freed(circuit)
    moved = bound_blocks(free, angles + 0.3)
    count = sum(len(item.qubits) == 2 for item in circuit.data)
    assert moved.size == count
    assert two_qubit_gates(to_circuit(moved)) <= count
    assert all(m.dtype == float for s, m in moved.gates if len(s) == 2)


def test_added_gates_are_written_as_the_identity(short: qtn.Compiled) -> None:
    more = extended(short, couplings="ring")
    written = opened(more.circuit, more.sequence)
    assert Operator(written) == Operator(short.circuit)
    free, angles = freed(written)
    assert len(angles) == len(freed(short.circuit)[1]) + 12 * 4
    moved = bound_blocks(free, angles + 0.3)
    assert two_qubit_gates(to_circuit(moved)) <= short.two_qubit_gates + 8
    blocks = Blocks(2, (((0, 1), np.eye(4)), ((0, 1), np.eye(4)[[0, 1, 3, 2]])))
    with pytest.raises(ArgumentError, match="stand before others"):
        opened(to_circuit(blocks), blocks)


def exact(circuit: QuantumCircuit, angles: np.ndarray, hamiltonian: SparsePauliOp) -> float:
    state = Statevector(circuit.assign_parameters(list(angles)))
    return float(state.expectation_value(hamiltonian).real)


@pytest.mark.parametrize("real", [True, False])
def test_parameter_shift_is_exact_for_added_gates(real: bool) -> None:
    rng = np.random.default_rng(1)
    target = rng.normal(size=8) + (0 if real else 1j * rng.normal(size=8))
    compiled = qtn.compile(target / np.linalg.norm(target), qtn.Staircase(1), progress=False)
    more, h = extended(compiled, layers=2), qtn.chain("heisenberg", 3)
    free, start = freed(opened(more.circuit, more.sequence))
    assert abs(exact(free, start, h) - Statevector(compiled.circuit).expectation_value(h)) < 1e-12
    first = len(freed(compiled.circuit)[1])
    assert len(start) - first == 4 * (4 if real else 12)
    for angles in (start, start + rng.normal(size=len(start))):
        for unit in np.eye(len(start))[first:]:
            shifted = exact(free, angles + np.pi / 2 * unit, h) - exact(
                free, angles - np.pi / 2 * unit, h
            )
            near = exact(free, angles + 1e-4 * unit, h) - exact(free, angles - 1e-4 * unit, h)
            assert shifted / 2 == pytest.approx(near / 2e-4, abs=1e-7)


@pytest.mark.parametrize(("kind", "ranks"), [(float, (4, 6)), (complex, (10, 12))])
def test_directions_of_added_gates(kind: type, ranks: tuple[int, int]) -> None:
    one = ((0, 1), np.eye(4, dtype=kind))
    for layers, rank in enumerate(ranks, 1):
        blocks = Blocks(2, (one,) * layers)
        free, angles = freed(with_identities(QuantumCircuit(2), blocks))
        units = 1e-6 * np.eye(len(angles))
        moved = [Operator(free.assign_parameters(list(unit))).data for unit in units]
        steps = np.array([(m / np.linalg.det(m) ** 0.25 - np.eye(4)).ravel() for m in moved]) / 1e-6
        assert np.linalg.matrix_rank(np.hstack([steps.real, steps.imag]), tol=1e-3) == rank
        assert kind is complex or np.abs(steps.imag).max() < 1e-12


def test_a_real_state_has_slopes_along_added_gates() -> None:
    h = qtn.chain("heisenberg", 4)
    compiled = qtn.compile(qtn.ground_state(h, max_bond=2), qtn.Staircase(1), progress=False)
    free, angles = freed(opened(compiled.circuit, Extended(1).apply(compiled.sequence)))
    assert is_real(compiled.sequence)
    units = np.pi / 2 * np.eye(len(angles))[-12:]  # turns between and behind the CX of each gate
    slopes = [exact(free, angles + u, h) - exact(free, angles - u, h) for u in units]
    between = np.abs(np.reshape(slopes, (3, 2, 2))[:, 0]).max()
    assert between > 0.1


def test_circuits_with_inputs_of_their_own_are_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("x"), 0)
    with pytest.raises(ArgumentError, match="bind inputs in their own gates"):
        freed(circuit)


@pytest.mark.parametrize("techniques", [(), (qtn.Readout(),)])
def test_energies_are_measured_at_all_settings(short: qtn.Compiled, techniques: tuple) -> None:
    job, free = energy_job(
        short.circuit, H, where={"device": "aer", "shots": 20_000, "progress": False},
        techniques=techniques, repeats=3, seed=0, fingerprint="",
    )  # fmt: skip
    settings = np.stack([job.angles, job.angles + 0.1])
    found = job.measured(settings, job.train, "test")
    for angles, value, error in zip(settings, found.losses, found.errors[:, 0, 0], strict=True):
        exact = Statevector(free.assign_parameters(list(angles))).expectation_value(H).real
        assert abs(value - exact) < 5 * error
    assert len(job.held) == 3
    assert job.plan(2, 3).shots >= 6 * 20_000


def job_losses(scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return scores[..., 0]


@pytest.mark.parametrize("form", ["overlap", "label"])
def test_models_are_measured_at_all_settings(model: qtn.MPSClassifier, form: str) -> None:
    quantum = qtn.deploy(model, qtn.Staircase(1), form=form, shots=10, progress=False)
    x = np.random.default_rng(0).random((5, 4))
    job, free = model_job(
        quantum,
        quantum.rows(x),
        job_losses,
        held=np.array([1]),
        shots=20_000,
        seed=0,
    )
    settings = np.stack([job.angles, job.angles + 0.1])
    rows = np.array([0, 3])
    values, errors = job.outputs(settings, rows, 7)
    assert values.shape == (2, 2, 3)
    assert job.train.tolist() == [0, 2, 3, 4]
    sizes = np.cumsum([circuit.num_parameters for circuit in free])[:-1]
    for angles, found, error in zip(settings, values, errors, strict=True):
        parts = np.split(angles, sizes)
        bound = [c.assign_parameters(list(p)) for c, p in zip(free, parts, strict=True)]
        made = tuple(replace(c, circuit=b) for c, b in zip(quantum.compiled, bound, strict=True))
        exact = replace(quantum, compiled=made).ideal_scores(x[rows])
        assert np.all(np.abs(found - exact) < 5 * error + 1e-3)
    assert job.plan(2, 3).shots == 6 * job.plan(1, 1).shots == 6 * len(free) * 20_000
    # What the circuits bind has passed a pipeline's transformers already.
    piped = replace(quantum, before=(Normalizer().fit(x),))
    again, _ = model_job(
        piped, quantum.rows(x), job_losses, held=np.array([1]), shots=20_000, seed=0
    )
    assert (again.outputs(settings, rows, 7)[0] == values).all()
