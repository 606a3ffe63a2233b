"""A state as a PennyLane template: right on every device, undone by its adjoint, trainable."""

from __future__ import annotations

import numpy as np
import pennylane as qml
import pytest
import torch
from aqc.random_states import random_chain, random_tree
from plugins.states import infidelity, vector

import qtn
from qtn.errors import ArgumentError
from qtn.plugins.pennylane import Plan, PrepareState

DEVICES = ("default.qubit", "lightning.qubit", "qtn.mps")


def state_of(prepare, device="default.qubit", wires=4):
    @qml.qnode(qml.device(device, wires=wires))
    def circuit():
        prepare()
        return qml.state()

    return np.asarray(circuit())


def turned(amplitudes):
    """Amplitudes in PennyLane's order: the first wire most significant."""
    n = int(np.log2(len(amplitudes)))
    return amplitudes.reshape((2,) * n).transpose().reshape(-1)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "state", [random_chain(4, 3, 0), random_tree(2, 2, 1), vector(4)], ids=["MPS", "TTN", "vector"]
)
def test_every_device_gives_the_state_with_its_phase(device, state):
    found = state_of(lambda: PrepareState(state, wires=range(4)), device)
    exact = turned(state if isinstance(state, np.ndarray) else state.to_dense())
    assert np.abs(found - exact).max() < 1e-3
    assert infidelity(found, exact) < 1e-6


@pytest.mark.parametrize("effort", range(4))
def test_efforts(effort):
    amplitudes = vector(4, seed=2)
    found = state_of(lambda: PrepareState(amplitudes, wires=range(4), effort=effort))
    assert infidelity(found, turned(amplitudes)) < (1e-12 if effort == 0 else 1e-6)
    assert Plan.of(amplitudes, effort=effort).count("CNOT") <= 11


def test_wires_in_any_order():
    amplitudes = vector(3)
    found = state_of(lambda: PrepareState(amplitudes, wires=[2, 0, 3])).reshape((2,) * 4)
    exact = amplitudes.reshape((2,) * 3)  # sites 2, 1, 0 are wires 3, 0, 2
    assert np.abs(found[:, 0].transpose(2, 0, 1) - exact).max() < 1e-3


def test_named_wires_and_copies():
    plan = Plan.of(vector(2))
    one = PrepareState(plan, wires=["a", "b"])
    assert one.map_wires({"a": 3, "b": 5}).wires.tolist() == [3, 5]
    qml.assert_equal(one, PrepareState(plan, wires=["a", "b"]))
    data, metadata = one._flatten()
    again = PrepareState._unflatten(data, metadata)
    assert again.wires == one.wires
    assert again.hyperparameters["plan"] is plan


@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit"])
def test_the_adjoint_undoes_it_on_every_input(device):
    plan = Plan.of(vector(3))

    def there_and_back():
        qml.RX(0.3, wires=0)
        qml.CNOT([0, 2])
        PrepareState(plan, wires=[0, 1, 2])
        qml.adjoint(PrepareState(plan, wires=[0, 1, 2]))
        qml.CNOT([0, 2])
        qml.RX(-0.3, wires=0)

    assert abs(state_of(there_and_back, device)[0] - 1.0) < 1e-10


def test_controlled():
    amplitudes = vector(2)

    def circuit():
        qml.H(3)
        qml.ctrl(PrepareState, control=3)(amplitudes, wires=[0, 1])

    found = state_of(circuit).reshape((4, 2, 2))
    assert np.abs(found[:, 0, 1] * 2**0.5 - turned(amplitudes)).max() < 1e-3
    assert found[0, 0, 0] == pytest.approx(0.5**0.5)


def energy(plan, interface="auto", method="best", device="default.qubit"):
    @qml.qnode(qml.device(device, wires=3), interface=interface, diff_method=method)
    def circuit(angles):
        PrepareState(plan, wires=range(3), angles=angles)
        qml.RX(0.4, wires=1)
        return qml.expval(qml.Z(0) @ qml.X(1) + 0.3 * qml.Y(2))

    return circuit


def slopes(circuit, angles, step=1e-5):
    found = []
    for k in range(len(angles)):
        moved = np.eye(len(angles))[k] * step
        found.append((float(circuit(angles + moved)) - float(circuit(angles - moved))) / 2 / step)
    return np.array(found)


@pytest.mark.parametrize("method", ["backprop", "adjoint", "parameter-shift"])
def test_gradients_by_every_method(method):
    plan = Plan.of(vector(3))
    circuit = energy(plan, method=method)
    gradient = qml.grad(circuit)(qml.numpy.array(plan.angles, requires_grad=True))
    assert np.abs(gradient - slopes(circuit, plan.angles)).max() < 1e-7


