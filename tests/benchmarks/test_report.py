"""Rows, verdicts and the results file of the benchmarks."""

from __future__ import annotations

import pytest

from benchmarks import report


def test_rows_are_judged_and_summed_up(capsys):
    table = report.Table("demo", "Demo")
    assert table.speed("a", report.Paired(0.1, 2.0, 20.0), at_least=15.0).verdict == "met"
    assert table.speed("b", report.Paired(0.1, 0.2, 2.0), at_least=3.0).verdict == "missed"
    assert table.at_most("c", 1e-4, 5e-5).verdict == "missed"
    assert table.at_least("d", 0.99, 0.9, peer=0.5).ratio == "1.98x"
    assert table.inform("e", "1").verdict == "-"
    assert table.absent("f", "peer", "no wheel").note == "no wheel"
    assert table.summary == "2 met, 2 missed"
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:3] == ["job", "ours", "peer"]
    assert len(printed) == 7


def test_each_table_replaces_only_its_own_section(tmp_path):
    path = tmp_path / "RESULTS.md"
    for name, text in (("one", "first\n"), ("two", "second\n"), ("one", "third \\1\n")):
        report.write_section(path, name, text)
    content = path.read_text(encoding="utf-8")
    assert "first" not in content
    assert content.index("third \\1") < content.index("second")
    assert content.startswith("# Benchmark results")


@pytest.mark.parametrize("what", [{"quick": True}, {"whole": False}])
def test_a_part_is_not_written(what, tmp_path):
    report.Table("demo", "Partial", **what).close(tmp_path / "R.md")
    assert not (tmp_path / "R.md").exists()


def test_a_table_is_written_even_when_a_job_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(report.Table.close, "__defaults__", (tmp_path / "R.md",))

    def jobs() -> None:
        with report.Table("demo", "Demo").open() as table:
            table.at_most("a | b", 1.0, 2.0)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        jobs()
    content = (tmp_path / "R.md").read_text(encoding="utf-8")
    assert "| a \\| b | 1.00 | - | - | <= 2.00 | met |  |" in content
    assert "Stopped early: ValueError: broken" in content
    assert "1 met, 0 missed" in content
    assert "Python 3" in content


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.23456, "1.23"), (123.4, "123"), (0.0012345, "0.00123"), (1.2e-5, "1.20e-05"), (0.0, "0")],
)
def test_numbers(value, text):
    assert report.number(value) == text


def test_paired_medians_alternate():
    calls = []
    pair = report.paired_medians(lambda: calls.append("a"), lambda: calls.append("b"), repeats=3)
    assert calls == ["a", "b"] * 4
    assert pair.ours >= 0
