"""What was asked, of whom, with which seeds, hashes and versions."""

from __future__ import annotations

import pytest

from qtn.reports.page import inquiry
from qtn.reports.records import record_of


@pytest.fixture(scope="module")
def models(comparison):
    return {e.name: record_of(e) for e in comparison.entrants}


def test_what_was_asked(comparison, models) -> None:
    told = dict(inquiry.question(comparison, models))
    assert told["Test rows"] == "12 rows, labels to predict"
    assert told["Classes"] == "0, 1"
    assert told["Intervals"] == "95 %"
    assert told["classical"].startswith("classical: MPSClassifier(bond=4, epochs=10")
    assert told["quantum"].startswith(
        "QuantumClassifier, form Overlap, 2 circuits of up to 4 qubits, on FakeManilaV2, "
        "2,000 shots per circuit, mitigated by Readout("
    )
    assert told["Made"] == f"{comparison.made.date} UTC"
    quantum = {"quantum": models["quantum"]}
    assert inquiry.lead(comparison, quantum) == (
        "12 test inputs, classes 0, 1; quantum: 4 qubits on FakeManilaV2, 2,000 shots per "
        "circuit, seed 0."
    )
    assert inquiry.reasons(quantum)[0].startswith("quantum: Overlap")


def test_what_is_needed_to_ask_again(comparison, models) -> None:
    seeds = {row[0].text: row[1].text for row in inquiry.seeds(comparison, models).rows}
    assert seeds == {"comparison": "0", "classical": "0", "quantum": "0"}
    hashes = {row[0].text: row[1].text for row in inquiry.hashes(comparison).rows}
    assert set(hashes) == {"test rows", "truths"}
    assert all(len(found) == 64 for found in hashes.values())
    versions = {row[0].text for row in inquiry.versions(comparison).rows}
    assert {"qtn-toolkit", "qiskit", "numpy"} <= versions
