"""The saved page shows what it is given as text, whatever that is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_html import HOSTILE, Tags

import qtn
from qtn.reports.page import render_page

# What the page is made of; a script, an iframe or an image with a handler is not.
ALLOWED = set(
    re.findall(
        r"<(\w+)",
        (Path(qtn.__file__).parent / "reports" / "page.html").read_text() + "<tr><td><th>",
    )
) | {"table", "thead", "tbody", "caption"}


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
    rows = comparison.rows
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
        classes=np.array([value, "other"], dtype=object),
        entrants=entrants,
        checks=(replace(check, method=value),),
        rows=tuple(replace(r, name=value) if r.name.endswith("ideal") else r for r in rows),
    )
    for text in (render_page(hostile), hostile._repr_html_(), compiled[0]._repr_html_()):
        page = Tags(text)
        assert {tag for tag in page.found if "." not in tag} <= ALLOWED
        assert not {tag for tag in page.found if ".on" in tag}
        assert value in page.text
    saved = hostile.save(tmp_path / "report.html").read_text(encoding="utf-8")
    assert saved == render_page(hostile)
