"""Formulas as pictures by matplotlib: nothing is fetched from the network when a page is read.

Formulas in docstrings are few and short, so the subset of TeX that matplotlib sets is enough. One
that it cannot set is shown as TeX, with a warning (`make docs` takes warnings for errors).
"""

from __future__ import annotations

import functools
import html
import io
import re
from typing import Any

from docutils import nodes
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image
from sphinx.util import logging

# TeX that matplotlib does not know, and what stands for it.
PLAIN = {
    r"\textstyle": "",
    r"\Big": "",
    r"\big": "",
    r"\lVert": r"\|",
    r"\rVert": r"\|",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\text": r"\mathrm",
}
LOG = logging.getLogger(__name__)


@functools.cache
def drawn(formula: str) -> str:
    """Return a formula as SVG in the colour of the text.

    Raises:
        ValueError: matplotlib cannot set it.
    """
    for name, plain in PLAIN.items():
        formula = formula.replace(name, plain)
    picture = io.StringIO()
    text = "$" + " ".join(formula.split()) + "$"
    math_to_image(text, picture, prop=FontProperties(size=11), format="svg")
    svg = picture.getvalue()[picture.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="patch_1">.*?</g>', "", svg, flags=re.DOTALL)  # the white ground
    # Ids are unique on a page, not only in a picture.
    key = f"f{abs(hash(formula)):x}"
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{key}-", svg)
    return svg.replace("<svg", '<svg fill="currentColor" role="img"', 1)


def shown(node: nodes.Element) -> str:
    """Return the HTML of a formula."""
    source = node.astext()
    try:
        return drawn(source).replace("<svg", f'<svg aria-label="{html.escape(source)}"', 1)
    except ValueError as error:
        LOG.warning(
            "formula cannot be set: %s (%s)", source, str(error).splitlines()[-1], location=node
        )
        return f"<code>{html.escape(source)}</code>"


def inline(self: Any, node: nodes.Element) -> None:
    """Write a formula in a line."""
    self.body.append(f'<span class="formula">{shown(node)}</span>')
    raise nodes.SkipNode


def block(self: Any, node: nodes.Element) -> None:
    """Write a formula of its own; lines that end with a double backslash stand below each other."""
    parts = [
        nodes.math("", part) for part in re.split(r"\\\\|\n\s*\n", node.astext()) if part.strip()
    ]
    self.body.append('<div class="formula">' + "<br>".join(map(shown, parts)) + "</div>")
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer; `html_math_renderer` chooses it."""
    app.add_html_math_renderer("formulas", (inline, None), (block, None))
    return {"parallel_read_safe": True}
