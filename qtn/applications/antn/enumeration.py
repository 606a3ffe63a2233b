"""All configurations at once: exact amplitudes, energy and gradient of small systems.

Configurations share their beginnings, so that the networks of site i run once per beginning of
length i, not per configuration: a sixth of the work for sixteen sites at half filling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from qtn._optional import torch
from qtn.applications.antn.connections import Bits, Connection, connected
from qtn.applications.antn.wavefunction import Wavefunction


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The tree of beginnings.

    Args:
        digits: per site, (rows, site) digits of all beginnings that end before it.
        parents: per site, of every child the row of its beginning.
        choices: per site, of every child the digit of the site.
        bits: all configurations, in the order of their digits read as numbers.
    """

    digits: tuple[torch.Tensor, ...]
    parents: tuple[torch.Tensor, ...]
    choices: tuple[torch.Tensor, ...]
    bits: Bits


def beginnings(n: int, ones: int | None) -> Beginnings:
    """Return the tree of all configurations of n sites with so many ones."""
    now = np.zeros((1, 0), np.uint8)
    digits, parents, choices = [], [], []
    for site in range(n):
        digits.append(torch.from_numpy(now.astype(np.float64)))
        rows = np.repeat(np.arange(len(now)), 2)
        digit = np.tile(np.array([0, 1], np.uint8), len(now))
        if ones is not None:
            done = now.sum(1, dtype=np.int64)[rows] + digit
            good = (done <= ones) & (done + n - site - 1 >= ones)
            rows, digit = rows[good], digit[good]
        parents.append(torch.from_numpy(rows))
        choices.append(torch.from_numpy(digit.astype(np.int64)))
        now = np.concatenate([now[rows], digit[:, None]], axis=1)
    return Beginnings(tuple(digits), tuple(parents), tuple(choices), now)


def all_amplitudes(psi: Wavefunction, tree: Beginnings) -> torch.Tensor:
    """Return ψ of all configurations, with its gradient."""
    h = psi.first(1)
    for site in range(psi.n):
        both = psi.step(site, h, tree.digits[site])
        h = both[tree.parents[site], tree.choices[site]]
    return h[:, 0]


def matrix_of_terms(connections: tuple[Connection, ...], bits: Bits) -> csr_array:
    """Return the Hamiltonian on these configurations (all of a sector, sorted) as sparse."""
    places = np.int64(1) << np.arange(bits.shape[1] - 1, -1, -1)
    codes = bits.astype(np.int64) @ places
    size = len(bits)
    rows: list[NDArray[np.int64]] = [np.arange(size)]
    columns: list[NDArray[np.int64]] = [np.arange(size)]
    values = [connections[0].elements(bits)]
    for origin, others, elements in connected(connections, bits):
        target = others.astype(np.int64) @ places
        found = np.minimum(np.searchsorted(codes, target), size - 1)
        inside = codes[found] == target
        rows.append(found[inside])
        columns.append(origin[inside])
        values.append(elements[inside])
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csr_array(entries, shape=(size, size))
