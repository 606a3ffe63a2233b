"""`qtn demo` at its smallest; `tests/flows/test_demo.py` runs it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_demo_prints_and_writes(call, tmp_path: Path) -> None:
    words = ("--size", 2, "--classes", "0,1", "--shots", 64, "--out", tmp_path)
    record = call("demo", *words, "--json").record
    assert {Path(path).name for path in record["files"].values()} >= {"report.html", "card.json"}
    assert record["checks"][0]["low"] <= record["checks"][0]["fidelity"]
    assert record["measured"]["seconds"] > 0
    again = tmp_path / "again"
    call("demo", *words[:-1], again, "--json")
    for name in ("circuit.qasm", "refined.qasm", "card.json"):
        assert (again / name).read_bytes() == (tmp_path / name).read_bytes()


def test_its_arguments_are_checked(call, tmp_path: Path) -> None:
    assert "`size`" in call("demo", "--size", 3, "--out", tmp_path).refusal()
