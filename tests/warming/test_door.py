"""What `warm_up` says: door by door, what was compiled and what was warm."""

from __future__ import annotations

import pytest

import qtn
from qtn._kernels import COMPILED, Compilation
from qtn.errors import ArgumentError, MissingExtraError
from qtn.warming import door


def test_what_was_compiled_is_told_apart_from_what_was_warm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking() -> None:
        raise MissingExtraError("This needs the package `torch`, which is not installed. Install")

    calls = {
        "new": lambda: COMPILED.append(Compilation("qtn.x.kernel", 1.5)),
        "old": lambda: None,
        "lacking": lacking,
    }
    monkeypatch.setattr(door, "CALLS", calls)
    found = qtn.warm_up(progress=False)
    COMPILED.pop()
    states = [
        "1 kernel compiled",
        "already warm",
        "This needs the package `torch`, which is not installed",
    ]
    assert [one.state for one in found.doors] == states
    assert (found.compiled, found.seconds) == (1, 1.5)
    assert repr(found) == "WarmUp(1 kernel compiled in 1.5 s)"
    text = str(found)
    assert "already warm" in text
    assert "torch" in text
    assert found.to_dict()["doors"][0]["kernels"] == ["qtn.x.kernel"]
    assert found._repr_html_()


def test_progress_is_checked() -> None:
    with pytest.raises(ArgumentError, match="`progress` must be True or False, but is 3"):
        qtn.warm_up(progress=3)  # type: ignore[arg-type]


def test_kernels_that_are_kept_nowhere_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CALLS", {})
    monkeypatch.setattr(door, "KERNELS", [])
    assert "NUMBA_CACHE_DIR" in str(qtn.warm_up(progress=False))
