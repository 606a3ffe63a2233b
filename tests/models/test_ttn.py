from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn import _io
from qtn.data import load_digits, trigonometric
from qtn.errors import ArgumentError
from qtn.models import TTNClassifier

DATA = load_digits(size=4, classes="all", test_fraction=0.2)


@pytest.fixture(scope="module")
def model() -> TTNClassifier:
    model = TTNClassifier(bond=6, shape=(4, 4), epochs=8, learning_rate=0.01)
    return model.fit(DATA.x_train, DATA.y_train)


def test_data_driven_start_learns_at_once(model: TTNClassifier) -> None:
    assert model.history_["accuracy"][0] > 0.6
    assert model.score(DATA.x_test, DATA.y_test) > 0.85


def test_scores_equal_the_overlaps_with_the_states(model: TTNClassifier) -> None:
    weights = np.exp(2 * model.log_norms_)
    weights /= weights.sum()
    rows = DATA.x_test[:3]
    got = model.scores(rows)
    for c, label in enumerate(model.classes_):
        state = model.state(label=label)
        assert state.norm() == pytest.approx(1)
        for row, vectors in enumerate(trigonometric(rows)):
            product = type(state).product(vectors, state.pairs)
            wanted = weights[c] * abs(product.overlap(state)) ** 2
            assert got[row, c] == pytest.approx(wanted, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("loss", ["born", "softmax"])
@pytest.mark.parametrize("sites", [2, 3, 7])
def test_any_number_of_sites_and_both_losses(loss: str, sites: int) -> None:
    x = DATA.x_train[:200, :sites]
    model = TTNClassifier(bond=3, loss=loss, generative=0.1, epochs=2, dtype="float64")
    model.fit(x, DATA.y_train[:200])
    assert model.predict_proba(x).sum(axis=1) == pytest.approx(1)
    assert model.state(label=0).n == sites
    log_norm = model.network_.log_norm().item()
    assert np.logaddexp.reduce(2 * model.log_norms_) == pytest.approx(log_norm, rel=1e-9)


def test_derivatives_equal_finite_differences(model: TTNClassifier) -> None:
    x = DATA.x_train[:60, :5]
    net = TTNClassifier(bond=3, epochs=1, dtype="float64").fit(x, DATA.y_train[:60]).network_
    features = torch.from_numpy(trigonometric(x[:4])).permute(1, 2, 0)

    def value() -> torch.Tensor:
        plain, scale = net(features)
        unit, _ = net(features, unit=True)
        return (plain * scale.exp()[:, None]).tanh().sum() + unit.sin().sum() + net.log_norm()

    net.zero_grad()
    value().backward()
    for tensor in net.parameters():
        flat, grad = tensor.detach().view(-1), tensor.grad.view(-1)
        for index in range(0, flat.numel(), 11):
            kept, ends = flat[index].item(), []
            for sign in (1, -1):
                flat[index] = kept + sign * 1e-6
                ends.append(value().item())
            flat[index] = kept
            assert grad[index].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_own_tree_and_saved_model(tmp_path: object) -> None:
    tree = ((3, 1), (0, 4), (5, 2))
    x = DATA.x_train[:100, :4]
    model = TTNClassifier(bond=3, tree=tree, epochs=2).fit(x, DATA.y_train[:100])
    assert model.state(label=1).pairs == tree
    _io.save(model, f"{tmp_path}/tree.qtn")
    back = _io.load(f"{tmp_path}/tree.qtn")
    assert (back.predict_proba(x) == model.predict_proba(x)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bond": 1}, "`bond` must be an integer of at least 2"),
        ({"tree": "oak"}, "`tree` must be .*, but is 'oak'"),
        ({"tree": "patches"}, r"`shape` must be the \(height, width\) of 16 pixels for tree"),
        ({"shape": (4, 5)}, r"`shape` must be the \(height, width\) of 16 pixels for tree"),
        ({"shifts": 1}, r"`shape` must be the \(height, width\) of 16 pixels for shifts"),
        ({"tree": ((0, 1),)}, "`tree` must join 16 sites to one root"),
        ({"bond": 2, "features": "polynomial"}, "A bond must hold one feature vector"),
    ],
)
def test_bad_parameters_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        TTNClassifier(**settings).fit(DATA.x_train, DATA.y_train)


def test_one_feature_is_no_tree() -> None:
    with pytest.raises(ArgumentError, match="at least two columns for a tree"):
        TTNClassifier().fit(DATA.x_train[:, :1], DATA.y_train)
