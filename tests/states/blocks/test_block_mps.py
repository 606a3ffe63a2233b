"""The verbs of a chain in blocks are those of `MPS`, to rounding."""

from __future__ import annotations

import pytest

import qtn


@pytest.fixture(scope="module")
def states() -> list[qtn.BlockMPS]:
    hamiltonian = qtn.chain("xxz", 8, anisotropy=0.5)
    return [
        qtn.BlockMPS.from_mps(qtn.evolve(hamiltonian, "neel", t, cutoff=1e-16)) for t in (0.9, 1.0)
    ]


def test_the_verbs_agree_with_the_dense_chain(states):
    a, b = states
    x, y = a.to_mps(), b.to_mps()
    assert (a.n, a.phys, a.bonds, a.max_bond, a.dtype) == (
        x.n,
        x.phys,
        x.bonds,
        x.max_bond,
        x.dtype,
    )
    assert a.overlap(b) == pytest.approx(x.overlap(y), abs=1e-14)
    assert a.fidelity(b) == pytest.approx(x.fidelity(y), abs=1e-14)
    assert a.infidelity(b) == pytest.approx(x.infidelity(y), rel=1e-8)
    assert a.entropies() == pytest.approx(x.entropies(), abs=1e-12)
    assert a.schmidt_values(4) == pytest.approx(x.schmidt_values(4), abs=1e-12)
    assert a.entropy(4) == pytest.approx(x.entropy(4))
    assert a.norm() == pytest.approx(1.0)
    assert a.canonical(3).infidelity(a) < 1e-25
    assert a.normalised().log_norm() == pytest.approx(0.0, abs=1e-14)
    short = a.truncated(max_bond=5)
    assert short.fidelity_floor == pytest.approx(x.truncated(max_bond=5).fidelity_floor)
    assert 1.0 - short.state.fidelity(a) == pytest.approx(1.0 - short.fidelity_floor)


def test_infidelity_of_near_and_far_states(states):
    a = states[0]
    assert a.infidelity(a) < 1e-28
    other = qtn.BlockMPS.product([1, 0] * 4)
    assert a.infidelity(other) == pytest.approx(1.0 - a.fidelity(other))
    away = qtn.BlockMPS.product([1] * 8)
    assert (away.overlap(a), away.fidelity(a), away.infidelity(a)) == (0.0, 0.0, 1.0)


def test_shape_and_words(states):
    a = states[0]
    assert a.total == (4,)
    assert sum(a.sectors(4).values()) == a.bonds[3]
    assert len(a) == 8
    assert repr(a) == f"BlockMPS(8 sites, max bond {a.max_bond}, charge (4,))"


def test_a_state_in_blocks_is_compiled_as_its_dense_form(states):
    blocks = qtn.BlockMPS.product([0, 1, 1])
    assert qtn.compile(blocks, qtn.Staircase(layers=1)).infidelity < 1e-12


def test_one_site():
    alone = qtn.BlockMPS.product([1])
    assert (alone.total, alone.bonds, alone.norm()) == ((1,), (), 1.0)
    assert alone.sample(2).tolist() == [[1], [1]]
    assert len(alone.entropies()) == 0
    assert len(alone.truncated(1).discarded) == 0
