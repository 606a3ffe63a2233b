"""What was asked, of whom, and everything that is needed to ask it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qtn.reports.entrants import QUANTUM
from qtn.reports.page.cells import Sortable, isolated, listed
from qtn.reports.records import ModelRecord
from qtn.reports.table import NOTHING, Table


def lead(comparison: Table, quantum: Mapping[str, ModelRecord]) -> str:
    """Return the comparison in a sentence."""
    inputs = f"{len(comparison.labels)} test inputs"
    if comparison.classes is not None:
        inputs += f", classes {_names(comparison.classes)}"
    where = [
        f"{isolated(name)}: {q.n} qubits on {isolated(q.device)}, {q.shots:,} shots per circuit, "
        f"seed {q.seed}"
        for name, q in quantum.items()
    ]
    return "; ".join([inputs, *where]) + "."


def _names(classes: Iterable[Any]) -> str:
    return ", ".join(isolated(str(c)) for c in classes)


def question(comparison: Table, models: Mapping[str, ModelRecord]) -> list[tuple[str, str]]:
    """Return what was asked, as terms with their texts."""
    count = len(comparison.labels)
    sort = "numbers to predict" if comparison.classes is None else "labels to predict"
    found = [("Test rows", f"{count} rows, {sort}")]
    if comparison.classes is not None:
        found.append(("Classes", _names(comparison.classes)))
    found.append(("Intervals", f"{100 * comparison.confidence:g} %"))
    kinds = {entrant.name: entrant.kind for entrant in comparison.entrants}
    found += [(name, _told(record, kinds[name])) for name, record in models.items()]
    if comparison.made.date:
        found.append(("Made", f"{comparison.made.date} UTC"))
    return found


def _told(record: ModelRecord, kind: str) -> str:
    if kind != QUANTUM:
        return f"{kind}: {record.settings or record.sort}"
    refined = " refined," if record.refined else ""
    text = (
        f"{record.sort},{refined} form {record.form}, {len(record.compiled)} circuits of up to "
        f"{record.n} qubits, on {record.device}, {record.shots:,} shots per circuit"
    )
    return text + (f", mitigated by {record.mitigation}" if record.mitigation else "")


def reasons(quantum: Mapping[str, ModelRecord]) -> list[str]:
    """Why each quantum model has the form that it has, where that was chosen for the caller."""
    # A refined model has the form that was chosen before it was refined.
    return [f"{n}: {q.why}" for n, q in quantum.items() if q.why and not q.refined]


def seeds(comparison: Table, models: Mapping[str, ModelRecord]) -> Sortable:
    """Return every seed that the comparison rests on."""
    rows = [("comparison", str(comparison.made.seed))]
    rows += [(name, NOTHING if m.seed is None else str(m.seed)) for name, m in models.items()]
    return listed("Seeds", ("of", "seed"), rows)


def hashes(comparison: Table) -> Sortable:
    """Return the hashes of the data."""
    headings = ("of", "sha256 of type, shape and content")
    return listed("Hashes", headings, comparison.made.hashes.items())


def versions(comparison: Table) -> Sortable:
    """Return the versions that the comparison was made with."""
    rows = [(name, found or "not installed") for name, found in comparison.made.versions.items()]
    return listed("Versions", ("package", "version"), rows)
