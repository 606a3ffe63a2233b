"""The PennyLane device on matrix product states."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp
from pennylane.devices import ExecutionConfig
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript

import qtn
from qtn.plugins.pennylane import MPSDevice


def circuit(angles: Any) -> None:
    for wire in range(4):
        qml.RY(angles[wire], wires=wire)
    qml.CNOT([0, 1])
    qml.IsingZZ(angles[0], wires=[1, 3])
    qml.Toffoli([0, 1, 2])
    qml.GlobalPhase(0.3)
    qml.Rot(*angles[:3], wires=2)


ANGLES = pnp.array([0.3, 1.1, -0.4, 2.0], requires_grad=True)
MEASUREMENTS = [
    lambda: qml.expval(qml.X(0) @ qml.Z(3)),
    lambda: qml.expval(0.5 * qml.Y(2) + qml.Z(0) @ qml.Z(1)),
    lambda: qml.var(qml.X(1) + qml.Z(2)),
    lambda: qml.expval(qml.Projector([0, 1], wires=[0, 2])),
    lambda: qml.expval(qml.Hermitian(np.array([[1, 2j], [-2j, 0]]), wires=3)),
    lambda: qml.probs(wires=[2, 0]),
    lambda: qml.state(),
]


@pytest.mark.parametrize("number", range(len(MEASUREMENTS)))
def test_agrees_with_default_qubit(number: int) -> None:
    def both(device: Any) -> Any:
        @qml.qnode(device)
        def node(angles: Any) -> Any:
            circuit(angles)
            return MEASUREMENTS[number]()

        return node(ANGLES)

    assert np.allclose(both(MPSDevice(wires=4)), both(qml.device("default.qubit", wires=4)))


def test_several_measurements_and_gradients() -> None:
    def both(device: Any) -> Any:
        @qml.qnode(device, diff_method="best")
        def node(angles: Any) -> Any:
            circuit(angles)
            return qml.expval(qml.Z(0) @ qml.X(2))

        return qml.grad(node)(ANGLES)

    assert np.allclose(both(MPSDevice(wires=4)), both(qml.device("default.qubit", wires=4)))

    @qml.qnode(MPSDevice(wires=4))
    def pair(angles: Any) -> Any:
        circuit(angles)
        return qml.expval(qml.Z(0)), qml.expval(qml.X(0))

    assert len(pair(ANGLES)) == 2


def test_shots() -> None:
    shots = 20_000

    def node(device: Any, shots: int | None) -> Any:
        @qml.set_shots(shots)
        @qml.qnode(device)
        def measured(angles: Any) -> Any:
            circuit(angles)
            return qml.expval(qml.X(0) @ qml.Z(3)), qml.expval(qml.Z(0)), qml.probs(wires=[1])

        return measured(ANGLES)

    sampled = node(MPSDevice(wires=4, seed=3), shots)
    exact = node(qml.device("default.qubit", wires=4), None)
    for got, want in zip(sampled, exact, strict=True):
        assert np.all(np.abs(np.asarray(got) - want) < 5 / np.sqrt(shots))


def test_samples_and_counts() -> None:
    @qml.set_shots(7)
    @qml.qnode(MPSDevice(wires=["a", "b"]))
    def node() -> Any:
        qml.X("b")
        return qml.sample(), qml.counts()

    samples, counts = node()
    assert samples.tolist() == [[0, 1]] * 7
    assert counts == {"01": 7}


def test_many_wires() -> None:
    @qml.qnode(MPSDevice(wires=60, max_bond=8))
    def node(angle: float) -> Any:
        qml.RX(angle, 0)
        for wire in range(59):
            qml.CNOT([wire, wire + 1])
        return qml.expval(qml.Z(59))

    assert float(node(0.7)) == pytest.approx(np.cos(0.7))


def test_what_is_not_offered() -> None:
    @qml.qnode(MPSDevice(wires=30))
    def node() -> Any:
        qml.X(0)
        return qml.state()

    with pytest.raises(qtn.ArgumentError, match=r"qtn.mps does not offer StateMP on 30 wires"):
        node()
    with pytest.raises(qtn.ArgumentError, match=r"`max_bond` must be a positive integer"):
        MPSDevice(wires=2, max_bond=0)


def test_found_by_its_entry_point() -> None:
    found = [e for e in entry_points(group="pennylane.plugins") if e.name == "qtn.mps"]
    if not found:
        pytest.skip("the package is not installed, only on the path")
    assert isinstance(qml.device("qtn.mps", wires=2), MPSDevice)


def chain_of_ghz(n: int) -> None:
    qml.H(0)
    for wire in range(n - 1):
        qml.CNOT([wire, wire + 1])


def test_many_wires_beyond_state_vectors() -> None:
    n = 40

    @qml.qnode(MPSDevice(wires=n))
    def node() -> Any:
        chain_of_ghz(n)
        zeros = qml.Projector([0] * 12, wires=range(0, 36, 3))
        return qml.probs(wires=[39, 0]), qml.expval(zeros), qml.var(qml.Z(0) @ qml.Z(3) + qml.Z(7))

    probs, projector, variance = node()
    assert np.allclose(probs, [0.5, 0, 0, 0.5])
    assert projector == pytest.approx(0.5)
    assert variance == pytest.approx(1.0)

    @qml.qnode(MPSDevice(wires=n))
    def wide() -> Any:
        return qml.probs()

    with pytest.raises(qtn.ArgumentError, match=r"offer a distribution over 40 wires on 40 wires"):
        wide()


@pytest.mark.parametrize("method", ["parameter-shift", "hadamard", "finite-diff", "best"])
@pytest.mark.filterwarnings("ignore::pennylane.exceptions.PennyLaneDeprecationWarning")
def test_gradients_of_every_kind(method: str) -> None:
    def both(device: Any) -> Any:
        @qml.qnode(device, diff_method=method)
        def node(angles: Any) -> Any:
            qml.RX(angles[0], 0)
            qml.CNOT([0, 1])
            qml.CRZ(angles[1], [1, 2])
            qml.Rot(*angles[:3], wires=1)
            return qml.probs(wires=[0, 2])

        return qml.jacobian(node)(ANGLES)

    assert np.allclose(both(MPSDevice(5)), both(qml.device("default.qubit", wires=5)), atol=1e-6)


def test_batches_of_inputs_reach_torch_layers() -> None:
    torch = pytest.importorskip("torch")

    def outputs(device: Any) -> Any:
        @qml.qnode(device, diff_method="parameter-shift")
        def node(inputs: Any, weights: Any) -> Any:
            qml.AmplitudeEmbedding(inputs, wires=range(3), normalize=True)
            qml.BasicEntanglerLayers(weights, wires=range(3))
            return [qml.expval(qml.Z(i)) for i in range(3)]

        torch.manual_seed(0)
        layer = qml.qnn.TorchLayer(node, {"weights": (2, 3)})
        found = layer(torch.linspace(0.1, 1.0, 32).reshape(4, 8))
        found.sum().backward()
        return found.detach().numpy(), layer.weights.grad.numpy()

    for got, want in zip(outputs(MPSDevice(3)), outputs(qml.device("default.qubit", wires=3))):
        assert got.shape == want.shape
        assert np.allclose(got, want, atol=1e-5)


def test_measurements_inside_circuits_are_deferred() -> None:
    def both(device: Any) -> Any:
        @qml.qnode(device)
        def node() -> Any:
            qml.RX(0.4, 0)
            first = qml.measure(0, reset=True)
            qml.cond(first, qml.RY)(0.7, 1)
            qml.CNOT([0, 1])
            second = qml.measure(1)
            return qml.expval(qml.Z(1)), qml.expval(first), qml.probs(op=[first, second])

        return node()

    for wires in (None, 5):
        for got, want in zip(
            both(MPSDevice(wires)), both(qml.device("default.qubit", wires=wires))
        ):
            assert np.allclose(got, want)


def test_classical_shadows() -> None:
    words = [qml.Y("b") @ qml.X("a"), qml.Z("a"), 0.5 * qml.Y("a")]

    def both(device: Any, measure: Any) -> Any:
        @qml.set_shots(4000)
        @qml.qnode(device)
        def node() -> Any:
            qml.RX(0.4, "a")
            qml.CNOT(["a", "b"])
            return measure()

        return node()

    wires = ["a", "q", "b"]
    shadow = lambda: qml.classical_shadow(wires=["b", "a"], seed=3)  # noqa: E731
    bits, recipes = both(MPSDevice(wires), shadow)
    _, theirs = both(qml.device("default.qubit", wires=wires, seed=0), shadow)
    assert np.array_equal(recipes, theirs)
    assert bits.dtype == np.int8
    exact = np.array([-np.sin(0.4), np.cos(0.4), 0.0])
    found = both(MPSDevice(wires), lambda: qml.shadow_expval(words, seed=3))
    assert np.all(np.abs(found - exact) < 5 * 3 / np.sqrt(4000))


def test_tracker_counts_as_default_qubit_does() -> None:
    def totals(device: Any) -> Any:
        @qml.set_shots(50)
        @qml.qnode(device)
        def node() -> Any:
            circuit(ANGLES)
            return qml.expval(qml.X(0) @ qml.Z(3)), qml.expval(qml.Y(0)), qml.sample(wires=0)

        with device.tracker as tracker:
            node()
        return {k: v for k, v in tracker.totals.items() if k != "results"}

    assert totals(MPSDevice(4)) == totals(qml.device("default.qubit", wires=4))


def test_same_seed_same_samples() -> None:
    def draws(device: Any) -> Any:
        @qml.set_shots(20)
        @qml.qnode(device)
        def node() -> Any:
            qml.H(0)
            return qml.sample(wires=0)

        return node().ravel(), node().ravel()

    first, second = draws(MPSDevice(1, seed=7)), draws(MPSDevice(1, seed=7))
    assert np.array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


def test_states_without_names_for_wires_come_in_the_order_met() -> None:
    def both(name: str) -> Any:
        @qml.qnode(qml.device(name))
        def node() -> Any:
            qml.X("z")
            qml.RX(0.3, "a")
            qml.Toffoli(["a", "z", 3])
            return qml.state()

        return node()

    assert np.allclose(both("qtn.mps"), both("default.qubit"))


def test_sparse_hamiltonians() -> None:
    terms = qml.Hamiltonian([1.0, 2.0], [qml.X(0), qml.Z(2)])

    @qml.qnode(MPSDevice(3))
    def node() -> Any:
        qml.H(0)
        return qml.expval(qml.SparseHamiltonian(terms.sparse_matrix(), wires=[0, 2]))

    assert float(node()) == pytest.approx(3.0)


def test_truncation_that_matters_is_said() -> None:
    @qml.qnode(MPSDevice(wires=6, max_bond=1))
    def node() -> Any:
        chain_of_ghz(6)
        return qml.expval(qml.Z(0))

    with pytest.warns(UserWarning, match=r"max_bond=1 moved the state .* Raise max_bond"):
        node()


def test_what_is_refused() -> None:
    def node(**options: Any) -> Any:
        @qml.qnode(MPSDevice(2), **options)
        def inner() -> Any:
            outcome = qml.measure(0)
            return qml.expval(outcome)

        return inner()

    with pytest.raises(DeviceError, match=r"does not offer mcm_method='tree-traversal'"):
        node(mcm_method="tree-traversal")
    with pytest.raises(DeviceError, match=r"knows no option 'max_workers'.*Give max_bond"):
        MPSDevice(1).setup_execution_config(ExecutionConfig(device_options={"max_workers": 2}))
    with pytest.raises(DeviceError, match=r"The circuit has no wires"):
        MPSDevice().execute(QuantumScript([qml.GlobalPhase(0.1)], [qml.state()]))
    with pytest.raises(DeviceError, match=r"not accepted for analytic simulation on qtn.mps"):
        qml.QNode(lambda: qml.sample(wires=0), MPSDevice(1))()
    with pytest.raises(DeviceError, match=r"not accepted with finite shots on qtn.mps"):
        qml.set_shots(qml.QNode(lambda: qml.state(), MPSDevice(1)), 3)()


def test_shots_of_the_device() -> None:
    with pytest.warns(qml.exceptions.PennyLaneDeprecationWarning):
        device = qml.device("qtn.mps", wires=1, shots=7)
    assert device.shots.total_shots == 7
    assert qml.device("qtn.mps", wires=1, shots=None).shots.total_shots is None
