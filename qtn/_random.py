"""Randomness: one seed at the door, independent named streams inside, no global state."""

from __future__ import annotations

import numbers
import zlib

import numpy as np

from qtn._checks import bounded_int, fail

MAX_SEED = 2**32 - 1
RandomState = int | np.random.RandomState | np.random.Generator | None


def chosen_seed(seed: int, random_state: RandomState = None) -> int:
    """Return the seed that `seed` and scikit-learn's `random_state` mean together.

    None leaves the word to `seed`; a number is the seed; a generator gives the next number that it
    draws, so that two fits with one generator differ, as scikit-learn has it.

    Raises:
        ArgumentError: neither a number nor a generator, or two different numbers.

    Example:
        >>> chosen_seed(0, 7), chosen_seed(7)
        (7, 7)
    """
    bounded_int("seed", seed, 0, way_out="Give a non-negative integer, for instance 0.")
    if random_state is None:
        return int(seed)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(MAX_SEED))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(MAX_SEED, dtype=np.uint32))
    whole = isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool)
    if not whole or not 0 <= random_state <= MAX_SEED:
        raise fail(
            "random_state", f"None, an integer of 0 … {MAX_SEED} or a numpy generator", random_state
        )
    if seed not in (0, random_state):
        raise fail("random_state", f"the seed, {seed}, or None", random_state, "Give one of both.")
    return int(random_state)


def seed_sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """Return the `SeedSequence` of the stream `names` under `seed`.

    Streams with different names are statistically independent, and adding a stream leaves the
    others as they were.
    """
    root = bounded_int("seed", seed, 0, way_out="Give a non-negative integer, for instance 0.")
    keys = tuple(n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names)
    return np.random.SeedSequence(root, spawn_key=keys)


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a local random generator for the stream `names` under `seed`."""
    return np.random.default_rng(seed_sequence(seed, *names))


def derived_seed(seed: int, *names: str | int) -> int:
    """Return a 31-bit integer seed for a library that wants one (torch, Aer, the transpiler)."""
    return int(seed_sequence(seed, *names).generate_state(1, np.uint32)[0] & 0x7FFFFFFF)