def test_gradients_of_lightning():
    plan = Plan.of(vector(3))
    circuit = energy(plan, device="lightning.qubit", method="adjoint")
    gradient = qml.grad(circuit)(qml.numpy.array(plan.angles, requires_grad=True))
    assert np.abs(gradient - slopes(circuit, plan.angles)).max() < 1e-7


def test_gradients_of_torch():
    plan = Plan.of(vector(3))
    angles = torch.tensor(plan.angles, requires_grad=True)
    energy(plan, "torch")(angles).backward()
    assert np.abs(angles.grad.numpy() - slopes(energy(plan), plan.angles)).max() < 1e-7


def test_gates_behind_it_are_differentiable():
    plan = Plan.of(vector(2))

    @qml.qnode(qml.device("default.qubit"))
    def circuit(x):
        PrepareState(plan, wires=[0, 1])
        qml.RY(x, wires=0)
        return qml.expval(qml.Z(0))

    x = qml.numpy.array(0.3, requires_grad=True)
    assert qml.grad(circuit)(x) == pytest.approx(
        slopes(lambda v: circuit(v[0]), np.array([0.3]))[0]
    )


def test_batches_of_angles():
    plan = Plan.of(vector(3))
    rows = np.stack([plan.angles, plan.angles + 0.1])
    values = energy(plan)(rows)
    assert np.allclose(values, [energy(plan)(row) for row in rows])


def test_the_graph_of_decompositions_knows_it():
    plan = Plan.of(vector(3))
    qml.decomposition.enable_graph()
    try:

        @qml.transforms.decompose(gate_set={"RX", "RY", "RZ", "CZ", "Hadamard", "GlobalPhase"})
        @qml.qnode(qml.device("default.qubit"))
        def circuit():
            PrepareState(plan, wires=range(3))
            qml.adjoint(PrepareState(plan, wires=range(3)))
            PrepareState(plan, wires=range(3))
            return qml.state()

        tape = qml.workflow.construct_tape(circuit)()
        assert {o.name for o in tape.operations} <= {"RY", "RZ", "CZ", "Hadamard", "GlobalPhase"}
        assert sum(o.name == "CZ" for o in tape.operations) == 3 * plan.count("CNOT")
        assert infidelity(np.asarray(circuit()), turned(vector(3))) < 1e-6
        rules = qml.list_decomps(PrepareState)
    finally:
        qml.decomposition.disable_graph()
    assert len(rules) == 1


def test_resources_are_told():
    plan = Plan.of(vector(3))
    operation = PrepareState(plan, wires=range(3))
    counts = {"rz": 0, "ry": 0, "cnot": 0}
    for gate in operation.decomposition():
        if gate.name != "GlobalPhase":
            counts[gate.name.lower()] += 1
    assert operation.resource_params == counts


def test_a_quantum_function_may_name_the_state_itself(monkeypatch):
    """The circuit is found once, and found again for an equal state."""
    calls = []
    monkeypatch.setattr(
        Plan, "_written", classmethod(lambda cls, c, real=Plan._written: calls.append(1) or real(c))
    )
    amplitudes = vector(3, seed=9)
    for _ in range(3):
        PrepareState(amplitudes.copy(), wires=range(3))
    PrepareState(amplitudes, wires=range(3), effort=0)
    assert len(calls) == 2


def test_a_compiled_result_brings_its_circuit():
    state = random_chain(4, 4, 0)
    short = qtn.compile(state, qtn.Staircase(1))
    found = state_of(lambda: PrepareState(short, wires=range(4)))
    assert infidelity(found, turned(state.to_dense())) == pytest.approx(short.infidelity, abs=1e-9)
    assert Plan.of(short).count("CNOT") == short.two_qubit_gates


def test_the_label():
    assert "|ψ⟩" in qml.draw(lambda: PrepareState(vector(2), wires=[0, 1]), level="top")()


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="`wires` must be 2 wires, one per site"):
        PrepareState(vector(2), wires=[0, 1, 2])
    with pytest.raises(ArgumentError, match=r"`angles` must have .* entries, one per rotation"):
        PrepareState(vector(2), wires=[0, 1], angles=[0.1])
    with pytest.raises(ArgumentError, match="`effort` must be"):
        PrepareState(vector(2), wires=[0, 1], effort=4)
    with pytest.raises(ArgumentError, match="`effort` must be"):
        Plan.of(vector(2), effort=-1)
    with pytest.raises(ArgumentError, match="must have norm 1"):
        PrepareState([1.0, 1.0], wires=[0])
