from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder

from qtn import _io
from qtn.data import amplitude, legendre, load_digits
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, TTNClassifier

DATA = load_digits(size=4, classes=(0, 1))
KINDS = {"chain": MPSClassifier, "tree": TTNClassifier}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_training_in_parts_learns_and_goes_on_after_loading(kind: str, tmp_path: object) -> None:
    model = KINDS[kind](4, learning_rate=5e-3)
    half = len(DATA.x_train) // 2
    for _ in range(6):
        model.partial_fit(DATA.x_train[:half], DATA.y_train[:half], classes=[0, 1])
        model.partial_fit(DATA.x_train[half:], DATA.y_train[half:])
    assert model.score(DATA.x_test, DATA.y_test) > 0.95
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    _io.save(model, f"{tmp_path}/model.qtn")
    back = _io.load(f"{tmp_path}/model.qtn")
    back.partial_fit(DATA.x_train[:half], DATA.y_train[:half])
    assert len(back.history_["loss"]) == 13
    # Rows of one class only are welcome once the start is made.
    model.partial_fit(DATA.x_train[DATA.y_train == 1], DATA.y_train[DATA.y_train == 1])


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("settings", [{}, {"isometric": True}, {"loss": "softmax"}])
def test_first_rows_of_one_class_are_welcome(kind: str, settings: dict) -> None:
    x, y = DATA.x_train, DATA.y_train
    model = KINDS[kind](4, learning_rate=1e-2, **settings)
    model.partial_fit(x[y == 0][:9], y[y == 0][:9], classes=[0, 1])
    for _ in range(8):
        model.partial_fit(x, y)
    assert model.score(DATA.x_test, DATA.y_test) > 0.9


def test_wrong_first_rows_are_refused() -> None:
    x, y = DATA.x_train[:20], DATA.y_train[:20]
    with pytest.raises(ArgumentError, match="`classes` must name all labels in the first call"):
        MPSClassifier(2).partial_fit(x, y)
    with pytest.raises(ArgumentError, match="labels of at least two classes, but is"):
        MPSClassifier(2).partial_fit(x, np.zeros(20), classes=[0])
    model = MPSClassifier(2).partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ArgumentError, match="labels seen in training"):
        model.partial_fit(x, y + 1)
    with pytest.raises(ArgumentError, match="`y` must be one label per row"):
        model.partial_fit(x, y[:-1])


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("features", ["legendre", "learned", "amplitude"])
def test_feature_maps_learn_and_survive_a_file(kind: str, features: str, tmp_path: object) -> None:
    model = KINDS[kind](4, features=features, epochs=6, learning_rate=1e-2)
    model.fit(DATA.x_train, DATA.y_train)
    assert model.score(DATA.x_test, DATA.y_test) > 0.8
    assert model.state(label=0).n == (4 if features == "amplitude" else 16)
    _io.save(model, f"{tmp_path}/model.qtn")
    back = _io.load(f"{tmp_path}/model.qtn")
    assert (back.predict_proba(DATA.x_test) == model.predict_proba(DATA.x_test)).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(("features", "mapped"), [("learned", legendre), ("amplitude", amplitude)])
def test_scores_equal_the_overlaps_with_the_states(
    kind: str, features: str, mapped: object
) -> None:
    x = DATA.x_train[:80, :8]
    model = KINDS[kind](4, features=features, epochs=2, dtype="float64").fit(x, DATA.y_train[:80])
    weights = np.exp(2 * model.log_norms_)
    weights /= weights.sum()
    state = model.state(label=1)
    for row, score in zip(mapped(x[:3]), model.scores(x[:3])):
        extra = (state.pairs,) if kind == "tree" else ()
        overlap = type(state).product(row, *extra).overlap(state)
        assert score[1] == pytest.approx(weights[1] * abs(overlap) ** 2, rel=1e-9)


@pytest.mark.parametrize("move", [{"shifts": 1}, {"flips": True}])
def test_moves_need_pixels(move: dict) -> None:
    name = next(iter(move))
    model = MPSClassifier(4, features="amplitude", shape=(2, 2), **move)
    with pytest.raises(ArgumentError, match=f"`{name}` is for images of one pixel per site"):
        model.fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match=f"of 16 pixels for {name}, but is None"):
        MPSClassifier(4, **move).fit(DATA.x_train, DATA.y_train)


