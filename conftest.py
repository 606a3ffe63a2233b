"""Doctests of the package: a module is imported as Python imports it, before pytest does."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "qtn"


@pytest.hookimpl(tryfirst=True)
def pytest_collect_file(file_path: Path) -> None:
    """Import `qtn.room.module` the ordinary way when its file is about to be collected.

    Left alone, pytest's importlib mode would execute the file a second time and bind the module
    over the function of the same name in its room (`qtn.hybrid.deploy`).
    """
    if file_path.suffix == ".py" and file_path.is_relative_to(PACKAGE):
        parts = file_path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            importlib.import_module(".".join(p for p in parts if p != "__init__"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long flows first."""
    items.sort(key=lambda item: "flows" not in item.path.parts)
