"""`qtn compare`: a table, a report, and the rows of the training."""

from __future__ import annotations

from pathlib import Path


def test_a_table_and_a_report(call, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    words = ("--layers", 1, "--inputs", 10, "--shots", 100, "--out", out, "--json")
    record = call("compare", folder / "model.qtn", *words).record
    names = [row["name"] for row in record["rows"]]
    assert names[:3] == ["classical", "logistic regression", "RBF-SVM"]
    assert names[4:] == ["quantum, ideal", "quantum, shots"]
    assert record["report"] == str(out)
    assert out.read_text().startswith("<!doctype html>")
