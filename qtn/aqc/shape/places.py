"""Places of sites on a device: neighbours in the circuit near to each other.

Orders along a line come from annealing the sum of distances of the sites that meet, where a
perfect tree ends with every subtree together. They are laid along a way through the device, if it
has one that is long enough, and annealed on the device itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.aqc.shape.couplings import Couplings, line

ORDERS, TURNS = 12, 500  # annealings, and moves per site of each
HEAT = 3.0  # steps of distance that the first moves may lose


class Ways:
    """The couplings of a device as lists, which are read one by one.

    Args:
        device: connected qubits.
    """

    def __init__(self, device: Couplings) -> None:
        self.near = device.neighbours()
        self.steps = device.steps()
        self.size = device.size


def orders(
    n: int, pairs: Sequence[tuple[int, int]], ways: Ways, rng: np.random.Generator
) -> list[list[int]]:
    """Return lists of places of the sites in which those that meet are near.

    Args:
        n: number of sites.
        pairs: sites that meet.
        ways: the device, at least n qubits.
        rng: of the annealings.
    """
    links = sorted({(min(a, b), max(a, b)) for a, b in pairs})
    partners: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        partners[a].append(b)
        partners[b].append(a)
    found, row = [], Ways(line(n))
    starts = list(range(n)), [int(k) for k in rng.permutation(n)]
    rows = [_annealed(start, range(n), partners, row, rng) for start in starts]
    path, walk = _path(n, ways), _walk(n, ways)
    for order in rows:
        if path:
            found += [[path[k] for k in order], [path[n - 1 - k] for k in order]]
    region = sorted(walk)
    for k in range(ORDERS):
        shift = int(rng.integers(len(walk) - n + 1))
        start = [walk[shift + place] for place in rows[k % 2]]
        found.append(_annealed(start, region, partners, ways, rng))
    return found


def _path(n: int, ways: Ways) -> list[int]:
    """Return a way through n qubits that visits none twice, or nothing if none is found soon.

    It goes on to the neighbour that has the fewest ways out.
    """
    for start in sorted(range(ways.size), key=lambda q: (len(ways.near[q]), q)):
        path, seen = [start], {start}
        while len(path) < n:
            ahead = [q for q in ways.near[path[-1]] if q not in seen]
            if not ahead:
                break
            path.append(min(ahead, key=lambda q: sum(r not in seen for r in ways.near[q])))
            seen.add(path[-1])
        if len(path) == n:
            return path
    return []


def _walk(n: int, ways: Ways) -> list[int]:
    """Return the qubits around the middle, a few more than sites, so that most follow a neighbour.

    Depth first, and first to the neighbour that has the fewest ways on.
    """
    middle = min(range(ways.size), key=lambda q: max(ways.steps[q]))
    near = sorted(range(ways.size), key=lambda q: (ways.steps[middle][q], q))
    inside = set(near[: n + n // 4 + 2])
    order, stack = [], [max(inside, key=lambda q: ways.steps[middle][q])]
    while stack:
        qubit = stack.pop()
        if qubit in inside:
            inside.remove(qubit)
            order.append(qubit)
            ahead = [q for q in ways.near[qubit] if q in inside]
            stack += sorted(ahead, key=lambda q: -sum(r in inside for r in ways.near[q]))
    return order


def _annealed(
    start: Sequence[int],
    region: Sequence[int],
    partners: Sequence[Sequence[int]],
    ways: Ways,
    rng: np.random.Generator,
) -> list[int]:
    """Return places with a small sum of distances of the sites that meet."""
    place, n, steps = list(start), len(start), ways.steps
    holds = dict.fromkeys(region, -1)
    for site, qubit in enumerate(place):
        holds[qubit] = site
    moves = TURNS * n
    sites, where = rng.integers(n, size=moves), rng.integers(len(region), size=moves)
    luck = -np.log1p(-rng.random(moves))
    best, least, now = list(place), 0.0, 0.0
    for k in range(moves):
        heat = HEAT * (1.0 - k / moves) ** 2
        a, q = int(sites[k]), region[int(where[k])]
        p, b = place[a], holds[q]
        if p == q:
            continue
        change = 0.0
        for other in partners[a]:
            if other != b:
                change += steps[q][place[other]] - steps[p][place[other]]
        for other in partners[b] if b >= 0 else ():
            if other != a:
                change += steps[p][place[other]] - steps[q][place[other]]
        if change <= heat * luck[k]:
            place[a], holds[q], holds[p] = q, a, b
            if b >= 0:
                place[b] = p
            now += change
            if now < least:
                best, least = list(place), now
    return best


def changed(places: Sequence[int], ways: Ways, rng: np.random.Generator) -> list[int]:
    """Return places of which one to three sites went to a neighbour, or changed with it."""
    out = list(places)
    for _ in range(int(rng.integers(1, 4))):
        site = int(rng.integers(len(out)))
        near = ways.near[out[site]]
        if near:
            to = near[int(rng.integers(len(near)))]
            if to in out:
                out[out.index(to)] = out[site]
            out[site] = to
    return out
