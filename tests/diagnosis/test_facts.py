"""Facts are those of this machine; what a system does not tell is None."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from qtn.diagnosis import facts


def test_this_machine() -> None:
    found = facts.gather()
    assert found.python == sys.version_info[:2]
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert found.packages["numpy"] == metadata.version("numpy")
    assert any(line.startswith("scipy") for line in found.required["qtn-toolkit"])
    assert found.memory is None or found.memory > 0
    assert found.disk is not None
    assert found.cache
    assert facts.version_of("no-such-distribution") is None
    assert facts.system()


def test_the_locked_set_comes_with_the_package(root: Path, tmp_path: Path) -> None:
    assert facts.LOCKS[1] == root / "constraints.txt"
    assert facts.locked()["qiskit"].startswith("2.")
    assert facts.locked([tmp_path / "absent"]) == {}
    first = tmp_path / "constraints.txt"
    first.write_text("# tested\nSome_Thing==1.2\n")
    assert facts.locked([first, facts.LOCKS[1]]) == {"some-thing": "1.2"}


def test_containers_limit_the_cores(tmp_path: Path) -> None:
    new, old = tmp_path / "cpu.max", tmp_path / "cpu.cfs_quota_us"
    assert facts.quota((new, old)) is None
    old.write_text("-1\n")
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    assert facts.quota((new, old)) is None
    old.write_text("250000\n")
    assert facts.quota((new, old)) == 2.5
    new.write_text("max 100000\n")
    assert facts.quota((new, old)) is None
    new.write_text("50000 100000\n")
    assert facts.quota((new, old)) == 0.5


def test_folders_for_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new" / "deep"))
    assert facts.caches() == {str(tmp_path / "new" / "deep"): True}
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert len(facts.caches()) == 2
    file = tmp_path / "file"
    file.touch()
    assert not facts.writable(file)


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise RuntimeError

    monkeypatch.setattr("psutil.virtual_memory", silent)
    monkeypatch.setattr(facts, "free_memory", lambda: float("inf"))
    assert facts.memory() == (None, None)
