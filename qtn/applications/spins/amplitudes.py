r"""Singlet paths as amplitudes of qubits, and back.

.. math:: \langle m_1 … m_N|\mathrm{path}\rangle =
   \prod_k \langle j_{k-1}\, M_{k-1}, \tfrac12\, m_k | j_k\, M_k\rangle

with :math:`M_k = m_1 + … + m_k`: spins enter one by one, so that for k of them there are amplitudes
of 2^k bit strings times the paths that can follow. Spin up is |0⟩.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def amplitudes_of(paths: NDArray[np.int8], order: tuple[int, ...], state: Array) -> Array:
    """Return the amplitudes, (2^n,), qubit i the bit i of the index.

    Cost: 2^n × n.
    """
    return _turned(paths, order, state, back=False)


def paths_of(paths: NDArray[np.int8], order: tuple[int, ...], amplitudes: Array) -> Array:
    """Return the part of total spin 0 of a vector of amplitudes, on paths.

    Cost: 2^n × n.
    """
    return _turned(paths, order, amplitudes, back=True)


def _turned(paths: NDArray[np.int8], order: tuple[int, ...], vector: Array, *, back: bool) -> Array:
    n = len(order)
    axes = [n - 1 - spin for spin in order]  # of qubits in an array whose last axis is qubit 0
    levels = [_level(paths, k) for k in range(n + 1)]
    if back:
        grouped = {0: vector.reshape((2,) * n).transpose(axes).reshape(-1, 1)}
        for k in reversed(range(n)):
            grouped = _down(grouped, levels, k)
        return np.asarray(grouped[0].reshape(-1))
    grouped = {0: vector.reshape(1, -1)}
    for k in range(n):
        grouped = _up(grouped, levels, k)
    found = grouped[0].reshape((2,) * n)
    return np.asarray(found.transpose(np.argsort(axes)).reshape(-1))


Level = dict[int, int]  # height -> number of paths that can follow


def _level(paths: NDArray[np.int8], k: int) -> Level:
    """Return for every height after k spins how many ways lead on."""
    n = paths.shape[1] - 1
    ways = {0: 1}
    for _ in range(n - k):
        after: Level = {}
        for h, count in ways.items():
            for step in (1, -1):
                if h + step >= 0:
                    after[h + step] = after.get(h + step, 0) + count
        ways = after
    return {h: count for h, count in ways.items() if h <= k and (h - k) % 2 == 0}


def _coefficient(low: int, high: int, twice: Array, up: bool) -> Array:
    """Return ⟨j M, ½ m | j' M + m⟩ for doubled j -> j' and M, where |M| ≤ j; m = ½ if `up`."""
    sign = 1.0 if up else -1.0
    share = np.clip((low + 1.0 + sign * (twice + sign)) / (2.0 * (low + 1.0)), 0.0, 1.0)
    if high > low:
        return np.sqrt(share)
    return -sign * np.sqrt(np.clip(1.0 - share, 0.0, 1.0))


def _magnetisations(k: int) -> Array:
    ones = np.array([bits.bit_count() for bits in range(2**k)])
    return k - 2 * ones


def _moves(levels: list[Level], k: int) -> list[tuple[int, int, slice]]:
    """Return (height, next height, its paths among those that follow the height)."""
    found = []
    for low, total in levels[k].items():
        ups = levels[k + 1].get(low + 1, 0)  # up comes first in the order of paths
        if ups:
            found.append((low, low + 1, slice(0, ups)))
        if total > ups:
            found.append((low, low - 1, slice(ups, total)))
    return found


def _weights(low: int, high: int, k: int) -> tuple[Array, Array]:
    """Return the coefficients for spin up and down of all bit strings of k spins."""
    twice = _magnetisations(k)
    up, down = (
        np.where(
            (np.abs(twice) <= low) & (np.abs(twice + s) <= high),
            _coefficient(low, high, twice, s > 0),
            0.0,
        )
        for s in (1, -1)
    )
    return up, down


def _up(grouped: dict[int, Array], levels: list[Level], k: int) -> dict[int, Array]:
    """Take one more spin in: bit strings become twice as many, paths fewer."""
    found: dict[int, Array] = {}
    for low, high, part in _moves(levels, k):
        chosen = grouped[low][:, part]
        both = [w[:, None] * chosen for w in _weights(low, high, k)]
        new = np.stack(both, axis=1).reshape(-1, chosen.shape[1])
        found[high] = found[high] + new if high in found else new
    return found


def _down(grouped: dict[int, Array], levels: list[Level], k: int) -> dict[int, Array]:
    """The adjoint of `_up`."""
    found: dict[int, Array] = {}
    for low, high, part in _moves(levels, k):
        known = grouped[high].reshape(2**k, 2, -1)
        up, down = _weights(low, high, k)
        if low not in found:
            found[low] = np.zeros((2**k, levels[k][low]), dtype=known.dtype)
        found[low][:, part] = up[:, None] * known[:, 0] + down[:, None] * known[:, 1]
    return found
