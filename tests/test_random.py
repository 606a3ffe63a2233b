"""One seed, independent named streams."""

from __future__ import annotations

import numpy as np
import pytest

from qtn._random import MAX_SEED, chosen_seed, derived_seed, generator, seed_sequence
from qtn.errors import ArgumentError


def test_streams_depend_on_seed_and_name_alone() -> None:
    draw = generator(1, "shots").random(4)
    assert (generator(1, "shots").random(4) == draw).all()
    for other in ((1, "starts"), (2, "shots"), (1, "shots", 0), (1,)):
        assert not np.isclose(generator(*other).random(4), draw).any()


def test_seeds_of_other_libraries_have_31_bits() -> None:
    seeds = [derived_seed(0, "torch", k) for k in range(200)]
    assert len(set(seeds)) == 200
    assert 0 <= min(seeds) < max(seeds) < 2**31
    assert seed_sequence(3, "a").entropy == 3


def test_seed_and_random_state_are_one_thing() -> None:
    assert chosen_seed(5) == chosen_seed(0, 5) == chosen_seed(5, 5) == chosen_seed(0, np.int64(5))
    for state in (np.random.default_rng(0), np.random.RandomState(0)):
        first, second = chosen_seed(0, state), chosen_seed(0, state)
        assert first != second
        assert 0 <= first <= MAX_SEED


@pytest.mark.parametrize("bad", [-1, 1.5, "1", True, 2**32])
def test_what_is_no_random_state(bad: object) -> None:
    with pytest.raises(ArgumentError, match="`random_state` must be None, an integer of 0"):
        chosen_seed(0, bad)  # type: ignore[arg-type]


def test_two_seeds_contradict() -> None:
    with pytest.raises(ArgumentError, match="`random_state` must be the seed, 1, or None"):
        chosen_seed(1, 2)
    for call in (lambda: chosen_seed(-1), lambda: generator(-1)):
        with pytest.raises(ArgumentError, match="`seed` must be"):
            call()
