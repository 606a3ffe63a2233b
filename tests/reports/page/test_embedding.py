"""Figures become pictures for both themes, small ones and large ones."""

from __future__ import annotations

import base64

import numpy as np
from matplotlib.figure import Figure

from qtn.reports.page.embedding import _LARGEST, picture


def drawn(points: int) -> Figure:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot(np.random.default_rng(0).random(points), "o", color="black")
    axes.set_title("title")
    return figure


def text(address: str) -> str:
    return base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()


def test_ink_is_light_on_a_dark_page() -> None:
    found = picture(drawn(5), "name", "caption")
    assert (found.title, found.caption) == ("name", "caption")
    light, dark = text(found.light), text(found.dark)
    assert "#000000" in light
    assert "#000000" not in dark
    assert '<svg fill="#e6edf3"' in dark
    assert "<image" not in light
    assert picture(drawn(5), "name", "caption") == found


def test_many_points_become_pixels() -> None:
    found = text(picture(drawn(3000), "", "").light)
    assert found.count("<image") == 1
    assert len(found) < 3 * _LARGEST
