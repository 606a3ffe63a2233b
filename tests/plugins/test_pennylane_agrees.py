"""Random circuits and measurements: `qtn.mps` says what `default.qubit` says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.tape import QuantumScript
from scipy.stats import unitary_group

from qtn.plugins.pennylane import MPSDevice

# eigenvalues of a Hermitian may come in any order: here both devices take them from PennyLane
pytestmark = pytest.mark.filterwarnings("ignore:Using qp.probs with a Hermitian:UserWarning")

SHOTS = 4000
PAULIS = (qml.X, qml.Y, qml.Z)


def mixed(rng: np.random.Generator, wires: list[Any], count: int) -> list[Any]:
    return [wires[k] for k in rng.permutation(len(wires))[:count]]


def operations(rng: np.random.Generator, wires: list[Any]) -> list[Any]:
    found = []
    if rng.random() < 0.5:
        some = mixed(rng, wires, int(rng.integers(1, len(wires) + 1)))
        vector = rng.normal(size=2 ** len(some)) + 1j * rng.normal(size=2 ** len(some))
        bits = rng.integers(0, 2, size=len(some))
        first = qml.StatePrep(vector / np.linalg.norm(vector), wires=some)
        found.append(first if rng.random() < 0.5 else qml.BasisState(bits, wires=some))
    for _ in range(8):
        w, angle, seed = mixed(rng, wires, 4), float(rng.normal()), int(rng.integers(1000))
        choices = [
            lambda w=w, a=angle: qml.Rot(a, 0.3, -a, w[0]),
            lambda w=w: qml.CNOT(w[:2]),
            lambda w=w, a=angle: qml.IsingXY(a, w[:2]),
            lambda w=w: qml.Toffoli(w[:3]),
            lambda w=w, s=seed: qml.QubitUnitary(unitary_group.rvs(8, random_state=s), w[:3]),
            lambda a=angle: qml.GlobalPhase(a),
            lambda w=w, a=angle: qml.ctrl(qml.RY(a, w[0]), control=w[1:3], control_values=[0, 1]),
            lambda w=w, a=angle: qml.PauliRot(a, "XYZ", w[:3]),
            lambda w=w: qml.QFT(w[:3]),
            lambda w=w, a=angle: qml.OrbitalRotation(a, w),
            lambda w=w: qml.pow(qml.X(w[0]), 0.5),
            lambda w=w, a=angle: qml.exp(qml.X(w[0]) @ qml.Z(w[1]), -1j * a),
        ]
        found.append(choices[rng.integers(len(choices))]())
    return found


def hermitian(rng: np.random.Generator, wires: list[Any]) -> Any:
    side = 2 ** len(wires)
    matrix = rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side))
    return qml.Hermitian((matrix + matrix.conj().T) / (2 * side), wires=wires)


def observable(rng: np.random.Generator, wires: list[Any]) -> Any:
    w = mixed(rng, wires, 4)
    vector = rng.normal(size=4)
    word = qml.prod(*[PAULIS[k](wire) for k, wire in zip(rng.integers(3, size=3), w)])
    choices = [
        word,
        qml.Hadamard(w[0]),
        0.3 * word,
        hermitian(rng, w[:2]),
        qml.Projector(rng.integers(0, 2, size=3), wires=w[:3]),
        qml.Projector(vector / np.linalg.norm(vector), wires=w[:2]),
        qml.prod(hermitian(rng, w[:1]), qml.Y(w[2])),
    ]
    return choices[rng.integers(len(choices))]


def summed(rng: np.random.Generator, wires: list[Any]) -> Any:
    parts = [observable(rng, wires) for _ in range(3)]
    return qml.sum(*parts, qml.s_prod(0.7, qml.Identity(wires[0])), qml.X(wires[1]))


def tape(rng: np.random.Generator, shots: int | None) -> tuple[QuantumScript, Any]:
    wires = [[0, 1, 2, 3], ["a", 7, "b", "z"], [3, 2, 1, 0]][rng.integers(3)]
    some = mixed(rng, wires, int(rng.integers(1, 4)))
    measurements = [
        qml.expval(observable(rng, wires)),
        qml.expval(summed(rng, wires)),
        qml.var(observable(rng, wires)),
        qml.probs(wires=some),
        qml.probs(op=observable(rng, wires)),
    ]
    if shots is None:
        measurements += [qml.density_matrix(wires=some), qml.vn_entropy(wires=some), qml.state()]
    given = wires if rng.random() < 0.7 else None
    return QuantumScript(operations(rng, wires), measurements, shots=shots), given


def run(device: Any, script: QuantumScript) -> Any:
    program, config = device.preprocess()
    batch, post = program([script])
    return post(device.execute(batch, config))[0]


def agree_without_shots(seed: int) -> None:
    script, wires = tape(np.random.default_rng(seed), None)
    wanted = run(qml.device("default.qubit", wires=wires), script)
    found = run(MPSDevice(wires=wires), script)
    for measurement, want, got in zip(script.measurements, wanted, found, strict=True):
        assert np.shape(want) == np.shape(got), measurement
        assert np.allclose(want, got, atol=1e-8), measurement


@pytest.mark.parametrize("seed", range(25))
def test_without_shots(seed: int) -> None:
    agree_without_shots(seed)


@pytest.mark.slow
def test_many_without_shots() -> None:
    for seed in range(1000, 1500):
        agree_without_shots(seed)


@pytest.mark.parametrize("seed", range(10))
def test_with_shots(seed: int) -> None:
    script, wires = tape(np.random.default_rng(100 + seed), SHOTS)
    wanted = run(qml.device("default.qubit", wires=wires), script.copy(shots=None))
    found = run(MPSDevice(wires=wires, seed=seed), script)
    for measurement, want, got in zip(script.measurements, wanted, found, strict=True):
        assert np.shape(want) == np.shape(got), measurement
        # every observable has norm below 2, a sum of five terms below 5
        spread = 5 * 5 / np.sqrt(SHOTS)
        if isinstance(measurement, qml.measurements.ProbabilityMP):
            spread = 5 * np.sqrt((want + 1 / SHOTS) / SHOTS)
        assert np.all(np.abs(np.asarray(want) - got) < spread), measurement


def test_samples_of_one_experiment_belong_together() -> None:
    bell = [qml.H("a"), qml.CNOT(["a", "b"])]
    for letter, sign in ((qml.X, 1), (qml.Y, -1), (qml.Z, 1)):
        measurements = [qml.sample(letter("a")), qml.sample(letter("b"))]
        first, second = run(MPSDevice(["a", "b"]), QuantumScript(bell, measurements, shots=100))
        assert np.array_equal(first, sign * second)
        assert set(first) == {-1.0, 1.0}


def test_counts_and_parts_of_shots() -> None:
    measurements = [qml.counts(), qml.expval(qml.Z(1)), qml.expval(2 * qml.Z(0) + qml.I(1))]
    found = run(MPSDevice(2), QuantumScript([qml.X(1)], measurements, shots=[3, (5, 2)]))
    assert found == (({"01": 3}, -1.0, 3.0), ({"01": 5}, -1.0, 3.0), ({"01": 5}, -1.0, 3.0))
