"""Kernels: kept on disk where a folder can be written, and what is compiled is known."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from qtn._kernels import COMPILED, KERNELS, compiler, inner, kernel


def refusing(**options: object) -> object:
    """`numba.njit` where no folder can be written."""
    if options.get("cache"):
        raise RuntimeError("cannot cache function: no locator available")
    return numba.njit(**options)  # type: ignore[call-overload]


def test_a_kernel_is_compiled_once_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_njit", refusing)
    monkeypatch.setattr(compiler, "OWN", __name__)

    @kernel()
    def doubled(x):  # type: ignore[no-untyped-def]
        return _twice(x)

    before = len(COMPILED)
    assert doubled(np.float64(2.0)) == 4.0
    assert doubled(np.float64(3.0)) == 6.0
    (found,) = COMPILED[before:]
    assert found.name.endswith("doubled")
    assert found.seconds > 0.0
    assert doubled in KERNELS


@inner()
def _twice(x):  # type: ignore[no-untyped-def]
    return 2.0 * x


def test_kernels_of_others_are_not_ours() -> None:
    @numba.njit
    def tripled(x):  # type: ignore[no-untyped-def]
        return 3.0 * x

    before = len(COMPILED)
    assert tripled(2.0) == 6.0
    assert len(COMPILED) == before


def test_without_a_folder_kernels_are_compiled_in_every_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiler, "_njit", refusing)

    @kernel()
    def squared(x):  # type: ignore[no-untyped-def]
        return x * x

    assert squared(3.0) == 9.0
