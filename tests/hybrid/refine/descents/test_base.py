"""Jobs, measured losses with their errors, and states that a file keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bowls import bowl

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.hybrid.refine.descents.base import Descent, kept, resumed
from qtn.hybrid.refine.descents.spsa import SPSA


def test_a_batch_has_different_training_rows() -> None:
    job = replace(bowl(np.zeros(2)), train=np.arange(3, 9))
    rows = job.batch(4, 0)
    assert len(set(rows.tolist())) == 4
    assert set(rows.tolist()) <= set(range(3, 9))
    assert np.array_equal(rows, job.batch(4, 0))
    assert not all(np.array_equal(rows, job.batch(4, k)) for k in range(1, 9))
    assert np.array_equal(job.batch(9, 0), job.train)


def test_contrast_has_the_error_of_the_shots() -> None:
    job = bowl(np.zeros(2), noise=0.5)
    pair, weights = np.array([[0.3, 0.0], [0.1, 0.2]]), np.array([1.0, -1.0])
    many = np.zeros(64, dtype=np.int64)
    seen = [job.measured(pair, many, "test", k).contrast(weights) for k in range(200)]
    values, errors = np.array(seen).T
    assert values.std() == pytest.approx(errors.mean(), rel=0.2)
    assert errors.mean() == pytest.approx(0.5 * (2 / 64) ** 0.5, rel=0.1)
    one = job.measured(pair, np.zeros(1, dtype=np.int64), "test").contrast(weights)[1]
    assert one == pytest.approx(0.5 * 2**0.5)


def test_the_last_steps_are_averaged() -> None:
    state = Descent(np.zeros(1), np.zeros(1))
    for k in range(6):
        state = state.moved(np.array([float(k)]), 1.0, 6)
    assert state.averaged == 2
    assert state.end == pytest.approx([4.5])
    assert Descent(np.ones(1), np.zeros(1)).end == pytest.approx([1.0])


def test_states_come_back_from_files(tmp_path: Path) -> None:
    state = Descent(
        np.array([0.1, 0.2]), np.array([1.0, 2.0]), 1, 2, {"gain": 0.5}, (1.0, 0.5), "mine"
    )
    path = tmp_path / "state.qtn"
    assert resumed(path, "mine") is None
    assert resumed(None, "mine") is None
    kept(None, state)
    kept(path, state)
    again = resumed(path, "mine")
    assert again is not None
    assert again.pack()[1] == state.pack()[1]
    assert np.array_equal(again.angles, state.angles)
    with pytest.raises(ArgumentError, match="`checkpoint` must be a checkpoint of this very"):
        resumed(path, "another")
    qtn.save(qtn.Estimate(0.5, 0.1), path)
    with pytest.raises(ArgumentError, match="`checkpoint` must be a checkpoint of this very"):
        resumed(path, "mine")
    qtn.save(replace(state, history=(1.0,)), path)
    with pytest.raises(FileError):
        resumed(path, "mine")


def test_fingerprints_tell_searches_apart() -> None:
    job = bowl(np.zeros(2))
    told = SPSA().print_of(job, 5)
    assert told == SPSA(checkpoint="a.qtn").print_of(job, 5)
    others = [
        SPSA(shots=7).print_of(job, 5),
        SPSA().print_of(job, 6),
        SPSA().print_of(replace(job, angles=np.ones(2)), 5),
        SPSA().print_of(replace(job, seed=1), 5),
    ]
    assert len({told, *others}) == 5


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"shots": 0}, "`shots` must be"),
        ({"most_shots": 0}, "`most_shots` must be"),
        ({"rows": 0}, "`rows` must be"),
        ({"validation": 0}, "`validation` must be"),
        ({"confidence": 0.4}, "`confidence` must be"),
        ({"confidence": 1.0}, "`confidence` must be below 1"),
        ({"checkpoint": 3}, "`checkpoint` must be"),
        ({"budget": 3}, "`budget` must be"),
        ({"mitigation": "nothing"}, "techniques"),
    ],
)
def test_bad_options(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        SPSA(**wrong)
