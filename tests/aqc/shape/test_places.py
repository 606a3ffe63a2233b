"""Places of sites: neighbours in the circuit near on the device."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.aqc.shape.couplings import Couplings, heavy_hex, line
from qtn.aqc.shape.places import Ways, changed, orders


def spread(places: list[int], pairs: list[tuple[int, int]], ways: Ways) -> int:
    return sum(ways.steps[places[a]][places[b]] for a, b in pairs)


@pytest.mark.parametrize(
    "device", [line(8), heavy_hex(8), Couplings.of(8, [(0, k) for k in range(1, 8)])]
)
def test_places_are_different_qubits(device: Couplings) -> None:
    rng = np.random.default_rng(0)
    ways = Ways(device)
    for places in orders(8, [(0, 5), (5, 2), (2, 7)], ways, rng):
        assert len(set(places)) == 8
        assert max(places) < device.size
        for _ in range(20):
            places = changed(places, ways, rng)
            assert len(set(places)) == 8


def test_a_hidden_line_is_found() -> None:
    hidden = [3, 7, 0, 5, 2, 6, 1, 4, 8, 9]
    pairs = list(itertools.pairwise(hidden))
    ways = Ways(line(10))
    found = orders(10, pairs, ways, np.random.default_rng(1))
    assert min(spread(places, pairs, ways) for places in found) == 9


def test_a_hidden_tree_is_kept_together() -> None:
    rng = np.random.default_rng(2)
    name = rng.permutation(16)
    pairs = [
        (name[a], name[b]) for a, b in [(0, 1), (2, 3), (1, 2), (4, 5), (6, 7), (5, 6), (3, 4)]
    ]
    pairs += [(name[a + 8], name[b + 8]) for a, b in [(0, 1), (2, 3), (1, 2), (3, 5)]]
    pairs = [(int(a), int(b)) for a, b in pairs]
    ways = Ways(line(16))
    found = orders(16, pairs, ways, rng)
    assert min(spread(places, pairs, ways) for places in found) <= len(pairs) + 1
