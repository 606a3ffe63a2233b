"""A comparison as arrays and a header, as `qtn.save` writes them; read again with every check.

The header is read by pydantic into the dataclasses that it was written from, so that a missing,
foreign or misspelt entry is an error. Models are kept as records, never as themselves: a
comparison takes estimators of any library, and those would have to be unpickled.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid import Robustness
from qtn.reports.entrants import Entrant
from qtn.reports.records.made import Made
from qtn.reports.records.model_record import ModelRecord, quantum_record, record_of
from qtn.reports.rows import Costs, Measure, Row
from qtn.reports.table import Table
from qtn.statistics import Difference
from qtn.verification import Check
from qtn.verification.check import Cost

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class _Number:
    """An `Estimate` of one number."""

    value: float
    stderr: float
    shots: int
    method: str


@dataclass(frozen=True, slots=True)
class _Scores:
    """What the arrays of an `Estimate` do not say."""

    shots: int
    method: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A row without its arrays."""

    name: str
    kind: str
    model: str
    step: str
    measures: tuple[Measure, ...]
    costs: Costs
    scores: _Scores | None
    score_error: _Number | None
    difference: Difference | None
    adjusted: float | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A `Check` of a fidelity."""

    fidelity: float | None
    low: float | None
    high: float | None
    method: str
    cost: Cost
    why: str
    rigorous: bool


@dataclass(frozen=True, slots=True)
class _Named:
    """A model of a comparison."""

    name: str
    kind: str
    record: ModelRecord


@dataclass(frozen=True, slots=True)
class _Header:
    """All of a comparison that is no array."""

    title: str
    confidence: float
    notes: tuple[str, ...]
    rows: tuple[_Line, ...]
    models: tuple[_Named, ...]
    candidates: tuple[ModelRecord, ...]
    checks: tuple[_Verdict, ...]
    robustness: Robustness | None
    made: Made
    texts: dict[str, tuple[str, ...]]


def packed(table: Table) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and the header of a comparison.

    Raises:
        ArgumentError: a label that is neither a number nor a text.
    """
    arrays: Arrays = {}
    texts: dict[str, tuple[str, ...]] = {}
    _put("labels", table.labels, arrays, texts)
    if table.classes is not None:
        _put("classes", table.classes, arrays, texts)
    for k, row in enumerate(table.rows):
        _put(f"predictions.{k}", row.predictions, arrays, texts)
        if row.scores is not None:
            arrays[f"scores.{k}"] = np.asarray(row.scores.value, dtype=np.float64)
            arrays[f"errors.{k}"] = np.asarray(row.scores.stderr, dtype=np.float64)
    header = _Header(
        title=table.title,
        confidence=float(table.confidence),
        notes=tuple(table.notes),
        rows=tuple(map(_line, table.rows)),
        models=tuple(_Named(e.name, e.kind, record_of(e)) for e in table.entrants),
        candidates=tuple(quantum_record(model, placed=False) for model in table.candidates),
        checks=tuple(map(_verdict, table.checks)),
        robustness=table.robustness,
        made=table.made,
        texts=texts,
    )
    return arrays, {"comparison": asdict(header)}


def unpacked(arrays: Arrays, header: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the comparison that `packed` wrote.

    Raises:
        ValueError: the header is not what `packed` writes.
    """
    read = _adapter().validate_json(json.dumps(header["comparison"]), strict=True)
    labels = _got("labels", arrays, read.texts)
    count = len(labels)
    rows = tuple(_row(k, line, count, arrays, read.texts) for k, line in enumerate(read.rows))
    if not rows or any(len(r.measures) != len(rows[0].measures) for r in rows):
        raise ValueError("a comparison has rows, all with the same measures")
    known = "classes" in arrays or "classes" in read.texts
    return {
        "rows": rows,
        "labels": labels,
        "classes": _got("classes", arrays, read.texts) if known else None,
        "entrants": tuple(Entrant(m.name, m.kind, m.record) for m in read.models),
        "confidence": read.confidence,
        "checks": tuple(_check(verdict) for verdict in read.checks),
        "candidates": read.candidates,
        "notes": read.notes,
        "title": read.title,
        "robustness": read.robustness,
        "made": read.made,
    }


@cache
def _adapter() -> TypeAdapter[_Header]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Header)


def _put(name: str, value: Any, arrays: Arrays, texts: dict[str, tuple[str, ...]]) -> None:
    array = np.asarray(value)
    if array.dtype.kind in "biuf":
        arrays[name] = array
        return
    words = array.ravel().tolist()
    if array.ndim != 1 or not all(isinstance(word, str) for word in words):
        raise ArgumentError(
            f"Argument `obj` holds {name} that a file cannot keep: labels must be numbers or "
            "texts. Make them texts before the comparison."
        )
    texts[name] = tuple(map(str, words))


def _got(name: str, arrays: Arrays, texts: dict[str, tuple[str, ...]]) -> np.ndarray:
    found = np.array(texts[name]) if name in texts else arrays[name]
    if found.ndim < 1:
        raise ValueError(f"{name} must be a list")
    return found


def _line(row: Row) -> _Line:
    scores, error = row.scores, row.score_error
    return _Line(
        name=row.name,
        kind=row.kind,
        model=row.model,
        step=row.step,
        measures=row.measures,
        costs=row.costs,
        scores=None if scores is None else _Scores(scores.shots, scores.method),
        score_error=None
        if error is None
        else _Number(float(error), float(np.asarray(error.stderr)), error.shots, error.method),
        difference=row.difference,
        adjusted=row.adjusted,
    )


def _row(
    place: int, line: _Line, count: int, arrays: Arrays, texts: dict[str, tuple[str, ...]]
) -> Row:
    predictions = _got(f"predictions.{place}", arrays, texts)
    scores, error = line.scores, line.score_error
    found = None
    if scores is not None:
        values = arrays[f"scores.{place}"], arrays[f"errors.{place}"]
        found = Estimate(*values, scores.shots, scores.method)
    if len(predictions) != count or (found is not None and found.shape[:1] != (count,)):
        raise ValueError(f"row {place} does not answer {count} inputs")
    return Row(
        name=line.name,
        kind=line.kind,
        model=line.model,
        step=line.step,
        measures=line.measures,
        predictions=predictions,
        costs=line.costs,
        scores=found,
        score_error=None
        if error is None
        else Estimate(error.value, error.stderr, error.shots, error.method),
        difference=line.difference,
        adjusted=line.adjusted,
    )


def _verdict(check: Check) -> _Verdict:
    return _Verdict(
        fidelity=None if check.fidelity is None else float(check.fidelity),
        low=None if check.low is None else float(check.low),
        high=None if check.high is None else float(check.high),
        method=check.method,
        cost=check.cost,
        why=check.why,
        rigorous=bool(check.rigorous),
    )


def _check(verdict: _Verdict) -> Check:
    return Check(
        verdict.fidelity,
        verdict.low,
        verdict.high,
        verdict.method,
        verdict.cost,
        verdict.why,
        (),
        verdict.rigorous,
    )
