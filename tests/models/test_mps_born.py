from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine


def bars_and_stripes(side: int) -> np.ndarray:
    lines = list(itertools.product((0, 1), repeat=side))
    images = {tuple(np.repeat(line, side)) for line in lines}
    images |= {tuple(np.tile(line, side)) for line in lines}
    return np.array(sorted(images))


@pytest.mark.parametrize("seed", range(3))
def test_bars_and_stripes_reach_the_bound(seed: int) -> None:
    rows = bars_and_stripes(4)
    model = MPSBornMachine(bond=16, seed=seed).fit(rows)
    assert -model.score(rows) == pytest.approx(np.log(30), abs=1e-3)


def test_bonds_grow_with_the_data() -> None:
    history = MPSBornMachine(bond=16, sweeps=6).fit(bars_and_stripes(4)).history_
    assert history["bond"][0] < history["bond"][-1] <= 16
    independent = np.random.default_rng(0).integers(0, 2, (4000, 6))
    assert MPSBornMachine(bond=16, sweeps=3, cutoff=0.1).fit(independent).history_["bond"][-1] == 1


def test_validation_keeps_the_best_sweep() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (60, 8))
    model = MPSBornMachine(bond=16, sweeps=8, validation_fraction=0.3).fit(rows)
    losses = model.history_["validation_loss"]
    assert losses[-1] > min(losses)


def test_impossible_conditions_are_refused() -> None:
    only = MPSBornMachine(bond=2, sweeps=40).fit([[0, 0], [1, 1]])
    only.tensors_ = tuple(np.eye(2).reshape(s) for s in ((1, 2, 2), (2, 2, 1)))
    with pytest.raises(ArgumentError, match="has probability 0 under the model"):
        only.sample(1, given={0: 0, 1: 1})


def test_bad_parameters_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`fraction` must be a finite number in \(0, 1\]"):
        MPSBornMachine(fraction=0).fit([[0, 1], [1, 0]])
