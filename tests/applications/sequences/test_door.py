"""The estimator: its manners, its answers and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sentences import WORDS, made, sentences
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from qtn.applications.sequences import SequenceClassifier
from qtn.errors import ArgumentError
from qtn.hybrid.forms.channels import exact_distribution


@pytest.fixture(scope="module")
def fitted() -> SequenceClassifier:
    return made(arch="path", epochs=25).fit(*sentences())


def test_it_learns_what_the_last_word_is(fitted: SequenceClassifier) -> None:
    x, y = sentences(30, seed=9)
    assert fitted.score(x, y) > 0.95
    assert fitted.classes_.tolist() == ["IT", "food"]
    assert fitted.vocabulary_ == tuple(sorted(WORDS))
    assert fitted.lengths_ == (2, 3, 4)
    assert fitted.status_ == "completed"
    assert len(fitted.history_["loss"]) == fitted.n_iter_ == 25
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]


def test_probabilities_are_those_of_the_circuits(fitted: SequenceClassifier) -> None:
    x = ["soup code", "bugs bread cake", "tests tests tests code"]
    circuits = fitted.to_circuits(x)
    found = [exact_distribution(c, np.zeros((1, 0)))[0] for c in circuits]
    assert np.abs(found - fitted.outcomes(x)).max() < 1e-12
    scale = float(fitted.network_.scale.detach().double().exp())
    offset = float(fitted.network_.offsets.detach()[0])
    logits = scale * np.array(found) + [0, offset]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(p - fitted.predict_proba(x)).max() < 1e-12
    assert fitted.predict(x).tolist() == fitted.classes_[p.argmax(axis=1)].tolist()


def test_the_same_seed_gives_the_same_model_and_another_one_another() -> None:
    x, y = sentences()
    models = [made(seed=seed).fit(x, y) for seed in (1, 1, 2)]
    p = [m.predict_proba(x) for m in models]
    assert np.array_equal(p[0], p[1])
    assert not np.allclose(p[0], p[2])
    assert np.array_equal(made(random_state=1).fit(x, y).predict_proba(x), p[0])


def test_scikit_learn_clones_and_searches() -> None:
    x, y = sentences(24)
    search = GridSearchCV(made(arch="path"), {"wires": [1, 2]}, cv=2).fit(x, y)
    assert search.best_params_["wires"] in (1, 2)
    model = clone(made(hidden=0.1))
    assert model.get_params()["hidden"] == 0.1
    assert "hidden=0.1" in repr(model)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 6 * 2 + 15 + 2),
        ({"calibrate": False}, 6 * 2 + 15),
        ({"wires": 2}, 6 * 6 + 255 + 2),
        ({"sharing": "level"}, 6 * 2 + 2 * 15 + 2),
        ({"sharing": "position"}, 6 * 2 + 3 * 15 + 2),
        ({"arch": "path", "memory": 2}, 6 * 2 + 63 + 2),
        ({"hidden": 0.2}, 7 * 2 + 15 + 2),
    ],
)
def test_parameters_are_counted(settings: dict[str, Any], count: int) -> None:
    assert made(epochs=1, **settings).fit(*sentences()).parameters_ == count


def test_integers_and_three_classes() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(5, 9, (60, 3))
    y = np.clip(x[:, 0] - 5, 0, 2)
    model = made(wires=2, epochs=40, learning_rate=0.05).fit(x, y)
    assert model.score(x, y) > 0.95
    assert model.outcomes(x[:2]).shape == (2, 4)
    assert model.predict_proba(x[:2]).shape == (2, 3)
    assert np.abs(model.predict_proba(x).sum(axis=1) - 1).max() < 1e-12
    assert np.array_equal(model.predict(x.astype(float)), model.predict(x))


def test_hidden_tokens_make_unknown_ones_readable() -> None:
    x, y = sentences()
    model = made(hidden=0.2).fit(x, y)
    assert np.array_equal(model.predict_proba(["soup pizza"]), model.predict_proba(["soup vase"]))
    assert len(model.token_states_) == 6
    assert np.isclose(np.linalg.norm(model.token_states_["soup"]), 1.0)


def test_noise_and_readout_mix_the_outcomes(fitted: SequenceClassifier) -> None:
    x = ["soup code bugs"]
    exact, noisy = fitted.outcomes(x), fitted.outcomes(x, 1.0)
    assert np.allclose(noisy, 0.5)
    flipped = fitted.outcomes(x, readout=0.1)
    assert np.allclose(flipped, 0.9 * exact + 0.1 * exact[:, ::-1])


def test_post_selection_says_what_is_left() -> None:
    x, y = sentences()
    kept = made(closure="post-select").fit(x, y).success_probability(x[:3])
    assert ((kept > 0) & (kept < 1)).all()
    assert np.abs(made().fit(x, y).success_probability(x[:3]) - 1).max() < 1e-9


def test_data_that_cannot_be_used_leave_the_model_as_it_was() -> None:
    x, y = sentences()
    model = made().fit(x, y)
    before = model.predict_proba(x)
    for bad, labels, text in (
        (["soup", ""], ["a", "b"], "empty sentence"),
        (x, y[:-1], "`y` must be one label per sentence"),
        (x, ["food"] * 40, "`y` must be 2 to 2 classes for 1 qubits that are read"),
        (x, list(range(40)), "Give more wires, or a path more memory"),
    ):
        with pytest.raises(ArgumentError, match=text):
            model.fit(bad, labels)
    assert np.array_equal(model.predict_proba(x), before)


def test_sentences_beyond_the_model_are_refused() -> None:
    x, y = sentences()
    model = made(sharing="level").fit(x, y)
    with pytest.raises(ArgumentError, match=r"Sentence 0 has 5 tokens, but .* 4 only. Cut it"):
        model.predict(["soup soup soup soup soup"])
    with pytest.raises(ArgumentError, match="the token 'pizza', which was never seen"):
        model.predict(["pizza"])
    with pytest.raises(ArgumentError, match="labels seen in training"):
        model.score(x[:1], ["politics"])
    assert made().fit(x, y).predict(["soup " * 50]).shape == (1,)  # one box serves any length


def test_an_unfitted_model_says_so() -> None:
    with pytest.raises(NotFittedError, match="fit"):
        SequenceClassifier().predict(["old man"])
