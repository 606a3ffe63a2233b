"""Tables and figures of robustness."""

from __future__ import annotations

import json
import math

import pytest
from matplotlib.figure import Figure

from qtn.errors import ArgumentError
from qtn.hybrid.noise.points import NoisePoint, Robustness
from qtn.hybrid.noise.uniform import NoiseLevel


def found() -> Robustness:
    points = [
        NoisePoint(name, NoiseLevel(p, p / 2), 0.9 - p, 0.8 - p, 0.95, 1 - p, 0.01, 512, n, 29)
        for name, n in (("compiled", 1000.0), ("refined", math.nan))
        for p in (0.0, 0.02)
    ]
    return Robustness(tuple(points), "accuracy", "FakeTorino", 60)


def test_curves_keep_the_order_of_levels() -> None:
    curves = found().curves()
    assert list(curves) == ["compiled", "refined"]
    assert [p.noise.gate for p in curves["refined"]] == [0.0, 0.02]


def test_text_and_html() -> None:
    text = str(found())
    assert "model gate, % readout, %" in " ".join(text.split())
    assert "0.880 0.780 to 0.950" in " ".join(text.split())
    assert " 512 1,000 29 " in " ".join([*text.split(), ""])  # written out, not as 1e+03
    assert ">0.880</td>" in found()._repr_html_()
    assert repr(found()) == (
        "Robustness(accuracy of 60 rows on FakeTorino: compiled 0.9 to 0.88; refined 0.9 to 0.88)"
    )


def test_numbers() -> None:
    assert json.loads(json.dumps(found().to_dict()))["points"][1]["gate"] == 0.02
    frame = pytest.importorskip("pandas") and found().to_frame()
    assert list(frame["keep"]) == [1.0, 0.98, 1.0, 0.98]


def test_figure() -> None:
    left, right = found().overview()
    assert left.get_ylabel() == "accuracy"
    assert right.get_ylabel() == "share of the signal kept"
    assert [t.get_text() for t in left.get_legend().get_texts()] == ["compiled", "refined"]
    ax = Figure().subplots()
    assert found().plot(ax, kind="signal") is ax
    drawn = [c.lines[0].get_ydata().tolist() for c in ax.containers]
    assert drawn == [[p.keep for p in points] for points in found().curves().values()]
    with pytest.raises(ArgumentError, match="`kind` must be one of 'merit', 'signal'"):
        found().plot(kind="accuracy")
