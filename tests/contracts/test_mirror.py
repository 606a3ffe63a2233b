"""Every module has its test: `qtn/ROOM/WING/module.py` at `tests/ROOM/WING/test_module.py`."""

from __future__ import annotations

from pathlib import Path

import house


def test_every_module_is_mirrored() -> None:
    assert house.unmirrored() == []


def test_a_missing_test_is_found(tmp_path: Path) -> None:
    package, tests = tmp_path / "qtn", tmp_path / "tests"
    for name in ("_checks.py", "aqc/__init__.py", "aqc/door.py", "aqc/methods/auto.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    for name in ("test_checks.py", "aqc/test_door.py", "aqc/test_auto.py"):
        (tests / name).parent.mkdir(parents=True, exist_ok=True)
        (tests / name).touch()
    assert house.unmirrored(package, tests) == ["aqc/methods/auto.py"]
