from __future__ import annotations

import numpy as np
import pytest
import torch
from qiskit.quantum_info import Operator

from qtn import _io
from qtn.data import load_digits, trigonometric
from qtn.errors import ArgumentError
from qtn.models import TTNClassifier
from qtn.models.isometric import IsometricTree, kept_dimensions
from qtn.models.trees import balanced

DATA = load_digits(size=2, classes=(0, 1, 2))


@pytest.fixture(scope="module")
def model() -> TTNClassifier:
    model = TTNClassifier(2, isometric=True, epochs=6, learning_rate=0.02, dtype="float64")
    return model.fit(DATA.x_train, DATA.y_train)


def exact_outcomes(circuit: object, x: np.ndarray) -> np.ndarray:
    """Distribution of the readout of a circuit without resets, by its dense unitary."""
    bound = circuit.assign_parameters(np.pi * x)
    qubits = [
        bound.find_bit(i.qubits[0]).index for i in bound.data if i.operation.name == "measure"
    ]
    p = np.abs(Operator(bound.remove_final_measurements(inplace=False)).data[:, 0]) ** 2
    out = np.zeros(2 ** len(qubits))
    for index, weight in enumerate(p):
        out[sum(((index >> q) & 1) << k for k, q in enumerate(qubits))] += weight
    return out


def test_circuit_gives_exactly_the_model_s_probabilities(model: TTNClassifier) -> None:
    circuit = model.circuit()
    assert circuit.num_qubits == 4
    for x, wanted in zip(DATA.x_test[:4], model.predict_proba(DATA.x_test[:4])):
        outcomes = exact_outcomes(circuit, x)
        got = [outcomes[c::3].sum() for c in range(3)]
        assert got == pytest.approx(wanted, abs=1e-5)


def test_reset_form_needs_fewer_qubits_and_gives_the_same() -> None:
    from qiskit_aer import AerSimulator

    data = load_digits(size=4, classes=(0, 1))
    model = TTNClassifier(2, isometric=True, epochs=1, shape=(4, 4))
    model.fit(data.x_train[:60], data.y_train[:60])
    circuit = model.circuit(reset=True)
    assert model.circuit().num_qubits == 16
    assert circuit.num_qubits <= 6
    bound = circuit.assign_parameters(np.pi * data.x_test[0]).decompose(["unitary"], reps=4)
    shots = 20_000
    counts = AerSimulator().run(bound, shots=shots, seed_simulator=1).result().get_counts()
    odd = sum(v for k, v in counts.items() if int(k, 2) % 2) / shots
    wanted = model.predict_proba(data.x_test[:1])[0, 1]
    assert odd == pytest.approx(wanted, abs=5 * np.sqrt(0.25 / shots))


def test_nodes_are_orthogonal_and_probabilities_normalised(model: TTNClassifier) -> None:
    for stack in model.network_.unitaries():
        for u in stack.detach():
            assert torch.allclose(u @ u.T, torch.eye(len(u), dtype=u.dtype), atol=1e-12)
    x = torch.from_numpy(trigonometric(DATA.x_test[:5]))
    assert model.network_.probabilities(x).sum(dim=1).detach().numpy() == pytest.approx(1.0)


@pytest.mark.parametrize("sites", [3, 5])
def test_odd_numbers_of_sites_stay_normalised(sites: int) -> None:
    x = torch.from_numpy(trigonometric(np.random.default_rng(0).random((20, sites))))
    tree = IsometricTree.coarse_grained(x, 2, balanced(sites), 4)
    assert tree.probabilities(x).sum(dim=1).detach().numpy() == pytest.approx(1.0)


def test_training_learns_and_the_model_can_be_saved(model: TTNClassifier, tmp_path: object) -> None:
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    _io.save(model, f"{tmp_path}/tree.qtn")
    back = _io.load(f"{tmp_path}/tree.qtn")
    assert (back.predict_proba(DATA.x_test) == model.predict_proba(DATA.x_test)).all()


def test_register_dimensions() -> None:
    assert kept_dimensions(4, 4) == [4, 4, 4, 16]
    assert kept_dimensions(1, 4) == [4]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bond": 3}, "`bond` must be a power of 2 for an isometric tree, but is 3"),
        ({"loss": "softmax"}, "takes features='trigonometric', loss='born' and generative=0"),
        ({"features": "polynomial"}, "takes features='trigonometric', loss='born'"),
        ({"generative": 0.5}, "takes features='trigonometric', loss='born'"),
    ],
)
def test_bad_parameters_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        TTNClassifier(**{"bond": 4, **settings}, isometric=True).fit(DATA.x_train, DATA.y_train)


def test_wrong_questions_are_refused(model: TTNClassifier) -> None:
    with pytest.raises(ArgumentError, match="discards qubits, so it is a channel"):
        model.state(label=0)
    plain = TTNClassifier(3, epochs=1).fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match="This tree is not a circuit"):
        plain.circuit()
