"""The watch that chains of the present call obey: it stops them where a limit is reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from qtn.states.kernels.work import Watch

_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def current_watch() -> Watch | None:
    """Return the watch in force."""
    return _WATCH.get()


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Put a watch in force for the chains made inside."""
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)
