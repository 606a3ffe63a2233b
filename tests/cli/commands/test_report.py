"""`qtn report`: what is no comparison is refused; `test_compare` writes the page."""

from __future__ import annotations

from pathlib import Path


def test_what_is_no_comparison_is_refused(call, trained: Path, tmp_path: Path) -> None:
    refused = call("report", trained / "model.qtn", "--out", tmp_path / "r.html")
    assert "holds MPSClassifier, no comparison" in refused.refusal()
    assert not (tmp_path / "r.html").exists()
    assert "does not exist" in call("report", tmp_path / "absent.qtn").refusal()
