"""Threads of the BLAS library: more of them make small products slower, not faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def few_threads(most: int) -> Iterator[None]:
    """Let BLAS use at most `most` threads inside the block; never more than before.

    Products of some hundred rows take less time than it takes sixteen threads to agree on them:
    samples of a chain of bond 64 took seven times longer with sixteen threads than with four.

    Example:
        >>> with few_threads(1):
        ...     pass
    """
    from threadpoolctl import ThreadpoolController  # looks at all libraries that are loaded

    blas = ThreadpoolController().select(user_api="blas")
    if max((library["num_threads"] for library in blas.info()), default=1) <= most:
        yield
        return
    with blas.limit(limits=most):
        yield
