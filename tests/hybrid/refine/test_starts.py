"""Starts keep shape, classes and state; hostile ones are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import cx_count
from qtn.errors import ArgumentError
from qtn.hybrid.refine.energies.statevector import prepared
from qtn.hybrid.refine.starts import Extended, extended, is_real, started

CX = np.eye(4)[[0, 1, 3, 2]]
SWAP = np.eye(4)[[0, 2, 1, 3]]
ZZ = np.diag(np.exp(0.3j * np.array([1, -1, -1, 1])))


def blocks_of_all_classes() -> Blocks:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    turn[:, 0] *= np.sign(np.linalg.det(turn))
    matrix = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    gates = [
        ((0,), np.array([[0.6, -0.8], [0.8, 0.6]])),
        ((0, 1), turn),
        ((1, 2), CX),
        ((2, 0), SWAP),
        ((0, 1), np.kron(np.eye(2), np.array([[0.6, -0.8], [0.8, 0.6]]))),
        ((1,), np.diag([1.0, 1j])),
        ((1, 2), ZZ),
        ((0, 1), np.linalg.qr(matrix)[0]),
    ]
    return Blocks(3, tuple(gates))


def state(blocks: Blocks) -> np.ndarray:
    return prepared(blocks.n, [s for s, _ in blocks.gates], [m for _, m in blocks.gates])


@pytest.mark.parametrize("start", ["random", "identity"])
def test_other_gates_have_the_same_shape_and_classes(start: str) -> None:
    before = blocks_of_all_classes()
    after = started(before, start, seed=3)
    for (sites, old), (others, new) in zip(before.gates, after.gates, strict=True):
        assert sites == others
        assert old.dtype == new.dtype
        assert not np.allclose(old, new)
        assert len(old) == 2 or cx_count(old) == cx_count(new)
        if old.dtype.kind == "f":
            assert np.linalg.det(old) == pytest.approx(np.linalg.det(new))


def test_seeds_decide() -> None:
    blocks = blocks_of_all_classes()
    one, other, again = (started(blocks, "random", seed) for seed in (1, 2, 1))
    assert one.same(again)
    assert not one.same(other)
    assert started(blocks, "compiled", 1) is blocks


def test_identity_leaves_the_zeros_nearly_alone() -> None:
    ghz = np.zeros(16)
    ghz[[0, -1]] = 0.5**0.5
    for method in (qtn.Staircase(2), qtn.Window()):  # blocks of two CX, and entanglers of one
        begun = started(qtn.compile(ghz, method).sequence, "identity")
        assert abs(state(begun)[0]) ** 2 > 0.97


def test_random_gates_are_spread_evenly() -> None:
    blocks = Blocks(2, (((0, 1), np.eye(4)[[1, 0, 2, 3]] @ np.diag([1, -1, 1, 1])),) * 400)
    first = np.array([gate[0, 0] for _, gate in started(blocks, "random").gates])
    assert abs(first.mean()) < 0.1
    assert first.var() == pytest.approx(0.25, abs=0.05)  # a column of SO(4) is a random vector


@settings(deadline=None, max_examples=15)
@given(
    n=st.integers(2, 5),
    layers=st.integers(1, 2),
    couplings=st.sampled_from(["line", "ring", "all", [(0, 1)], [[1, 0]]]),
)
def test_extension_leaves_the_state_as_it_is(n: int, layers: int, couplings: object) -> None:
    target = np.random.default_rng(n).normal(size=2**n)
    short = qtn.compile(target / np.linalg.norm(target), qtn.Staircase(1))
    longer = extended(short, layers, couplings)
    pairs = Extended(layers, couplings).pairs(n)
    assert longer.blocks == short.blocks + len(pairs)
    assert np.abs(state(longer.sequence) - state(short.sequence)).max() < 1e-12
    assert longer.two_qubit_gates == short.two_qubit_gates
    assert (longer.infidelity, longer.floor) == (short.infidelity, short.floor)
    assert is_real(longer.sequence)


@pytest.mark.parametrize("kind", [float, complex])
def test_added_gates_become_any(kind: type) -> None:
    blocks = Blocks(2, (((0, 1), np.eye(4, dtype=kind)),) * 5)
    for start in ("random", "identity"):
        for _, gate in started(blocks, start, 1).gates:
            assert gate.dtype == kind
            assert cx_count(gate) == (2 if kind is float else 3)


def test_couplings_in_time_order() -> None:
    assert Extended(1, "line").pairs(4) == ((0, 1), (2, 3), (1, 2))
    assert Extended(1, "ring").pairs(4)[-1] == (3, 0)
    assert Extended(2, "all").pairs(2) == ((0, 1), (0, 1))


def test_bad_starts() -> None:
    blocks = blocks_of_all_classes()
    with pytest.raises(ArgumentError, match=r"`start` must be \"compiled\", \"random\""):
        started(blocks, "zero")
    with pytest.raises(ArgumentError, match="`seed` must be"):
        started(blocks, "random", -1)
    with pytest.raises(ArgumentError, match="`blocks` must be"):
        started(np.eye(4), "random")
    with pytest.raises(ArgumentError, match="`layers` must be"):
        Extended(0)
    for wrong in ("star", [], 3, [(0, 1, 2)], [5]):
        with pytest.raises(ArgumentError, match="`couplings` must be"):
            Extended(1, wrong)
    with pytest.raises(ArgumentError, match="pairs of different sites"):
        Extended(1, [(1, 1)])
    with pytest.raises(ArgumentError, match="`couplings` must be"):
        started(blocks, Extended(1, [(0, 7)]))


def test_operators_and_others_are_not_extended() -> None:
    with pytest.raises(ArgumentError, match="`compiled` must be"):
        extended(blocks_of_all_classes())
    operator = qtn.compile(qtn.propagator(qtn.chain("heisenberg", 3), 0.1), qtn.Brickwall(2))
    with pytest.raises(ArgumentError, match="The circuit is an operator"):
        extended(operator)
