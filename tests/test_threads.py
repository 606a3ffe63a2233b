"""The number of BLAS threads inside a block."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from qtn._threads import few_threads


def blas_threads() -> set[int]:
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


def test_threads_are_taken_away_and_given_back_but_never_added() -> None:
    assert np.eye(2).sum() == 2.0  # numpy's library is loaded
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with few_threads(1):
            assert blas_threads() == {1}
        assert blas_threads() == before
        with few_threads(8):
            assert blas_threads() == before