def table(rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Mixed columns; the class depends on a number and a category together."""
    rng = np.random.default_rng(0)
    number, colour = rng.normal(size=rows), rng.choice(["red", "green", "blue"], rows)
    x = np.empty((rows, 2), dtype=object)
    x[:, 0], x[:, 1] = number, colour
    return x, np.where((colour == "red") ^ (number > 0), "yes", "no")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_mixed_tables_pass_through_a_column_transformer(kind: str) -> None:
    x, y = table()
    columns = ColumnTransformer(
        [("number", MinMaxScaler(clip=True), [0]), ("kind", OneHotEncoder(), [1])]
    )
    model = make_pipeline(columns, KINDS[kind](4, epochs=60, learning_rate=2e-2))
    assert model.fit(x[:200], y[:200]).score(x[200:], y[200:]) > 0.9


def test_categories_as_one_hot_sites() -> None:
    x, y = table()
    codes = OrdinalEncoder().fit_transform(np.stack([x[:, 0] > 0, x[:, 1]], axis=1).astype(str))
    model = MPSClassifier(4, features="one_hot", epochs=40, learning_rate=2e-2)
    model.fit(codes[:200], y[:200])
    assert model.score(codes[200:], y[200:]) == 1.0
    with pytest.raises(ArgumentError, match=r"seen in training \(0 … 2 in column 1\), but row 1"):
        model.predict([[0, 0], [1, 3]])
    with pytest.raises(ArgumentError, match="must hold integers from 0 for one-hot features"):
        MPSClassifier(features="one_hot").fit(codes + 0.5, y)


def test_a_small_success_probability_is_warned_about() -> None:
    x, y = DATA.x_train[:100], DATA.y_train[:100]
    fair = MPSClassifier(2, epochs=20, generative=1.0).fit(x, y)
    p = fair.success_probability(x)
    assert p == pytest.approx(fair.scores(x).sum(axis=1).mean())
    assert p > 0.1
    rare = MPSClassifier(2, epochs=1, generative=0.0, noise=0.5, start="identity").fit(x, y)
    with pytest.warns(UserWarning, match="isometric=True, which discards qubits instead"):
        assert rare.success_probability(x) < 0.01
    circuit = TTNClassifier(2, isometric=True, epochs=1).fit(x, y)
    assert circuit.success_probability(x) == 1.0


@pytest.mark.gpu
@pytest.mark.parametrize("settings", [{}, {"isometric": True}, {"features": "learned"}])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_training_on_a_gpu_equals_training_on_the_cpu(kind: str, settings: dict) -> None:
    x, y = DATA.x_train[:100], DATA.y_train[:100]
    models = [
        KINDS[kind](4, epochs=3, dtype="float64", device=device, **settings).fit(x, y)
        for device in ("cpu", "cuda")
    ]
    on_cpu, on_gpu = (model.predict_proba(DATA.x_test) for model in models)
    assert on_gpu == pytest.approx(on_cpu, abs=1e-7)


def test_rows_of_no_weight_leave_no_trace_in_parts() -> None:
    x, y = np.random.default_rng(0).random((30, 3)), np.arange(30) % 2
    strange = np.concatenate([x, np.full((5, 3), 9.0)])
    weights = np.concatenate([np.ones(30), np.zeros(5)])
    model = MPSClassifier(2, rescale=True).partial_fit(
        strange, np.append(y, [0] * 5), classes=[0, 1], sample_weight=weights
    )
    plain = MPSClassifier(2, rescale=True).partial_fit(x, y, classes=[0, 1])
    assert (model.predict_proba(x) == plain.predict_proba(x)).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_weights_are_compared_across_parts_and_after_a_file(kind: str, tmp_path: object) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((40, 3)), np.arange(40) % 2
    wrong = 1 - y[20:]

    def trained(first: float, second: float, *, stored: bool = False) -> np.ndarray:
        model = KINDS[kind](4, dtype="float64", learning_rate=1e-2, batch_size=10)
        for _ in range(3):
            model.partial_fit(x[:20], y[:20], [0, 1], sample_weight=np.full(20, first))
            if stored:
                _io.save(model, f"{tmp_path}/model.qtn")
                model = _io.load(f"{tmp_path}/model.qtn")
            model.partial_fit(x[20:], wrong, sample_weight=np.full(20, second))
        return np.asarray(model.predict_proba(x))

    even = trained(1, 1)
    assert trained(3, 3) == pytest.approx(even, abs=1e-12)  # a common factor changes nothing
    assert trained(7, 0.7) == pytest.approx(trained(10, 1), abs=1e-12)
    assert np.abs(trained(10, 1) - even).max() > 1e-2
    assert trained(10, 1, stored=True) == pytest.approx(trained(1, 0.1, stored=True), abs=1e-12)
    assert np.abs(trained(10, 1, stored=True) - trained(1, 1, stored=True)).max() > 1e-3


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_parts_after_a_fit_weigh_in_its_units(kind: str) -> None:
    x, y = DATA.x_train[:60], DATA.y_train[:60]
    found = []
    for factor in (1.0, 5.0):
        model = KINDS[kind](3, epochs=1, class_weight={0: 2.0})
        model.fit(x, y, sample_weight=np.full(60, factor))
        model.partial_fit(x[:9], y[:9], sample_weight=np.full(9, 0.5 * factor))
        found.append(model.predict_proba(x))
    assert found[0] == pytest.approx(found[1], abs=1e-12)


def test_classes_cannot_be_balanced_in_parts() -> None:
    x, y = DATA.x_train[:20], DATA.y_train[:20]
    with pytest.raises(ArgumentError, match="`class_weight` must be None or weights by label in"):
        MPSClassifier(2, class_weight="balanced").partial_fit(x, y, classes=[0, 1])
