"""Overlaps of circuits with product vectors, and their gradients, against dense arithmetic."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from scipy.stats import special_ortho_group, unitary_group

from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine import gradients
from qtn.hybrid.refine.gradients import Overlaps


def dense(blocks, matrices):
    """V|0...0>, site 0 most significant, by dense arithmetic."""
    state = np.zeros((2,) * blocks.n, dtype=complex)
    state[(0,) * blocks.n] = 1.0
    for (sites, _), matrix in zip(blocks.gates, matrices):
        k = len(sites)
        gate = matrix.reshape((2,) * (2 * k))
        state = np.tensordot(gate, state, (range(k, 2 * k), sites))
        state = np.moveaxis(state, range(k), sites)
    return state.reshape(-1)


def expected(blocks, matrices, vectors):
    rows = [reduce(np.kron, row) for row in vectors]
    return np.array(rows).conj() @ dense(blocks, matrices)


def drawn(rng, pairs, n, real):
    """Blocks on given sites."""
    kind = special_ortho_group if real else unitary_group
    gates = [(sites, kind.rvs(2 ** len(sites), random_state=rng)) for sites in pairs]
    return Blocks(n, tuple(gates))


def vectors(rng, count, n, real):
    found = rng.normal(size=(count, n, 2))
    return found if real else found + 1j * rng.normal(size=found.shape)


RING = [(0, 1), (1,), (2, 1), (0, 3), (3, 2), (0,), (3, 0), (2, 0)]
TREE = [(0, 4), (0, 2), (4, 6), (0, 1), (2, 3), (4, 5), (6, 7), (2,), (0, 1)]


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize(("pairs", "n"), [(RING, 4), (RING, 6), (TREE, 8), ([], 2), ([(0,)], 1)])
def test_values_and_gradients_are_those_of_dense_arithmetic(pairs, n, real):
    rng = np.random.default_rng(0)
    blocks = drawn(rng, pairs, n, real)
    matrices = [matrix for _, matrix in blocks.gates]
    rows = vectors(rng, 5, n, real)
    overlaps = Overlaps([blocks], [(0, rows)])
    (found,) = overlaps.values([matrices])
    np.testing.assert_allclose(found, expected(blocks, matrices, rows), atol=1e-12)
    slopes = vectors(rng, 1, 5, real)[0, :, 0]
    (got,) = overlaps.gradients([slopes])
    for k, matrix in enumerate(matrices):
        for place in np.ndindex(matrix.shape):  # f is linear in every matrix
            other = [m.copy() for m in matrices]
            other[k][place] += 1.0
            change = slopes @ (expected(blocks, other, rows) - found)
            assert got[k][place] == pytest.approx(change, abs=1e-11)


def test_products_of_one_circuit_share_what_they_agree_on():
    rng = np.random.default_rng(1)
    chain = Blocks.of(staircase_shape(5, 2), special_ortho_group.rvs(4, size=8, random_state=rng))
    other = drawn(rng, RING, 5, False)
    shared = vectors(rng, 6, 5, True)
    labels = [shared.copy() for _ in range(3)]
    for k, rows in enumerate(labels):  # a register on two sites
        rows[:, 2], rows[:, 3] = np.eye(2)[k // 2], np.eye(2)[k % 2]
    products = [(1, vectors(rng, 4, 5, False)), *[(0, rows) for rows in labels]]
    circuits = [chain, other]
    matrices = [[m for _, m in blocks.gates] for blocks in circuits]
    overlaps = Overlaps(circuits, products)
    found = overlaps.values(matrices)
    for (number, rows), f in zip(products, found):
        np.testing.assert_allclose(
            f, expected(circuits[number], matrices[number], rows), atol=1e-12
        )
    slopes = [rng.normal(size=len(f)) for f in found]
    got = overlaps.gradients(slopes)
    for number in range(2):
        mine = [k for k, (circuit, _) in enumerate(products) if circuit == number]
        total = [0.0] * len(matrices[number])
        for k in mine:
            alone = Overlaps([circuits[number]], [(0, products[k][1])])
            alone.values([matrices[number]])
            total = [a + b for a, b in zip(total, alone.gradients([slopes[k]])[0])]
        for a, b in zip(got[number], total):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_rows_that_do_not_fit_are_taken_in_parts(monkeypatch):
    rng = np.random.default_rng(2)
    chain = Blocks.of(brickwall_shape(6, 3), unitary_group.rvs(4, size=8, random_state=rng))
    matrices, rows = [m for _, m in chain.gates], vectors(rng, 11, 6, True)
    slopes = [rng.normal(size=11)]
    whole = Overlaps([chain], [(0, rows)])
    values, slopes_of = whole.values([matrices]), whole.gradients(slopes)
    monkeypatch.setattr(gradients, "ROOM", 500.0)
    parts = Overlaps([chain], [(0, rows)])
    np.testing.assert_allclose(parts.values([matrices]), values, atol=1e-13)
    for a, b in zip(parts.gradients(slopes)[0], slopes_of[0]):
        np.testing.assert_allclose(a, b, atol=1e-13)


def test_one_row_and_equal_rows():
    rng = np.random.default_rng(3)
    blocks = drawn(rng, RING, 4, True)
    matrices, row = [m for _, m in blocks.gates], vectors(rng, 1, 4, True)
    one, many = Overlaps([blocks], [(0, row)]), Overlaps([blocks], [(0, np.tile(row, (3, 1, 1)))])
    (f,), (g,) = one.values([matrices]), many.values([matrices])
    np.testing.assert_allclose(g, np.repeat(f, 3))
    a, b = one.gradients([np.array([6.0])]), many.gradients([np.array([1.0, 2.0, 3.0])])
    np.testing.assert_allclose(a[0][4], b[0][4])


def test_a_long_chain_is_cheap_and_a_deep_one_refused():
    rng = np.random.default_rng(4)
    long = Blocks.of(staircase_shape(60, 2), special_ortho_group.rvs(4, size=118, random_state=rng))
    matrices = [m for _, m in long.gates]
    rows = np.tile([1.0, 0.0], (2, 60, 1))
    rows[1] = [0.6, 0.8]
    (f,) = Overlaps([long], [(0, rows)]).values([matrices])
    assert np.isfinite(f).all()
    shape = brickwall_shape(60, 24)
    deep = Blocks.of(shape, np.tile(np.eye(4), (shape.size, 1, 1)))
    with pytest.raises(ArgumentError, match="Compile with fewer layers or blocks"):
        Overlaps([deep], [(0, rows)])
