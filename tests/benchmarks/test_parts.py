"""Tables are run whole or in parts, all by the same flags."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import parts, report

TABLES = (
    *("compile", "simulate", "learn", "execute", "ledger", "mitigate"),
    *("quantum", "applications", "physics", "flagship"),
)


def failing(table):
    raise OSError("no such peer")


JOBS = {
    "one": lambda table: table.at_most("first", 1.0, 2.0),
    "two": lambda table: table.at_most("second", 3.0, 2.0),
    "three": failing,
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Keep rows and results away from the real ones, on one thread as a table asks for."""
    monkeypatch.setattr(parts, "STORES", tmp_path)
    monkeypatch.setattr(report.Table.close, "__defaults__", (tmp_path / "R.md",))
    for name, value in parts.ONE_THREAD.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(*arguments: str, **options) -> report.Table:
    table = report.Table("demo", "Demo")
    parts.main(table, JOBS, arguments=arguments, **options)
    return table


def test_a_table_measured_in_parts_keeps_the_rows_of_the_others(own_folder, capsys):
    assert [row.job for row in run("--only", "two").rows] == ["second"]
    assert "RESULTS.md is left as it is: 2 jobs were never run here." in capsys.readouterr().out
    assert not (own_folder / "R.md").exists()
    run("--only", "three")
    table = run("--only", "on")
    assert [row.job for row in table.rows] == ["first", "second", "three"]
    assert table.notes[0].startswith("Measured in parts, the earliest at 20")
    assert table.rows[2].note == "OSError: no such peer"
    assert table.summary == "1 met, 2 missed"
    assert "1 met, 2 missed" in (own_folder / "R.md").read_text()
    assert not run().notes


def test_quick_jobs_keep_nothing(own_folder):
    seen = []
    assert [row.job for row in run("--quick", quick={"one"}).rows] == ["first"]
    run("--quick", "--only", "two", quick={"one"}, first=lambda: seen.append(1))
    assert seen == [1]
    assert list(own_folder.iterdir()) == []


def test_jobs_are_chosen_by_parts_of_their_names(capsys):
    for arguments, names in (
        (["--list"], ["one", "two", "three"]),
        (["--list", "--only", "o"], ["one", "two"]),
        (["--list", "--leave-out", "o"], ["three"]),
        (["--list", "--only", "one", "three"], ["one", "three"]),
    ):
        with pytest.raises(SystemExit) as stopped:
            run(*arguments)
        assert stopped.value.code == 0
        assert capsys.readouterr().out.split() == names
    with pytest.raises(SystemExit) as stopped:
        run("--only", "four")
    assert stopped.value.code == 2
    assert "No job of that name" in capsys.readouterr().out


def test_rows_of_several_processes_meet(own_folder):
    store = own_folder / "demo-rows.json"
    store.write_text(json.dumps({"other": {"stamp": "then", "rows": []}}))
    run("--only", "one")
    assert set(json.loads(store.read_text())) == {"other", "one"}


def test_the_makefile_pins_the_same_threads(root: Path):
    text = (root / "Makefile").read_text().replace("\\\n", " ")
    line = next(line for line in text.splitlines() if line.startswith("THREADS :="))
    assert dict(word.split("=", 1) for word in line.split()[2:]) == parts.ONE_THREAD


def test_a_command_with_many_threads_starts_again_with_one(root: Path):
    code = (
        "import os; from benchmarks import parts; parts.on_one_thread(); "
        "print(os.environ['OMP_NUM_THREADS'], __name__)"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["1", "__main__"], done.stderr


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_the_same_flags(name: str, root: Path):
    command = [sys.executable, "-m", f"benchmarks.{name}", "--list"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_no_other_module_is_a_table(root: Path):
    found = {p.stem for p in (root / "benchmarks").glob("*.py") if "parts.main(" in p.read_text()}
    assert found - {"parts"} == set(TABLES)


def test_resume_leaves_out_what_has_rows_of_this_commit(own_folder, capsys):
    run("--only", "one", "three")
    with pytest.raises(SystemExit) as done:
        run("--resume", "--only", "one")
    assert done.value.code == 0
    assert "Nothing is left to do. Those that there are:" in capsys.readouterr().out
    table = run("--resume")
    assert [row.job for row in table.rows] == ["first", "second", "three"]  # three had failed
    store = own_folder / "demo-rows.json"
    stored = json.loads(store.read_text())
    stored["one"]["stamp"] = stored["one"]["stamp"].rpartition(" ")[0] + " 1234567"
    store.write_text(json.dumps(stored))
    with pytest.raises(SystemExit):
        run("--resume", "--list")
    assert capsys.readouterr().out.endswith("one\nthree\n")
