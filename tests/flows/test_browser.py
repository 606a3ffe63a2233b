"""The report in a real browser: both themes, a phone, a keyboard; the demo's and a hostile one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crowded
import pytest

from qtn.reports import run_demo

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

DESK, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
LARGEST = 2_000_000  # bytes of the demo's report
# Least ratio of the luminances of text and what is behind it, over all texts that are shown.
CONTRAST = """() => {
  const numbers = (c) => [...c.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement)
      layers.push(numbers(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce(
      (below, c) => below.map((v, k) => v * (1 - c[3]) + c[k] * c[3]), [255, 255, 255]);
  };
  let worst = [99, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, style = getComputedStyle(element);
    if (!node.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("script, title, svg")) continue;
    const [a, b] = [light(numbers(style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, node.textContent.trim().slice(0, 60)];
  }
  return worst;
}"""
# Boxes whose content is cut off without a hint, and tables of rows that do not fit their box.
CUT = """() => [...document.querySelectorAll(".box")].filter((box) => box.checkVisibility())
  .filter((box) => box.scrollWidth > box.clientWidth + 1
    && (!box.nextElementSibling.checkVisibility() || box.querySelector("table.rows")))
  .map((box) => box.getAttribute("aria-label"))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of a small demo, and one of a comparison that no page likes."""
    folder = tmp_path_factory.mktemp("two reports")
    run_demo(folder, size=2, shots=64, progress=False)
    return {
        "demo": folder / "report.html",
        "crowded": crowded.crowded().save(folder / "crowded.html"),
    }


@pytest.fixture
def opened(browser: Any, reports: dict[str, Path]) -> Iterator[Any]:
    """Return what opens a report; what its console and network said is checked at the end."""
    contexts, complaints = [], []

    def open_(name: str, size: dict[str, int] = DESK, theme: str = "light") -> Any:
        context = browser.new_context(viewport=size, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(reports[name].as_uri())
        complaints.extend(u for u in asked[1:] if not u.startswith("data:"))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def names(page: Any, table: str = "#results") -> list[str]:
    found: list[str] = page.locator(f"{table} tbody th").all_text_contents()
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["demo", "crowded"])
def test_text_can_be_read_in_both_themes(opened: Any, name: str, theme: str) -> None:
    page = opened(name, theme=theme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    assert dark == (theme == "dark")
    shown = page.locator(f"figure img.{theme}")
    assert shown.count() >= 4
    assert all(image.is_visible() for image in shown.all())
    other = page.locator(f"figure img.{'light' if theme == 'dark' else 'dark'}")
    assert not any(image.is_visible() for image in other.all())
    ratio, text = page.evaluate(CONTRAST)
    assert ratio >= 4.5, text


@pytest.mark.parametrize("name", ["demo", "crowded"])
def test_nothing_is_cut_off_on_a_phone(opened: Any, name: str) -> None:
    page = opened(name, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.wait_for_function(f"({CUT})().length === 0", timeout=5000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility()"
        " && !e.closest('svg') && e.textContent.trim())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 12


def test_every_picture_is_drawn(opened: Any) -> None:
    page = opened("demo")
    widths = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(widths) == 2 * 6  # three of learning, two of noise, one of entanglement
    assert min(widths) > 100
    assert page.locator("svg.circuit").count() == 20
    assert page.locator("svg.map").count() == 2
    parts = ("What was asked", "Results", "Costs", "Curves", "Noise scaling", "Entanglement")
    parts += ("Confusion", "Circuits", "Layout on the device", "Independent verification")
    for heading in (*parts, "Make it again"):
        assert page.get_by_role("heading", name=heading).first.is_visible()


def test_the_button_changes_the_theme(opened: Any) -> None:
    page = opened("demo", theme="dark")
    button = page.locator("#theme")
    seen = []
    for _ in range(4):
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen.append((button.text_content(), background))
        button.click()
    night, day = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
    assert seen == [
        ("Theme: as the system", night),
        ("Theme: light", day),
        ("Theme: dark", night),
        ("Theme: as the system", night),
    ]


def test_tables_sort_by_click(opened: Any) -> None:
    page = opened("crowded")
    given = names(page)
    accuracy = page.locator("#results thead th").nth(1)
    button = accuracy.get_by_role("button")

    def column() -> list[float]:
        cells = page.locator("#results tbody td:nth-child(2)").all_text_contents()
        return [float(cell.split()[0]) for cell in cells]

    assert accuracy.get_attribute("aria-sort") == "none"
    button.click()
    assert accuracy.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column())
    assert "ascending" in page.locator("#said").text_content()
    button.click()
    assert accuracy.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    button.click()
    assert accuracy.get_attribute("aria-sort") == "none"
    assert names(page) == given


def test_what_is_missing_stands_last_either_way(opened: Any) -> None:
    page = opened("crowded")
    head = page.locator("#results thead th").nth(4)
    assert head.get_by_role("button").text_content() == "p, Holm"
    for _ in range(2):
        head.get_by_role("button").click()
        cells = page.locator("#results tbody td:nth-child(5)").all_text_contents()
        known = [cell for cell in cells if cell != "–"]
        assert 0 < len(known) < len(cells)
        assert cells[: len(known)] == known
    # The other column gives up its order.
    assert page.locator("#results thead [aria-sort=descending]").count() == 1
    page.locator("#results thead button").first.click()
    assert head.get_attribute("aria-sort") == "none"
    assert page.locator("#results thead [aria-sort=ascending]").count() == 1


def test_all_is_reached_by_keyboard(opened: Any) -> None:
    page = opened("demo")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("(e) => e === document.activeElement")
    assert skip.bounding_box()["x"] >= 0  # seen once it has the focus
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "results"
    heads = page.locator("#results thead th")
    for key, order in (("Enter", "ascending"), ("Space", "descending")):
        while not heads.nth(1).locator("button").evaluate("(e) => e === document.activeElement"):
            page.keyboard.press("Tab")
        assert page.evaluate(outline) == "solid"
        page.keyboard.press(key)
        assert heads.nth(1).get_attribute("aria-sort") == order
    summary = page.locator("#circuits > details").nth(1).locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#circuits > details").nth(1).get_attribute("open") is not None
    box = page.locator("#circuits .box").first
    assert box.get_attribute("tabindex") == "0"


def test_names_stay_names(opened: Any) -> None:
    page = opened("crowded")
    assert page.title() == crowded.HOSTILE[0]
    assert page.locator("h1").text_content() == crowded.HOSTILE[0]
    assert page.locator("iframe, img:not([src^='data:'])").count() == 0
    assert page.locator("script").count() == 1
    text = page.locator("main").text_content()
    assert all(word in text for word in crowded.HOSTILE)


def test_the_page_says_all_without_a_script(browser: Any, reports: dict[str, Path]) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["demo"].as_uri())
    assert page.locator("#results tbody tr").count() >= 8
    assert not page.locator("#theme").is_visible()
    context.close()


def test_the_report_is_small(reports: dict[str, Path]) -> None:
    assert reports["demo"].stat().st_size < LARGEST
