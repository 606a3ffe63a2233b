"""Figures inside a page, for light and for dark, the same bytes for the same figure."""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

_LARGEST = 60_000  # bytes of lines and points; beyond, points become pixels among vector axes
_BARE = {"Date": None, "Creator": None}
_DOTS = 200  # per inch
# Ink, grid and greys of our figures, and what stands for them on a dark page.
_NIGHT = {
    "#000000": "#e6edf3",
    "#e5e7eb": "#30363d",
    "#6b7280": "#9aa5b1",
    "#cccccc": "#3d444d",
    "#0072b2": "#4aa8e0",
    "#1f77b4": "#58b0e8",
    "#9467bd": "#b894d6",
    "#8c564b": "#c08a7e",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what it shows.

    Args:
        title: of it, for those who do not see it.
        caption: what to read off it.
        light, dark: addresses that hold the picture itself, one for each theme.
    """

    title: str
    caption: str
    light: str
    dark: str


def picture(figure: Figure, title: str, caption: str) -> Picture:
    """Return a figure as a picture without a background."""
    drawn = _drawn(figure)
    if len(drawn) > _LARGEST:
        for axes in figure.get_axes():
            for artist in (*axes.lines, *axes.collections):
                artist.set_rasterized(True)
        drawn = _drawn(figure)
    # What has no colour of its own is black: the letters.
    night = drawn.replace("<svg ", f'<svg fill="{_NIGHT["#000000"]}" ', 1)
    for ink, shade in _NIGHT.items():
        night = night.replace(f": {ink}", f": {shade}")
    return Picture(title, caption, _address(drawn), _address(night))


def _drawn(figure: Figure) -> str:
    buffer = io.StringIO()
    # A fixed salt and no date: the same comparison gives the same bytes.
    # Letters stay letters, which a browser has in every script; the font here need not.
    with mpl.rc_context({"svg.hashsalt": "qtn", "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(buffer, format="svg", dpi=_DOTS, transparent=True, metadata=_BARE)
    return buffer.getvalue()


def _address(drawn: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
