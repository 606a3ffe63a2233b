"""What is found prints in lines, and goes into JSON as it is."""

from __future__ import annotations

import json
from dataclasses import replace

import qtn
from qtn.diagnosis import Diagnosis, Finding, Severity

MICE = Finding(Severity.WARNING, "Mice.", "A cat.")


def test_the_worst_decides() -> None:
    note = Finding(Severity.NOTE, "Rain.", "Wait.")
    assert Diagnosis((), 3).ok
    assert Diagnosis((note,), 3).ok
    found = Diagnosis((MICE, note), 3)
    assert not found.ok
    assert found.worst is Severity.WARNING
    assert repr(found) == "Diagnosis(2 findings, worst: warning)"
    assert repr(Diagnosis((), 3)) == "Diagnosis(all well)"
    assert "Mice. → A cat." in str(found)
    assert "<td>" in found._repr_html_()


def test_everything_goes_into_json() -> None:
    found = Diagnosis((MICE,), 3).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["findings"] == [{"severity": "warning", "what": "Mice.", "cure": "A cat."}]
    about = qtn.about().to_dict()
    assert json.loads(json.dumps(about)) == about


def test_two_wheels_of_aer_are_told() -> None:
    about = qtn.about()
    assert not about.aer_clash
    both = replace(about, aer_wheels=("qiskit-aer", "qiskit-aer-gpu"))
    assert both.aer_clash
    assert "overwrite each other's files" in str(both)
    assert repr(about).startswith(f"About(qtn {qtn.__version__}, Python 3.")
