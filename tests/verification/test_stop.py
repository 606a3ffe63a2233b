"""The watch in force: only inside, also after an error, apart in every thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from qtn.verification.stop import current_watch, watched


def test_a_watch_is_in_force_inside_only() -> None:
    seen: list[object] = []
    assert current_watch() is None
    with watched(seen.append):
        assert current_watch() == seen.append
        with watched(print):
            assert current_watch() is print
        assert current_watch() == seen.append
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(current_watch).result() is None
    with pytest.raises(ZeroDivisionError), watched(print):
        _ = 1 / 0
    assert current_watch() is None
