"""The package as an installer sees it: the entry points that pyproject.toml names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import stevedore._cache
from stevedore.extension import ExtensionManager


@pytest.fixture
def installed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, str]]:
    """Make the entry points of pyproject.toml known to this process, and return them by group.

    What is installed here may be older than the tree: an editable install reads its entry points
    once.
    """
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = tomllib.loads(text)["project"]["entry-points"]
    found = tmp_path / "site" / "qtn_tree-0.dist-info"
    found.mkdir(parents=True)
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (found / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: qtn-tree\nVersion: 0\n")
    monkeypatch.syspath_prepend(found.parent)
    monkeypatch.setattr(ExtensionManager, "ENTRY_POINT_CACHE", {})
    fresh = stevedore._cache.Cache(str(tmp_path / "cache"))
    monkeypatch.setattr(stevedore._cache, "get_group_all", fresh.get_group_all)
    return groups
