"""`qtn compare`: a table, a report, and the rows of the training."""

from __future__ import annotations

from pathlib import Path


def test_a_table_and_a_report(call, folder: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "report.html", tmp_path / "comparison.qtn"
    words = ("--layers", 1, "--inputs", 10, "--shots", 100, "--out", out, "--out", data, "--json")
    record = call("compare", folder / "model.qtn", *words).record
    names = [row["name"] for row in record["rows"]]
    assert names[:3] == ["classical", "logistic regression", "RBF-SVM"]
    assert names[4:] == ["quantum, ideal", "quantum, shots"]
    assert record["files"] == [str(out), str(data)]
    assert out.read_text().startswith("<!doctype html>")
    again = tmp_path / "again.html"
    told = call("report", data, "--out", again, "--json").record
    assert told["report"] == str(again)
    assert told["rows"] == record["rows"]
    assert again.read_bytes() == out.read_bytes()


def test_other_endings_are_refused(call, folder: Path) -> None:
    refused = call("compare", folder / "model.qtn", "--out", folder / "table.pdf")
    assert "table.pdf` must be one of '.html', '.htm', '.qtn'" in refused.refusal()
