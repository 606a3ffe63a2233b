"""The saved page shows what it is given as text, whatever that is."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_html import HOSTILE, Tags

import qtn
from qtn.reports.page import render_page

FOLDER = Path(qtn.__file__).parent / "reports" / "page"
# What the page is made of; an iframe or a picture with a handler is not.
ALLOWED = set(re.findall(r"<(\w+)", (FOLDER / "page.html").read_text() + "<tr><td><th><caption>"))


@pytest.fixture(scope="module")
def comparison():
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(bond=2, epochs=2, progress=False).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(layers=1), device="tensor", shots=50, progress=False)
    return qtn.compare(model, quantum, data.x_test[:3], data.y_test[:3], progress=False)


@pytest.mark.parametrize("value", [*HOSTILE, "$x^$ \\frac"])
def test_hostile_words_stay_words(comparison, value: str, tmp_path: Path) -> None:
    compiled = tuple(
        replace(c, provenance={**c.provenance, "method": value})
        for c in comparison.quantum.compiled
    )
    check = qtn.verify(compiled[0].circuit, compiled[0].circuit)
    named = np.array([value, "other"], dtype=object)
    rows = tuple(replace(r, predictions=named[r.predictions]) for r in comparison.rows)
    entrants = tuple(
        replace(e, name=value, model=replace(e.model, device=value, compiled=compiled))
        if e.kind == "quantum"
        else e
        for e in comparison.entrants
    )
    hostile = replace(
        comparison,
        title=value,
        notes=(value, "fine"),
        classes=named,
        labels=named[comparison.labels],
        entrants=entrants,
        checks=(replace(check, method=value),),
        rows=tuple(replace(r, name=value) if r.name.endswith("ideal") else r for r in rows),
    )
    for text in (render_page(hostile), hostile._repr_html_(), compiled[0]._repr_html_()):
        page = Tags(text)
        assert text.count("<script") <= 1
        assert {tag for tag in page.found if "." not in tag} <= ALLOWED | {"strong"}
        assert not {tag for tag in page.found if ".on" in tag}
        assert value in page.text
    saved = hostile.save(tmp_path / "report.html").read_text(encoding="utf-8")
    assert saved == render_page(hostile)


def test_only_the_script_of_the_page_may_run(comparison) -> None:
    html = render_page(comparison)
    script = html.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html
    assert "unsafe-eval" not in html


def test_nothing_is_fetched(comparison) -> None:
    html = render_page(comparison)
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert "@import" not in html
    assert "url(" not in html


def test_a_page_written_twice_is_the_same(comparison, tmp_path: Path) -> None:
    first = comparison.save(tmp_path / "first.html").read_bytes()
    kept = qtn.load(comparison.save(tmp_path / "kept.qtn"))
    assert comparison.save(tmp_path / "second.html").read_bytes() == first
    assert kept.save(tmp_path / "third.html").read_bytes() == first


def test_verdicts_without_a_fidelity_are_told(comparison) -> None:
    circuit = comparison.quantum.compiled[0].circuit
    values = qtn.verify(circuit, observables="ZZZZ")
    html = render_page(replace(comparison, checks=(values,)))
    assert "[–, –]" in html


def test_what_there_is_not_has_no_section(comparison) -> None:
    alone = replace(
        comparison,
        entrants=comparison.entrants[:1],
        rows=comparison.rows[:1],
        classes=None,
        checks=(),
    )
    html = render_page(alone)
    for section in ("circuits", "layout", "verification", "confusion"):
        assert f'id="{section}"' not in html
    assert 'id="again"' in html
