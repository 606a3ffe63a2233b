"""A comparison in a file says the same as before, and nothing but what was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import test_files as files

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.hybrid.noise.points import NoisePoint
from qtn.hybrid.noise.uniform import NoiseLevel
from qtn.reports.records import ModelRecord


@pytest.fixture(scope="module")
def whole(comparison):
    """A comparison with everything that there can be."""
    point = NoisePoint("m", NoiseLevel(0.1), 0.5, 0.4, 0.6, 0.9, 0.1, 10, float("nan"), 3)
    noise = qtn.Robustness((point,), "accuracy", "line", 40)
    return replace(comparison, robustness=noise, candidates=(comparison.quantum,), notes=("n",))


def test_it_says_the_same(whole, tmp_path: Path) -> None:
    path = qtn.save(whole, tmp_path / "kept.qtn")
    found = qtn.load(path)
    assert str(found) == str(whole)
    assert repr(found) == repr(whole)
    assert found.to_dict() == whole.to_dict()
    assert found.to_latex("costs") == whole.to_latex("costs")
    assert found.made == whole.made
    assert found.robustness.points[0].noise == NoiseLevel(0.1)
    assert found.checks == whole.checks
    assert isinstance(found.quantum, ModelRecord)
    for kept, row in zip(found.rows, whole.rows, strict=True):
        np.testing.assert_array_equal(kept.predictions, row.predictions)
        if row.scores is not None:
            np.testing.assert_array_equal(kept.scores.value, row.scores.value)
            np.testing.assert_array_equal(kept.scores.stderr, row.scores.stderr)
            assert (kept.scores.shots, kept.scores.method) == (row.scores.shots, row.scores.method)
    # Saved again, the bytes are the same.
    assert qtn.save(found, tmp_path / "again.qtn").read_bytes() == path.read_bytes()
    assert found.plot().figure.get_axes()


def test_labels_of_every_sort(whole, tmp_path: Path) -> None:
    for named in (
        np.array(["no", "yes"]),
        np.array(["no", "yes"], object),
        np.array([False, True]),
    ):
        rows = tuple(replace(r, predictions=named[r.predictions]) for r in whole.rows)
        other = replace(whole, rows=rows, labels=named[whole.labels], classes=named)
        found = qtn.load(other.save(tmp_path / "kept.qtn"))
        assert found.labels.tolist() == other.labels.tolist()
        assert found.classes.tolist() == named.tolist()
        assert found.rows[1].predictions.tolist() == rows[1].predictions.tolist()
    strange = replace(whole, labels=np.array([(1,), None], object))
    with pytest.raises(ArgumentError, match="labels must be numbers or texts"):
        strange.save(tmp_path / "kept.qtn")


def test_numbers_without_classes(whole, tmp_path: Path) -> None:
    rows = tuple(replace(r, predictions=r.predictions / 3) for r in whole.rows)
    numbers = replace(whole, rows=rows, labels=whole.labels / 3, classes=None, checks=())
    found = qtn.load(numbers.save(tmp_path / "kept.qtn"))
    assert found.classes is None
    assert found.rows[0].predictions.dtype == np.float64


def test_what_was_changed_by_hand_is_refused(whole, tmp_path: Path) -> None:
    arrays, header = files.content(whole.save(tmp_path / "kept.qtn"))
    said = header["comparison"]

    def refused(arrays: dict, comparison: object) -> None:
        path = files.signed(arrays, {**header, "comparison": comparison}, tmp_path / "x.qtn")
        with pytest.raises(FileError):
            qtn.load(path)

    fine = [("title", "text"), ("robustness", None)]
    for entry in said:
        refused(arrays, {k: v for k, v in said.items() if k != entry})
        for wrong in (None, -1, "text", [1], {"a": 1}):
            if wrong != said[entry] and (entry, wrong) not in fine:
                refused(arrays, {**said, entry: wrong})
    refused(arrays, {**said, "more": 1})
    refused(arrays, {**said, "rows": []})
    refused({k: v for k, v in arrays.items() if k != "predictions.0"}, said)
    refused({**arrays, "predictions.0": arrays["predictions.0"][:-1]}, said)
    refused({**arrays, "more": np.zeros(2)}, said)
    short = json.loads(json.dumps(said))
    short["rows"][0]["measures"] = []
    refused(arrays, short)
