"""The directions of blocks: their derivatives, and the CX that no step adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group, special_ortho_group, unitary_group

from qtn.aqc.shape.ansatz import staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.hybrid.refine.gates import Gates, with_matrices

CX = np.eye(4)[[0, 1, 3, 2]]
SWAP = np.eye(4)[[0, 2, 1, 3]]


def cx(blocks):
    return to_circuit(blocks).count_ops().get("cx", 0)


def one(rng, real):
    return (special_ortho_group if real else unitary_group).rvs(2, random_state=rng)


def block(rng, kind):
    """A matrix on two sites of a kind."""
    real = kind.startswith("real")
    first, second = (np.kron(one(rng, real), one(rng, real)) for _ in range(2))
    middle = {
        "local": np.eye(4),
        "cx": CX,
        "swap": SWAP,
        "two": CX @ np.kron(one(rng, real), one(rng, real)) @ CX,
    }
    name = kind.split()[-1]
    if name in middle:
        return first @ middle[name] @ second
    if name == "carried":  # CX CX takes what is on one site to a site in |0>
        return np.kron(one(rng, real), one(rng, real)) @ SWAP
    if name == "whole":
        return special_ortho_group.rvs(4, random_state=rng) if real else first @ _any(rng) @ second
    return ortho_group.rvs(4, random_state=rng)


def _any(rng):
    return unitary_group.rvs(4, random_state=rng)


KINDS = [
    f"{field} {name}"
    for field in ("real", "complex")
    for name in ("local", "cx", "swap", "two", "carried", "whole")
] + ["real reflected"]


@st.composite
def circuits(draw):
    n = draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    gates = []
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.integers(0, 3)) == 0:
            site = draw(st.integers(0, n - 1))
            gates.append(((site,), one(rng, draw(st.booleans()))))
        else:
            a, b = draw(st.permutations(range(n)))[:2]
            gates.append(((a, b), block(rng, draw(st.sampled_from(KINDS)))))
    blocks = Blocks(n, tuple(gates))
    return blocks.as_operator() if draw(st.integers(0, 4)) == 0 else blocks


@given(circuits(), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_no_step_adds_cx_or_leaves_the_reals(blocks, seed):
    rng = np.random.default_rng(seed)
    gates = Gates.of([blocks])
    for _ in range(3):
        gates = gates.moved(rng.normal(size=gates.size))
    (moved,) = gates.circuits()
    assert moved.operator == blocks.operator
    assert cx(moved) <= cx(blocks)
    for (sites, old), (where, new) in zip(blocks.gates, moved.gates):
        assert sites == where
        assert old.shape == new.shape
        assert np.iscomplexobj(new) == bool(np.any(np.imag(old)))


@given(circuits(), st.integers(0, 2**32), st.booleans())
@settings(max_examples=30, deadline=None)
def test_gradient_is_the_derivative_along_every_step(blocks, seed, opened):
    rng = np.random.default_rng(seed)
    gates = Gates.of([blocks], opened)
    gates = gates.moved(0.3 * rng.normal(size=gates.size))
    weights = [rng.normal(size=m.shape) + 1j * rng.normal(size=m.shape) for _, m in blocks.gates]

    def value(at):  # Re Σ w* G, and quadratic
        (matrices,) = at.matrices()
        return sum(abs(np.vdot(w, m)) ** 2 for w, m in zip(weights, matrices))

    (matrices,) = gates.matrices()
    slopes = []
    for w, m in zip(weights, matrices):
        slope = np.vdot(w, m) * w  # ∂/∂conj(G)
        slopes.append(slope if np.iscomplexobj(m) else 2.0 * slope.real)
    step = rng.normal(size=gates.size)
    h = 1e-5
    expected = (value(gates.moved(h * step)) - value(gates.moved(-h * step))) / (2 * h)
    assert gates.gradient([slopes]) @ step == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_free_blocks_have_all_directions_of_their_kind():
    rng = np.random.default_rng(0)
    shape = staircase_shape(4, 2)
    real = Blocks.of(shape, special_ortho_group.rvs(4, size=6, random_state=rng))
    whole = Blocks.of(shape, unitary_group.rvs(4, size=6, random_state=rng))
    assert Gates.of([real]).size == 6 * 6
    assert Gates.of([whole, real]).size == 6 * (16 + 6)


def test_classes_hold_what_takes_few_cx():
    rng = np.random.default_rng(1)
    mixed = [((0, 1), block(rng, "complex whole")), ((1, 2), block(rng, "complex whole"))]
    kinds = ("complex two", "complex cx", "real cx")
    blocks = Blocks(3, (*mixed, *[((0, 1), block(rng, kind)) for kind in kinds]))
    assert Gates.of([blocks]).size == 16 + 16 + 14 + 12 + 4
    assert Gates.of([blocks], opened=True).size == 4 * 16 + 6


def test_what_turns_a_site_before_a_product_does_not_move():
    turn = unitary_group.rvs(2, random_state=np.random.default_rng(2))
    held = Blocks(2, (((0,), turn), ((0, 1), np.eye(4, dtype=complex) * 1j)))
    assert Gates.of([held]).size == 6  # the block's one-qubit gates alone


def test_matrices_come_back_in_time_order():
    rng = np.random.default_rng(3)
    blocks = Blocks.of(staircase_shape(4, 2), special_ortho_group.rvs(4, size=6, random_state=rng))
    (matrices,) = Gates.of([blocks]).matrices()
    assert all(np.array_equal(m, g) for m, (_, g) in zip(matrices, blocks.gates))
    again = with_matrices(blocks, matrices)
    assert again.same(blocks)
    assert again.layered is not None
    some = Blocks(3, (((0, 2), CX), ((1,), np.eye(2)))).as_operator()
    other = with_matrices(some, [SWAP, np.eye(2)])
    assert other.operator
    assert np.array_equal(other.gates[0][1], SWAP)
