"""Sites of any dimension on qubits: the same amplitudes at the binary numbers of the levels."""

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.states import MPS, TTN, embed_in_qubits
from qtn.states.origin import Prepared, Trained


def test_embedding_keeps_the_amplitudes():
    rng = np.random.default_rng(0)
    state = MPS(tuple(rng.normal(size=s) for s in ((1, 3, 2), (2, 2, 4), (4, 5, 1))))
    qubits = embed_in_qubits(state)
    assert qubits.phys == (2,) * 6
    for digits in ((0, 0, 0), (2, 1, 4), (1, 0, 3)):
        bits = [*_bits(digits[0], 2), digits[1], *_bits(digits[2], 3)]
        assert qubits.amplitudes(np.array([bits]))[0] == pytest.approx(
            state.amplitudes(np.array([digits]))[0]
        )


def _bits(value, count):
    return [(value >> (count - 1 - i)) & 1 for i in range(count)]


def test_embedding_a_tree_keeps_the_amplitudes():
    rng = np.random.default_rng(3)
    pairs = ((2, 0), (4, 3), (1, 5))
    shapes = [(5, 3, 4), (4, 1, 3), (2, 3, 1)]
    state = TTN(tuple(rng.normal(size=s) for s in shapes), pairs).normalised()
    qubits = embed_in_qubits(state)
    assert qubits.phys == (2,) * 7  # 2, 1, 3 and 1 qubits
    levels = np.array(np.unravel_index(np.arange(30), (3, 2, 5, 1))).T
    bits = [[a >> 1, a & 1, b, c >> 2, c >> 1 & 1, c & 1, d] for a, b, c, d in levels.tolist()]
    assert np.allclose(qubits.amplitudes(np.array(bits)), state.amplitudes(levels))
    assert qubits.norm() == pytest.approx(1.0)
    with pytest.raises(ArgumentError, match=r"has \[1, 2, 3, 5\].*embed_in_qubits"):
        qtn.compile(state)


def test_columns_are_those_of_the_qubits_and_other_origins_stay():
    sites = [np.ones((1, d, 1)) for d in (3, 2, 5)]
    qubits = embed_in_qubits(MPS(tuple(sites), origin=Trained((2, 0, 1))))
    assert qubits.origin.columns == (2, 2, 0, 1, 1, 1)
    prepared = Prepared((0,), np.eye(4)[None])
    assert embed_in_qubits(MPS(tuple(sites), origin=prepared)).origin is prepared
