"""What a search returns: shown in one line, drawn, and kept in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models.structure.cores import dense
from qtn.models.structure.outcome import Structure, StructureStatus, StructureStep

CORES = tuple(np.random.default_rng(0).normal(size=s) for s in ((3, 2, 1), (2, 3, 1), (1, 1, 3)))


def made() -> Structure:
    steps = (StructureStep((0, 1), 2, 15, 1e-9),)
    return Structure(CORES, 1e-9, None, steps, StructureStatus.REACHED)


def test_figures_and_one_line() -> None:
    found = made()
    assert found.edges == {(0, 1): 2}
    assert found.parameters == 15
    assert found.ranks.tolist() == [[3, 2, 1], [2, 3, 1], [1, 1, 3]]
    assert np.array_equal(found.to_dense(), dense(CORES))
    assert repr(found) == "Structure(3 cores, 15 parameters, loss=1.00e-09, status=REACHED)"
    assert "edges       0-1: 2" in str(found)
    assert "The goal was reached" in str(found)


def test_saved_and_loaded(tmp_path: Path) -> None:
    found = made()
    again = qtn.load(qtn.save(found, tmp_path / "structure.qtn"))
    assert again.edges == found.edges
    assert again.steps == found.steps
    assert again.status is found.status
    assert np.array_equal(again.to_dense(), found.to_dense())
    assert "so says the file" in str(again)
    axes = again.plot()
    assert axes.get_xlabel() == "parameters"
    assert list(axes.lines[0].get_ydata()) == [step.loss for step in found.steps]
    assert found.to_frame()["parameters"].tolist() == [step.parameters for step in found.steps]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": "low"}, "`loss` must be a finite number"),
        ({"held_out": -1.0}, "`held_out` must be"),
        ({"steps": [[0, 9, 2, 15, 0.1]]}, "`edge` must be"),
        ({"steps": [[0, 1, 0, 15, 0.1]]}, "`bond` must be a positive integer"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: dict, message: str) -> None:
    arrays, header = made().pack()
    with pytest.raises(ArgumentError, match=message):
        Structure.unpack(arrays, header | change)
    with pytest.raises(ArgumentError, match="one axis per core and equal bonds"):
        Structure.unpack({**arrays, "core1": np.ones((5, 3, 1))}, header)
