"""Every door caps the threads of BLAS and torch, whatever the environment allows.

Each public callable is called once (`public_doors`) with BLAS and torch set to eight threads. While
it works, the functions of qtn that multiply or factorise arrays are watched: at the entry of each
one the threads must have been taken down to what its products can use. Nothing is timed.
"""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
import torch
from public_doors import doors
from threadpoolctl import ThreadpoolController, threadpool_limits

import qtn
from qtn._machine import MOST, few_threads

MANY = 2 * MOST
ROOT = str(Path(qtn.__file__).parent)
# What hands work to BLAS, LAPACK or torch; products of matrices are also written with `@`.
WORK = frozenset(
    (
        *("dot", "einsum", "matmul", "tensordot", "vdot", "GEMM", "HEEVD"),
        *("cholesky", "eig", "eigh", "eigsh", "eigvalsh", "expm", "inv", "lstsq", "pinv"),
        *("qr", "solve", "solve_triangular", "svd", "svdvals"),
    )
)
# Products of a few numbers each, whatever the job: no library starts threads for them.
SMALL = {
    "_figures/coupling.py": "coordinates of qubits in a picture",
    "states/views/mutual.py:_entropies": "density matrices of two sites",
    "states/ttn.py:<genexpr>": "outer products of two site vectors",
}


@functools.cache
def works_on_arrays(code: CodeType) -> bool:
    """Whether a function of qtn multiplies or factorises arrays under a cap that it has not set."""
    if not code.co_filename.startswith(ROOT) or "few_threads" in code.co_names:
        return False
    place = code.co_filename[len(ROOT) + 1 :]
    if place in SMALL or f"{place}:{code.co_name}" in SMALL:
        return False
    if WORK & set(code.co_names):
        return True
    steps = dis.get_instructions(code)
    return any(step.opname == "BINARY_OP" and "@" in step.argrepr for step in steps)


@contextmanager
def watched(found: set[str]) -> Iterator[None]:
    """Put into `found` the functions of qtn that enter such work with too many threads."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and works_on_arrays(frame.f_code):
            threads = max([torch.get_num_threads(), *(one.num_threads for one in libraries)])
            if threads > MOST:
                found.add(f"{frame.f_code.co_filename[len(ROOT) + 1 :]}:{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


@pytest.fixture
def many_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(MANY)
    try:
        with threadpool_limits(limits=MANY, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


@pytest.mark.usefixtures("many_threads")
def test_every_door_caps_its_threads() -> None:
    bare: dict[str, list[str]] = {}
    for name, door in doors().items():
        found: set[str] = set()
        with watched(found):
            door.call(**door.works)
        if found:
            bare[name] = sorted(found)
    assert not bare, "\n".join(f"{name}: {', '.join(where)}" for name, where in bare.items())


@pytest.mark.usefixtures("many_threads")
def test_a_product_without_a_cap_is_found() -> None:
    from qtn.states.kernels.gauge import split_left

    found: set[str] = set()
    with watched(found), few_threads(1):
        split_left(np.ones((1, 2, 1)))
    assert not found
    with watched(found):
        split_left(np.ones((1, 2, 1)))
    assert found == {"states/kernels/gauge.py:thin_qr"}
