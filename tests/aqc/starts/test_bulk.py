"""Short chains with both ends of a long one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import qtn
from qtn._random import generator
from qtn.aqc.starts.bulk import shortened
from qtn.states.kernels.overlap import log_overlap


def cells(n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return a state of bond 2 that repeats after two sites, each bond in a basis of its own."""
    cell = rng.normal(size=(2, 2, 2, 2)) + 1j * rng.normal(size=(2, 2, 2, 2))
    ends = rng.normal(size=(2, 2))
    bases = [np.linalg.qr(rng.normal(size=(2, 2)) + 0j)[0] for _ in range(n + 1)]
    chain = [
        np.einsum("ba,bsc,cd->asd", bases[k].conj(), cell[k % 2], bases[k + 1]) for k in range(n)
    ]
    chain[0] = np.einsum("a,ab,bsc->sc", ends[0], bases[0], chain[0])[None]
    chain[-1] = np.einsum("asb,bc,c->as", chain[-1], bases[n].conj().T, ends[1])[:, :, None]
    chain[0] = chain[0] / np.exp(0.5 * log_overlap(chain, chain)[1])
    return chain


def overlap(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    return float(np.exp(log_overlap(a, b)[1]))


@pytest.mark.parametrize("n", [64, 97])
def test_the_ground_state_of_a_short_chain_comes_out(n: int) -> None:
    few = 32 + n % 2
    long = qtn.ground_state(qtn.chain("tfim", n, field=1.5), max_bond=12)
    short = qtn.ground_state(qtn.chain("tfim", few, field=1.5), max_bond=12)
    found, even = shortened(list(long.tensors), few)
    assert len(found) == few
    assert even == pytest.approx(1.0, abs=1e-6)
    assert overlap(found, list(short.tensors)) == pytest.approx(1.0, abs=1e-8)


def test_bases_of_the_bonds_do_not_matter() -> None:
    rng = generator(3, "test-bulk")
    state = rng.bit_generator.state
    long = cells(80, rng)
    rng.bit_generator.state = state
    short = cells(40, rng)
    found, even = shortened(long, 40)
    assert even == pytest.approx(1.0, abs=1e-6)
    assert overlap(found, found) == pytest.approx(1.0, abs=1e-10)
    assert overlap(found, short) == pytest.approx(1.0, abs=1e-6)


def test_a_bulk_that_does_not_repeat_is_told() -> None:
    rng = generator(0, "test-bulk")
    n = 60
    sizes = [1, *[2] * (n - 1), 1]
    chain = [rng.normal(size=(a, 2, b)) for a, b in itertools.pairwise(sizes)]
    chain[0] = chain[0] / np.exp(0.5 * log_overlap(chain, chain)[1])
    assert shortened(chain, 30)[1] < 0.95


def test_bonds_may_differ_where_the_parts_meet() -> None:
    rng = generator(5, "bonds")
    bonds = [1, 2, 3, 3, 2, 3, 2, 2, 3, 3, 3, 2, 2, 1]
    chain = [rng.normal(size=(a, 2, b)) for a, b in itertools.pairwise(bonds)]
    chain[0] = chain[0] / np.exp(0.5 * log_overlap(chain, chain)[1])
    short, even = shortened(chain, 7)
    assert len(short) == 7
    assert even < 0.99
    assert overlap(short, short) == pytest.approx(1.0)
