"""The table, its figures and the page."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import qtn
from qtn._html import table
from qtn.errors import ArgumentError, FileError
from qtn.reports.door import mean_of, proportion
from qtn.reports.plots import confusion
from qtn.reports.table import text_table


@pytest.fixture(scope="module")
def data():
    return qtn.load_digits(size=2, classes=(0, 1), seed=0)


@pytest.fixture(scope="module")
def comparison(data):
    model = qtn.MPSClassifier(bond=4, epochs=10, seed=0, progress=False)
    model.fit(data.x_train, data.y_train)
    quantum = qtn.deploy(
        model,
        qtn.Staircase(layers=1),
        device="FakeManilaV2",
        shots=2000,
        mitigation=[qtn.Readout(), qtn.ZNE()],
        progress=False,
    )
    checks = tuple(
        qtn.verify(c.circuit, model.state(k))
        for k, c in zip(quantum.classes, quantum.compiled, strict=True)
    )
    return qtn.compare(
        model, quantum, data.x_test[:12], data.y_test[:12], checks=checks, progress=False
    )


def test_rows_and_columns(comparison) -> None:
    names = [row.name for row in comparison.rows]
    assert names == ["classical", "quantum, ideal", "quantum, shots", "noisy", "mitigated"]
    assert float(comparison["classical"].score_error) == 0.0
    assert comparison["noisy"].shots == 2000 * 12 * 2
    assert comparison["mitigated"].shots > comparison["noisy"].shots
    for row in comparison.rows:
        hits = row.predictions == comparison.labels
        assert float(row.accuracy) == np.mean(hits)
        assert row.accuracy.stderr > 0
    table = comparison.to_dict()
    assert [r["name"] for r in table["rows"]] == names
    text = str(comparison)
    assert all(name in text for name in names)
    assert "±" in text
    with pytest.raises(KeyError, match="No row 'best'"):
        comparison["best"]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.images += [v for k, v in attrs if tag == "img" and k == "src"]
        self.links += [v for k, v in attrs if k in ("src", "href")]


def test_page_is_self_contained(comparison, tmp_path) -> None:
    path = comparison.save(tmp_path / "report.html")
    html = path.read_text()
    page = Page()
    page.feed(html)
    assert len(page.images) == 4
    assert "script" not in page.tags
    assert page.tags.count("table") == 3
    assert all(link.startswith("data:") for link in page.links)
    for image in page.images:
        svg = base64.b64decode(image.removeprefix("data:image/svg+xml;base64,"))
        assert ET.fromstring(svg).tag.endswith("svg")
    assert comparison["mitigated"].cells()[1] in html
    # The same comparison gives the same page.
    assert comparison.save(tmp_path / "again.html").read_text() == html
    with pytest.raises(FileError, match="cannot be written"):
        comparison.save(tmp_path / "missing" / "report.html")


def test_overview_figure(comparison) -> None:
    titles = [axes.get_title() for axes in comparison.plot().get_axes()]
    assert titles[:3] == ["Training", "Compilation", "Scores"]
    assert "mitigated" in titles


def test_noiseless_device_has_no_noisy_row(comparison, data) -> None:
    from dataclasses import replace

    quantum = replace(comparison.quantum, device="tensor", mitigation=())
    small = qtn.compare(comparison.model, quantum, data.x_test[:3], data.y_test[:3], progress=False)
    assert [r.name for r in small.rows] == ["classical", "quantum, ideal", "quantum, shots"]


def test_proportion_and_mean() -> None:
    assert float(proportion(np.array([True] * 10))) == 1.0
    assert proportion(np.array([True] * 10)).stderr > 0
    samples = np.array([[1.0, 3.0], [2.0, 4.0]])
    assert float(mean_of(samples)) == 2.5
    assert np.isclose(mean_of(samples).stderr, np.std([2, 3], ddof=1) / np.sqrt(2))
    assert mean_of(samples[:1]).stderr == 0


def test_confusion() -> None:
    matrix = confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 1]))
    np.testing.assert_array_equal(matrix, [[1, 1], [0, 1]])


def test_tables_align_and_escape() -> None:
    text = text_table(("name", "value"), [("a", "1"), ("long name", "22")])
    assert text.splitlines()[2] == "a              1"
    assert re.search(r"<td>&lt;1&gt;</td>", table([("x", "<1>")], ("a", "b")))


def test_bad_input(comparison, data) -> None:
    model, quantum = comparison.model, comparison.quantum
    x, y = data.x_test[:3], data.y_test[:3]
    with pytest.raises(ArgumentError, match="one label per input"):
        qtn.compare(model, quantum, x, y[:2])
    with pytest.raises(ArgumentError, match="label 7, which the model has never seen"):
        qtn.compare(model, quantum, x, np.array([0, 1, 7]))
    with pytest.raises(ArgumentError, match="finite numbers only"):
        qtn.compare(model, quantum, np.full((3, 4), np.nan), y)
