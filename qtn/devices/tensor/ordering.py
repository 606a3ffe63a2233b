"""The order of qubits on a chain: interacting ones close, few gates over each cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

__all__ = ["chain_order", "cheapest_order"]

GREEDY_LIMIT = 400  # qubits up to which the order of least cuts is looked for


def chain_order(qubits: Iterable[int], pairs: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """Order qubits on a line so that interacting ones are close.

    A set of lines keeps its own order; any other graph gets the reverse Cuthill–McKee order of
    each connected part, which keeps the bandwidth small.

    Args:
        qubits: all qubits.
        pairs: interacting pairs.

    Returns:
        The qubits in chain order.
    """
    nodes = sorted(set(qubits))
    place = {q: k for k, q in enumerate(nodes)}
    links = {(min(a, b), max(a, b)) for a, b in pairs}
    rows = [place[a] for a, _ in links]
    columns = [place[b] for _, b in links]
    shape = (len(nodes), len(nodes))
    graph = coo_matrix((np.ones(len(links)), (rows, columns)), shape=shape).tocsr()
    graph = (graph + graph.T).tocsr()
    _, part = connected_components(graph, directed=False)
    order: list[int] = []
    for label in dict.fromkeys(part):
        members = np.flatnonzero(part == label)
        sub = graph[members][:, members].tocsr()
        walk = members[reverse_cuthill_mckee(sub, symmetric_mode=True)]
        order += [nodes[k] for k in (walk if walk[0] <= walk[-1] else walk[::-1])]
    return tuple(order)


def cheapest_order(qubits: Iterable[int], pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return the cheapest chain of three: the qubits as numbered, `chain_order`, and least cuts.

    With g gates over a cut of k and n - k qubits, a bond of at most 2^min(g, k, n - k) is expected
    there and each of the g gates costs its cube; a pair counts at most twice for the bond. The
    order as numbered wins ties, so that circuits written for a chain keep their own.

    Args:
        qubits: all qubits.
        pairs: one entry per two-qubit gate.

    Returns:
        The qubits in chain order.

    Cost: O(n² + n · pairs).
    """
    nodes = sorted(set(qubits))
    place = {q: k for k, q in enumerate(nodes)}
    counts = Counter((min(a, b), max(a, b)) for a, b in pairs)
    orders = [tuple(nodes)]
    if any(place[b] - place[a] > 1 for a, b in counts):
        orders.append(chain_order(nodes, counts))
        if len(nodes) <= GREEDY_LIMIT:
            orders.append(_least_cuts(nodes, counts))
    return min(orders, key=lambda order: _cost(order, counts))


def _cost(order: tuple[int, ...], counts: Counter[tuple[int, int]]) -> float:
    """Return ln of the summed cost of all cuts."""
    site = {q: k for k, q in enumerate(order)}
    n = len(order)
    gates, rank = np.zeros(n), np.zeros(n)
    for (a, b), count in counts.items():
        low, high = sorted((site[a], site[b]))
        gates[low:high] += count
        rank[low:high] += min(count, 2)
    left = np.arange(1, n + 1)
    bond = np.minimum(rank, np.minimum(left, n - left))
    return float(np.logaddexp.reduce(np.log1p(gates) + 3 * np.log(2.0) * bond))


def _least_cuts(nodes: Sequence[int], counts: Counter[tuple[int, int]]) -> tuple[int, ...]:
    """Order the qubits one by one, each time the one after which fewest gates cross the cut."""
    place = {q: k for k, q in enumerate(nodes)}
    weight = np.zeros((len(nodes), len(nodes)))
    for (a, b), count in counts.items():
        weight[place[a], place[b]] = weight[place[b], place[a]] = min(count, 2)
    change = weight.sum(axis=1)  # of the cut, if the qubit came next
    closed = np.zeros(len(nodes))  # gates with the qubits placed so far
    free = np.ones(len(nodes), dtype=bool)
    order = []
    for _ in nodes:
        candidates = np.flatnonzero(free)
        keys = np.lexsort((candidates, -closed[candidates], change[candidates]))
        best = int(candidates[keys[0]])
        order.append(nodes[best])
        free[best] = False
        change -= 2 * weight[best]
        closed += weight[best]
    return tuple(order)
