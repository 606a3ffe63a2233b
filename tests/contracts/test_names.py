"""A name means one thing: no module bears the name of a function of its room."""

from __future__ import annotations

from pathlib import Path

import house


def plant(package: Path, files: dict[str, str]) -> Path:
    """Write a package of these files, with an `__init__.py` in every folder."""
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for folder in path.relative_to(package).parents:
            (package / folder / "__init__.py").touch()
    return package


def test_no_module_bears_the_name_of_a_function_of_its_room() -> None:
    assert house.shadowed() == []


def test_no_module_name_stands_in_more_than_two_rooms() -> None:
    assert house.shared_names() == {}


def test_a_shadowed_module_is_found(tmp_path: Path) -> None:
    files = {
        "devices/jobs.py": "",
        "devices/record/table.py": "def jobs(): ...\n",
        "aqc/methods/walls.py": "class Walls: ...\n",
        "aqc/door.py": "def methods(): ...\n",
        "states/door.py": "def aqc(): ...\n",
    }
    assert house.shadowed(plant(tmp_path, files)) == ["aqc/methods/__init__.py", "devices/jobs.py"]


def test_a_name_in_three_rooms_is_found(tmp_path: Path) -> None:
    files = {
        "aqc/plan.py": "",
        "aqc/door.py": "",
        "devices/plan.py": "",
        "devices/door.py": "",
        "models/plan/base.py": "",
        "models/door.py": "",
    }
    assert house.shared_names(plant(tmp_path, files)) == {"plan": ["aqc", "devices", "models"]}


def test_a_precision_means_one_number() -> None:
    assert house.ambiguous() == {}


def test_a_precision_of_two_meanings_is_found(tmp_path: Path) -> None:
    files = {"aqc/a.py": "ROUNDING = 1e-12\n", "states/b.py": "ROUNDING = 1e-15\nTINY = 1e-300\n"}
    assert house.ambiguous(plant(tmp_path, files)) == {"ROUNDING": {1e-12, 1e-15}}
