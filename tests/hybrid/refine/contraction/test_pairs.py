"""Contractions of labelled arrays, there and back, against one sum over all labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.hybrid.refine.contraction.pairs import Product, Program
from qtn.hybrid.refine.contraction.paths import Network, best_order

SIZES = {0: 3, 1: 4, 2: 2, 3: 3, 4: 2, 5: 2, 6: 3}
BATCH = (0, 1)


def summed(arrays, names, out):
    """The sum over all labels that are not in `out`."""
    operands = [part for pair in zip(arrays, names) for part in pair]
    return np.einsum(*operands, list(out), optimize="greedy")


def array(rng, names, kind):
    found = rng.normal(size=[SIZES[name] for name in names])
    return found + 1j * rng.normal(size=found.shape) if kind is complex else found


@given(st.permutations(range(7)), st.permutations(range(7)), st.integers(0, 7), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_product_is_the_sum_over_what_both_have(x, y, many, more):
    rng = np.random.default_rng(0)
    x, y = tuple(x[:many]), tuple(y[:more])
    a, b = array(rng, x, float), array(rng, y, complex)
    product = Product.of(x, y, None, frozenset(BATCH))
    gone = set(x) & set(y) - set(BATCH)
    assert set(product.names) == (set(x) | set(y)) - gone
    np.testing.assert_allclose(product(a, b), summed([a, b], [x, y], product.names), atol=1e-12)
    turned = Product.of(x, y, product.names[::-1], frozenset(BATCH))
    np.testing.assert_allclose(turned(a, b), product(a, b).T, atol=1e-12)


@pytest.mark.parametrize("kind", [float, complex])
def test_program_gives_the_result_and_its_slopes(kind):
    rng = np.random.default_rng(1)
    names = [(2, 3), (3, 4, 5), (5, 6), (6, 0), (2, 1), (4, 0, 1)]
    arrays = [array(rng, n, kind) for n in names]
    network = Network(tuple(frozenset(n) for n in names), SIZES, frozenset(BATCH))
    program = Program(names, best_order(network).pairs, BATCH, 3)
    assert program.names == BATCH
    tape = program.run(arrays)
    np.testing.assert_allclose(tape[-1], summed(arrays, names, BATCH), atol=1e-12)
    slope = array(rng, BATCH, kind)
    for k, found in enumerate(program.slopes(tape, slope)):
        rest = [(a, n) for j, (a, n) in enumerate(zip(arrays, names)) if j != k]
        others, theirs = zip(*rest)
        expected = summed([*others, slope], [*theirs, BATCH], names[k])
        np.testing.assert_allclose(found, expected, atol=1e-12)
