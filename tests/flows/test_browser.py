"""The report in a real browser: no console error, no network, the table and every figure drawn."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from qtn.reports import run_demo

BROWSER = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    "--hide-scrollbars",
    "--window-size=1200,1600",
)

POLICY = "default-src 'none'"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


class Page(HTMLParser):
    """The parts of a page that the test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict[str, str]] = []
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "img":
            self.images.append(values)
        self.sources += [values[name] for name in ("src", "href") if name in values]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def browse(profile: Path, url: str, *flags: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    return subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={profile}", *flags, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small demo: four qubits, a few shots."""
    folder = tmp_path_factory.mktemp("small demo")
    run_demo(folder, size=2, shots=64, progress=False)
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(report: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, str]:
    """The page as the browser built it, and what the browser logged."""
    # A picture that is not drawn has width 0; a script of the test writes the widths down.
    probe = report.with_name("probe.html")
    script = (
        "<script>addEventListener('load', () => document.body.dataset.widths = JSON.stringify("
        "[...document.images].map(i => i.naturalWidth)))</script></body>"
    )
    text = report.read_text(encoding="utf-8")
    assert POLICY in text
    allowed = POLICY + "; script-src 'unsafe-inline'"  # the report itself lets no script run
    probe.write_text(text.replace(POLICY, allowed).replace("</body>", script), encoding="utf-8")
    done = browse(tmp_path_factory.mktemp("profile"), probe.as_uri(), "--dump-dom")
    return Page(done.stdout), done.stdout + done.stderr


def test_nothing_is_logged_to_the_console(page: tuple[Page, str]) -> None:
    assert [line for line in page[1].splitlines() if "CONSOLE" in line] == []


def test_the_table_is_there(page: tuple[Page, str]) -> None:
    text = " ".join(page[0].words)
    assert page[0].tags.count("table") >= 2
    for row in ("classical", "quantum, ideal", "quantum, shots", "noisy", "mitigated"):
        assert row in text
    for heading in ("accuracy", "score error", "2-qubit gates", "fidelity", "shots", "seconds"):
        assert heading in text


def test_every_figure_is_drawn(page: tuple[Page, str]) -> None:
    images = page[0].images
    assert len(images) == 5
    assert all(image["alt"] for image in images)
    dom = page[1]
    widths = json.loads(dom.split('data-widths="')[1].split('"')[0])
    assert len(widths) == 5
    assert min(widths) > 100


def test_nothing_is_fetched(report: Path) -> None:
    sources = Page(report.read_text(encoding="utf-8")).sources
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)


def test_the_screenshot_is_not_blank(report: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    picture = tmp_path / "report.png"
    browse(tmp_path / "profile", report.as_uri(), f"--screenshot={picture}")
    pixels = imread(picture)
    assert pixels.shape[:2] == (1600, 1200)
    # Every quarter has ink on it: heading and table, the figures, the tables below.
    for part in range(4):
        strip = pixels[part * 400 : (part + 1) * 400]
        assert strip.std() > 0.01, f"part {part} of the page is blank"
