"""What objects show in a notebook can be read in a real browser: both themes, also on phones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import qtn

sync_api = pytest.importorskip("playwright.sync_api")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
# What JupyterLab says of tables and of its two themes.
PAGE = """
<html><head><style>
body {{ background: {background}; color: {colour}; font: 14px sans-serif }}
.jp table {{ font-size: 12px; margin-left: auto }}
.jp td, .jp th {{ text-align: right; padding: 0.5em; white-space: normal }}
.jp tbody tr:nth-child(odd) {{ background: {stripe} }}
</style></head><body class="jp">{parts}</body></html>
"""
THEMES = {
    "light": {"background": "#ffffff", "colour": "#212121", "stripe": "#f5f5f5"},
    "dark": {"background": "#111111", "colour": "#e0e0e0", "stripe": "#212121"},
}
# Per element with words of its own: the ratio of its luminance to that of what is behind it.
CONTRASTS = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const rgba = (text) => [...numbers(text), 1].slice(0, 4);
  const over = (top, under, share) => under.map((c, k) => top[k] * share + c * (1 - share));
  const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const found = [];
  for (const node of document.querySelectorAll('.qtn *')) {
    const words = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || node.tagName === 'STYLE') continue;
    let behind = [255, 255, 255], opacity = 1;
    const line = [];
    for (let n = node; n; n = n.parentElement) line.unshift(n);
    for (const n of line) {
      const style = getComputedStyle(n), back = rgba(style.backgroundColor);
      behind = over(back.slice(0, 3), behind, back[3]);
      opacity *= Number(style.opacity);
    }
    const ink = over(rgba(getComputedStyle(node).color).slice(0, 3), behind, opacity);
    const [a, b] = [light(ink), light(behind)].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), node.textContent.slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def shown() -> str:
    compiled = qtn.compile([0.6, 0, 0, 0, 0, 0, 0, 0.8], qtn.Staircase(layers=1), progress=False)
    objects: list[Any] = [
        qtn.MPS.product([[1, 0]] * 60),
        compiled,
        compiled.pareto,
        qtn.verify(compiled.circuit, observables=["ZZI", "XXX"]),
        qtn.Estimate(np.arange(60.0).reshape(6, 10), np.full((6, 10), 0.1), 100, HOSTILE),
        qtn.Estimate(0.5, 0.1, 4096, "readout + " * 30),
        qtn.Auto(infidelity=1e-6),
    ]
    return "".join(one._repr_html_() for one in objects)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [390, 1000])
def test_objects_can_be_read(browser: Any, shown: str, theme: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_content(PAGE.format(parts=shown, **THEMES[theme]))
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 100
    assert [words for ratio, words in contrasts if ratio < 4.5] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == ""
    assert said == []
    page.close()
