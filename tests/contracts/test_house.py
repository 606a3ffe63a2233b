"""What `python -m tests.house` counts is counted right: who parses, who reads, who tabulates."""

from __future__ import annotations

from pathlib import Path

import house
import pytest


def test_one_module_parses_observables_one_reads_targets_one_has_the_table() -> None:
    assert house.observable_parsers() == ["interop/observables.py"]
    assert house.target_readers() == ["interop/targets.py"]
    assert house.pauli_tables() == ["states/operators.py"]


@pytest.mark.parametrize(
    ("code", "parses", "reads", "tabulates"),
    [
        ("isinstance(x, SparsePauliOp)", True, False, False),
        ("isinstance(x, str | Pauli)", True, False, False),
        ("assert isinstance(x, SparsePauliOp)", False, False, False),
        ("isinstance(x, Statevector)", False, True, False),
        ('hasattr(target, "__array__")', False, True, False),
        ('hasattr(rows, "__array__")', False, False, False),
        ("X, Y = [[0, 1], [1, 0]], [[0, -1j], [1j, 0]]", False, False, True),
        ("X, Y = ((0, 1), (1, 0)), ((0, -1), (1, 0))", False, False, True),
        ("SWAPPED = [[0, 1], [1, 0]]", False, False, False),
    ],
)
def test_a_second_one_is_found(
    code: str, parses: bool, reads: bool, tabulates: bool, tmp_path: Path
) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "door.py").write_text(f"def f(x, target, rows):\n    {code}\n")
    for count, found in (
        (house.observable_parsers, parses),
        (house.target_readers, reads),
        (house.pauli_tables, tabulates),
    ):
        assert count(tmp_path) == (["room/door.py"] if found else [])


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    house.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["today", "goal"]
    assert lines[1].split()[-2:] == ["0", "0"]
    assert any(line.startswith("lines of qtn/") for line in lines)
