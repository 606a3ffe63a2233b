"""`qtn train`: every kind of model from every kind of file, the same as in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qtn
from tests.cli.conftest import SMALL


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = rng.random((40, 3)) * 10
    kinds = np.where(rows[:, 0] > 5, "high", "low")
    lines = [f"{a},{b},{c},{k}" for (a, b, c), k in zip(rows.tolist(), kinds, strict=True)]
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c,kind\n" + "\n".join(lines))
    return path


def test_the_accuracy_is_printed_and_the_model_written(call, tmp_path: Path) -> None:
    size = ("--size", 4, "--bond", 4, "--epochs", 10)
    outcome = call("train", "--classes", "0,1", *size, "--out", tmp_path / "m.qtn", "--json")
    assert outcome.code == 0
    assert outcome.record["metric"] == "accuracy"
    assert outcome.record["score"]["test"] > 0.8
    assert qtn.load(tmp_path / "m.qtn").classes_.tolist() == [0, 1]


def test_lines_without_json(call, tmp_path: Path) -> None:
    outcome = call("train", *SMALL, "--out", tmp_path / "m.qtn")
    assert "accuracy  train" in outcome.out
    assert str(tmp_path / "m.qtn") in outcome.out


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (("3,8,9",), [3, 8, 9]),
        (("3", "--classes", "8", "--classes", "9"), [3, 8, 9]),
        (("all",), list(range(10))),
    ],
)
def test_classes_take_several_values(
    call, tmp_path: Path, words: tuple[str, ...], labels: list[int]
) -> None:
    out = tmp_path / "m.qtn"
    assert call("train", "--classes", *words, *SMALL, "--out", out).code == 0
    assert qtn.load(out).classes_.tolist() == labels


def test_a_table_trains_what_python_trains(call, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.qtn"
    words = ("--label-column", "kind", "--network", "ttn", "--bond", 2, "--epochs", 3)
    record = call("train", "--data", table, *words, "--seed", 2, "--out", out, "--json").record
    rows = qtn.load_data(table, label="kind", seed=2)
    model = qtn.TTNClassifier(bond=2, epochs=3, seed=2, progress=False)
    model.fit(rows.x_train, rows.y_train)
    assert record["kind"] == "TTNClassifier"
    assert record["score"]["test"] == model.score(rows.x_test, rows.y_test)
    assert np.array_equal(qtn.load(out).scores(rows.x_test), model.scores(rows.x_test))


def test_other_kinds(call, tmp_path: Path) -> None:
    out = tmp_path / "m.qtn"
    numbers = tmp_path / "n.csv"
    numbers.write_text("a,y\n" + "".join(f"{k},{k / 7}\n" for k in range(12)))
    words = ("--kind", "regressor", "--bond", 2, "--epochs", 2)
    record = call("train", "--data", numbers, *words, "--out", out, "--json").record
    assert (record["kind"], record["metric"]) == ("MPSRegressor", "R²")
    np.savez(tmp_path / "b.npz", x=np.random.default_rng(0).integers(0, 2, (20, 3)))
    record = call(
        *("train", "--data", tmp_path / "b.npz", "--model", "MPSBornMachine(bond=2, sweeps=1)"),
        *("--out", out, "--json"),
    ).record
    assert (record["kind"], record["metric"]) == ("MPSBornMachine", "mean log-likelihood")
    refused = call("train", "--data", numbers, "--label-column", "none")
    assert "--kind born" in refused.refusal()
    refused = call("train", "--data", numbers, "--label-column", "y")
    assert "train a regressor" in refused.refusal()


def test_a_model_trained_twice_is_the_same_file(call, tmp_path: Path) -> None:
    made = []
    for name, words in (("a.qtn", ()), ("b.qtn", ("--json",))):
        assert call("train", *SMALL, *words, "--out", tmp_path / name).code == 0
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_ctrl_c_saves_the_best_so_far(call, tmp_path: Path, monkeypatch) -> None:
    def stopped(self: qtn.MPSClassifier, x: object, y: object) -> qtn.MPSClassifier:
        fit(self, x, y)
        self.status_ = "interrupted"
        return self

    fit = qtn.MPSClassifier.fit
    monkeypatch.setattr(qtn.MPSClassifier, "fit", stopped)
    out = tmp_path / "m.qtn"
    outcome = call("train", *SMALL, "--out", out, "--json")
    assert outcome.code == 130
    assert outcome.record["status"] == "interrupted"
    assert qtn.load(out).status_ == "interrupted"


def test_a_model_has_the_suffix_by_which_it_is_known(call, tmp_path: Path) -> None:
    for name in ("model.txt", "model"):
        outcome = call("train", "--size", 2, "--out", tmp_path / name)
        assert "must end in .qtn" in outcome.refusal()
