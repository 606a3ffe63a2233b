from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn import _io
from qtn.data import load_digits, trigonometric
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, TTNClassifier
from qtn.models.networks.isometric import (
    IsometricChain,
    IsometricTree,
    Reading,
    kept_dimensions,
)
from qtn.models.networks.trees import balanced

DATA = load_digits(size=4, classes=(0, 1))
SETTINGS = {"isometric": True, "learning_rate": 0.05, "dtype": "float64", "batch_size": 32}
KINDS = {"chain": MPSClassifier, "tree": TTNClassifier}


@pytest.fixture(scope="module", params=sorted(KINDS))
def model(request: pytest.FixtureRequest) -> MPSClassifier | TTNClassifier:
    model = KINDS[request.param](bond=2, epochs=8, **SETTINGS)
    return model.fit(DATA.x_train, DATA.y_train)


def features(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(trigonometric(x)).permute(1, 2, 0)


def test_gates_stay_orthogonal_and_probabilities_normalised(
    model: MPSClassifier | TTNClassifier,
) -> None:
    for stack, exact in zip(model.network_.nodes, model.network_.unitaries()):
        assert torch.allclose(stack, exact, atol=1e-10)
        one = torch.eye(exact.shape[1], dtype=exact.dtype).expand_as(exact)
        assert torch.allclose(exact @ exact.mT, one, atol=1e-12)
    p = model.network_.probabilities(features(DATA.x_test[:5])).detach().numpy()
    assert p.sum(axis=1) == pytest.approx(1.0)
    assert model.scores(DATA.x_test[:5]) == pytest.approx(p, abs=1e-5)


def test_predictions_are_the_most_frequent_outcomes(model: MPSClassifier | TTNClassifier) -> None:
    p = model.scores(DATA.x_test)
    assert (model.predict(DATA.x_test) == model.classes_[p.argmax(axis=1)]).all()
    sharp = p ** model.network_.sharpness.exp().item()
    sharp /= sharp.sum(axis=1, keepdims=True)
    assert model.predict_proba(DATA.x_test) == pytest.approx(sharp, abs=1e-3)


def test_training_learns_and_the_model_can_be_saved(
    model: MPSClassifier | TTNClassifier, tmp_path: object
) -> None:
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    assert model.score(DATA.x_test, DATA.y_test) > 0.9
    _io.save(model, f"{tmp_path}/model.qtn")
    back = _io.load(f"{tmp_path}/model.qtn")
    assert (back.predict_proba(DATA.x_test) == model.predict_proba(DATA.x_test)).all()


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: object) -> None:
    class Stop(Exception):
        pass

    def build(path: str | None) -> TTNClassifier:
        return TTNClassifier(2, epochs=3, checkpoint=path, **SETTINGS)

    path = f"{tmp_path}/run.qtn"
    whole = build(None).fit(DATA.x_train, DATA.y_train)
    broken = build(path)
    validate, seen = broken._batch_loss, []

    def failing(*args: object) -> object:
        seen.append(1)
        if len(seen) == 15:
            raise Stop
        return validate(*args)

    broken._batch_loss = failing  # the process dies in the middle of an epoch
    with pytest.raises(Stop):
        broken.fit(DATA.x_train, DATA.y_train)
    resumed = build(path).fit(DATA.x_train, DATA.y_train)
    assert resumed.predict_proba(DATA.x_test) == pytest.approx(
        whole.predict_proba(DATA.x_test), abs=1e-9
    )


@pytest.mark.parametrize("sites", [3, 5])
def test_odd_numbers_of_sites_stay_normalised(sites: int) -> None:
    x = torch.from_numpy(trigonometric(np.random.default_rng(0).random((20, sites))))
    tree = IsometricTree.coarse_grained(x, 2, balanced(sites), 4)
    chain = IsometricChain.near_identity(sites, 2, 4, seed=0)
    for network in (tree, chain):
        p = network.probabilities(x.permute(1, 2, 0)).sum(dim=1)
        assert p.detach().numpy() == pytest.approx(1.0)


def test_noise_drowns_the_classes_evenly() -> None:
    x = features(DATA.x_test[:6])
    chain = IsometricChain.near_identity(16, 2, 2, seed=0)
    clean, all_noise = chain.outcomes(x).detach(), chain.outcomes(x, noise=1.0).detach()
    assert all_noise.numpy() == pytest.approx(np.full((4, 6), 0.25))
    some = chain.outcomes(x, noise=0.1).detach()
    assert (some - 0.25).abs().sum() < (clean - 0.25).abs().sum()


def test_register_dimensions() -> None:
    assert kept_dimensions(4, 4) == [4, 4, 4, 16]
    assert kept_dimensions(1, 4) == [4]


def test_free_angles_are_counted() -> None:
    assert IsometricChain.near_identity(3, 2, 4, seed=0).angles == 3 * 28


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bond": 3}, "`bond` must be a power of 2 for an isometric model, but is 3"),
        ({"features": "polynomial"}, "takes features='trigonometric' and generative=0"),
        ({"generative": 0.5}, "takes features='trigonometric' and generative=0"),
    ],
)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_bad_parameters_are_refused(kind: str, settings: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        KINDS[kind](**{"bond": 4, **settings}, isometric=True).fit(DATA.x_train, DATA.y_train)


def test_wrong_questions_are_refused(model: MPSClassifier | TTNClassifier) -> None:
    with pytest.raises(
        ArgumentError,
        match=r"no form state\(label=...\); it has circuit\(\).*discards qubits",
    ):
        model.state(label=0)
    with pytest.raises(AttributeError, match="no class states"):
        _ = model.log_norms_


def test_noise_belongs_to_circuits(model: MPSClassifier | TTNClassifier) -> None:
    rows = DATA.x_test[:4]
    even = np.full((4, 2), 0.5)
    assert model.scores(rows, noise=1.0) == pytest.approx(even, abs=1e-5)
    drowned = np.abs(model.scores(rows, noise=0.1) - even).sum()
    assert drowned < np.abs(model.scores(rows) - even).sum()
    plain = TTNClassifier(2, epochs=1).fit(DATA.x_train[:50], DATA.y_train[:50])
    with pytest.raises(ArgumentError, match="`noise` is for isometric models"):
        plain.scores(rows, noise=0.1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_frequencies_scatter_in_training_alone_and_by_the_seed(kind: str) -> None:
    settings = {**SETTINGS, "epochs": 2, "nodes": "blocks"}
    few, again, exact = (
        KINDS[kind](4, shots=shots, **settings).fit(DATA.x_train, DATA.y_train)
        for shots in (50, 50, None)
    )
    assert (few.outcomes(DATA.x_test) == again.outcomes(DATA.x_test)).all()
    assert np.abs(few.outcomes(DATA.x_test) - exact.outcomes(DATA.x_test)).max() > 1e-4
    rows = features(DATA.x_test[:40])
    network = exact.network_.double()
    scores, _ = network.read(rows, False, Reading(shots=50, draw=1))
    p, _ = network(rows)
    inner = p > 0.25
    assert ((scores - p)[inner] * 2 * 50**0.5).std().item() == pytest.approx(1.0, abs=0.25)
