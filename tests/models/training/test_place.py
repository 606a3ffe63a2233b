from __future__ import annotations

import pytest
import torch

from qtn.errors import ArgumentError
from qtn.models.training.place import born_place, chain_work, check_device, chosen_place, tree_work


def test_devices_that_are_none() -> None:
    check_device("cpu")
    check_device("auto")
    for wrong in ("tpu", "mps", 3.5, None):
        with pytest.raises(ArgumentError, match='`device` must be "cpu", "cuda" or "auto"'):
            check_device(wrong)  # type: ignore[arg-type]
    if not torch.cuda.is_available():
        with pytest.raises(ArgumentError, match="finds no usable GPU"):
            check_device("cuda")


def test_work_is_counted_as_the_networks_do_it() -> None:
    # A product of (D, 2 D) and (2 D, batch) per site, three times; two of D³ per value for a norm.
    assert chain_work(10, 2, 4, 8, False) == 3 * 10 * 2 * 4 * (2 * 4) * 8
    assert chain_work(10, 2, 4, 8, True) == 3 * 10 * (2 * 4 * 8 * 8 + 2 * 2 * 2 * 4**3)
    assert tree_work(2, 2, 3, 5, False) == 6 * 3 * 4 * 5
    assert tree_work(4, 2, 16, 1, False) == 6 * (2 * 4 * 4 + 16 * 16)


def test_auto_takes_a_gpu_for_much_work_only() -> None:
    work = chain_work(196, 2, 128, 64, True)
    assert chosen_place("auto", work, 900, has_gpu=True) == "cuda"
    assert chosen_place("auto", work, 900, has_gpu=False) == "cpu"
    assert chosen_place("auto", work, 5, has_gpu=True) == "cpu"
    assert chosen_place("auto", chain_work(196, 2, 8, 64, True), 10**6, has_gpu=True) == "cpu"
    assert chosen_place("cuda", 0.0, 1, has_gpu=False) == "cuda"


def test_born_machines_take_a_gpu_for_many_rows_and_large_bonds() -> None:
    assert born_place("auto", 60_000, 196, 64, has_gpu=True) == "cuda"
    assert born_place("auto", 60_000, 196, 64, has_gpu=False) == "cpu"
    assert born_place("auto", 500, 196, 16, has_gpu=True) == "cpu"
    assert born_place("cpu", 60_000, 196, 64, has_gpu=True) == "cpu"
