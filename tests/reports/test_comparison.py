"""A comparison is saved as one page and drawn as one figure."""

from __future__ import annotations

import base64
from html import escape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.reports.table import merits, takes


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
    assert len(page.images) == 2 * 4  # training, compilation, scores, entropies; light and dark
    assert page.tags.count("script") == 1
    assert all(link.startswith(("data:", "#")) for link in page.links)
    for image in page.images:
        svg = base64.b64decode(image.removeprefix("data:image/svg+xml;base64,"))
        assert ET.fromstring(svg).tag.endswith("svg")
    for grid in (merits(comparison.rows), takes(comparison.rows)):
        assert all(escape(cell) in html for line in grid.lines for cell in line)
    assert comparison.legend in html
    with pytest.raises(FileError, match="cannot be written"):
        comparison.save(tmp_path / "missing" / "report.html")


def test_the_ending_says_what_is_written(comparison, tmp_path) -> None:
    kept = qtn.load(comparison.save(tmp_path / "kept.QTN"))
    assert str(kept) == str(comparison)
    assert comparison.save(tmp_path / "page.HTM").read_text().startswith("<!doctype html>")
    for wrong in ("report", "table.csv", "report.json"):
        with pytest.raises(ArgumentError, match=r"must be a file that ends in \.html"):
            comparison.save(tmp_path / wrong)


def test_a_path_that_is_none_is_refused(comparison) -> None:
    for wrong in (None, 3, ""):
        with pytest.raises(ArgumentError, match="`path` must be the path of a file"):
            comparison.save(wrong)


def test_overview_figure(comparison) -> None:
    titles = [axes.get_title() for axes in comparison.overview()]
    assert titles[:4] == ["Results", "Training", "Compilation", "Scores"]
    assert "mitigated" in titles


def test_each_figure_is_drawn_on_given_axes(comparison) -> None:
    for kind, title in (("results", "Results"), ("training", "Training"), ("scores", "Scores")):
        ax = Figure().subplots()
        assert comparison.plot(ax, kind=kind) is ax
        assert ax.get_title() == title
    matrix = comparison.plot(kind="confusion", row=comparison.rows[0].name)
    drawn = np.asarray(matrix.images[0].get_array())
    assert np.trace(drawn) == round(float(comparison.rows[0].accuracy) * len(comparison.labels))
    assert comparison.plot(kind="confusion").get_title() == comparison.rows[-1].name
    with pytest.raises(ArgumentError, match="`kind` must be one of 'results', 'training'"):
        comparison.plot(kind="everything")
    with pytest.raises(ArgumentError, match="`row` must be one of 'classical'"):
        comparison.plot(kind="confusion", row="nobody")
    with pytest.raises(ArgumentError, match="`row` must be None for kind='results'"):
        comparison.plot(row="classical")
