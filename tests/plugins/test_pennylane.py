"""The PennyLane device on matrix product states."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

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
