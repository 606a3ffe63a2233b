"""The small calls compile every kernel that the package has."""

from __future__ import annotations

from pathlib import Path

import house
import pytest

from qtn._kernels import KERNELS
from qtn.warming.calls import CALLS


@pytest.mark.parametrize("name", CALLS)
def test_a_call_works(name: str) -> None:
    CALLS[name]()


def test_no_module_of_kernels_is_left_out() -> None:
    for call in CALLS.values():
        call()
    ours = [k for k in KERNELS if k.py_func.__module__.startswith("qtn.")]
    called = {Path(k.py_func.__code__.co_filename).resolve() for k in ours if k.signatures}
    makers = {p.resolve() for p in house.sources() if "kernel(**" in p.read_text()}
    assert len(makers) > 12
    assert {p for p in makers - called if "_kernels" not in p.parts} == set()
