"""Randomness: one seed at the door, independent named streams inside, no global state."""

from __future__ import annotations

import zlib

import numpy as np

from qtn._checks import bounded_int

MAX_SEED = 2**32 - 1


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
