"""A comparison is saved as one page and drawn as one figure."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

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
    assert len(page.images) == 5
    assert "script" not in page.tags
    assert page.tags.count("table") == 4
    assert all(link.startswith("data:") for link in page.links)
    for image in page.images:
        svg = base64.b64decode(image.removeprefix("data:image/svg+xml;base64,"))
        assert ET.fromstring(svg).tag.endswith("svg")
    for grid in (merits(comparison.rows), takes(comparison.rows)):
        assert all(cell in html for line in grid.lines for cell in line)
    assert comparison.legend in html
    # The same comparison gives the same page.
    assert comparison.save(tmp_path / "again.html").read_text() == html
    with pytest.raises(FileError, match="cannot be written"):
        comparison.save(tmp_path / "missing" / "report.html")


def test_a_path_that_is_none_is_refused(comparison) -> None:
    for wrong in (None, 3, ""):
        with pytest.raises(ArgumentError, match="`path` must be the path of a file"):
            comparison.save(wrong)


def test_overview_figure(comparison) -> None:
    titles = [axes.get_title() for axes in comparison.plot().get_axes()]
    assert titles[:4] == ["Results", "Training", "Compilation", "Scores"]
    assert "mitigated" in titles
