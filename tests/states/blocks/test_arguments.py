"""What is refused before work starts."""

from __future__ import annotations

import numpy as np
import pytest

import qtn

START = qtn.BlockMPS.product([0, 1, 0])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: START.evolved("gates"), "`gates` must be pairs"),
        (lambda: START.evolved([np.eye(4)]), "`gates` must be pairs"),
        (lambda: START.evolved([((0, 3), np.eye(4))]), "`gates` must be an integer"),
        (lambda: START.evolved([((0, 0), np.eye(4))]), "one site or two different"),
        (lambda: START.evolved([((0, 1), np.eye(2))]), "matrices of side 4"),
        (lambda: START.evolved([], max_bond=0), "`max_bond`"),
        (lambda: START.evolved([], cutoff=2.0), "`cutoff`"),
        (lambda: START.values(3), "`operators` must be mappings"),
        (lambda: START.values([np.eye(2)]), "`operators` must be mappings"),
        (lambda: START.values([{5: np.eye(2)}]), "`operators` must be an integer"),
        (lambda: START.values([{0: np.eye(3)}]), "square of side 2"),
        (lambda: qtn.BlockMPS.from_mps(START.to_mps(), total=[1, 2]), "`total` must be 1 integers"),
        (lambda: qtn.BlockMPS.from_mps(START), "`state` must be an MPS"),
        (lambda: qtn.BlockMPS.product([0, 2]), r"`levels\[1\]`"),
        (lambda: START.overlap(START.to_mps()), "from_mps"),
        (lambda: START.amplitudes(np.array([[0, 1]])), "integer array"),
        (lambda: START.schmidt_values(0), "`cut`"),
        (lambda: START.sectors(3), "`cut`"),
        (lambda: START.canonical(3), "`center`"),
        (lambda: START.sample(0), "`shots`"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(qtn.ArgumentError, match=text):
        call()
