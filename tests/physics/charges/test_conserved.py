"""Which charges a Hamiltonian conserves, against its matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.physics.charges.conserved import conserved_weights, raising_words
from qtn.physics.terms import read_terms


def pauli_sum(n: int, *listed: tuple[str, list[int], float]) -> SparsePauliOp:
    return SparsePauliOp.from_sparse_list(listed, n)


def species(n: int) -> SparsePauliOp:
    """Two species on even and odd qubits, coupled by ZZ."""
    hops = [(p, [i, i + 2], 1.0) for i in range(n - 2) for p in ("XX", "YY")]
    return pauli_sum(n, *hops, *[("ZZ", [i, i + 1], 0.3) for i in range(0, n - 1, 2)])


CASES = {
    "heisenberg": (qtn.chain("heisenberg", 4), [[1, 1, 1, 1]]),
    "two species": (species(4), [[1, 0, 1, 0], [0, 1, 0, 1]]),
    "pairs": (pauli_sum(3, ("XX", [0, 1], 1.0), ("YY", [0, 1], -1.0), ("XX", [1, 2], 1.0),
                        ("YY", [1, 2], -1.0)), [[1, -1, 1]]),
    "two for one": (pauli_sum(3, ("XXX", [0, 1, 2], 1.0), ("YYX", [0, 1, 2], -1.0),
                              ("XYY", [0, 1, 2], 1.0), ("YXY", [0, 1, 2], 1.0)),
                    [[-1, 1, 0], [1, 0, 1]]),
    "chiral": (pauli_sum(3, ("XY", [0, 1], 1.0), ("YX", [0, 1], -1.0)), [[1, 1, 0], [0, 0, 1]]),
    "diagonal": (pauli_sum(3, ("ZZ", [0, 2], 1.0)), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_charges_are_found(name):
    hamiltonian, expected = CASES[name]
    assert conserved_weights(read_terms(hamiltonian)).tolist() == expected


@pytest.mark.parametrize("name", ["tfim", "long-range-ising"])
def test_none_where_none_is_conserved(name):
    assert conserved_weights(read_terms(qtn.chain(name, 5))) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_found_commutes(seed):
    rng = np.random.default_rng(seed)
    n, listed = 4, []
    for _ in range(rng.integers(1, 4)):
        a, b = sorted(map(int, rng.choice(n, 2, replace=False)))
        sign = int(rng.choice([-1, 1]))
        listed += [("XX", [a, b], 0.7), ("YY", [a, b], 0.7 * sign)]
    listed.append(("Z", [int(rng.integers(n))], 0.4))
    operator = pauli_sum(n, *listed)
    weights = conserved_weights(read_terms(operator))
    for row in weights if weights is not None else []:
        charge = pauli_sum(n, *[("Z", [i], float(w)) for i, w in enumerate(row)])
        assert np.abs((operator @ charge - charge @ operator).simplify().coeffs).max() < 1e-12


def test_many_charges_are_counted_together():
    diagonal = pauli_sum(6, *[("ZZ", [i, i + 1], 1.0) for i in range(5)])
    assert conserved_weights(read_terms(diagonal)).tolist() == [[1] * 6]


def test_words_too_long_to_be_written_out():
    assert raising_words(read_terms(pauli_sum(9, ("X" * 9, list(range(9)), 1.0)))) is None
    assert conserved_weights(read_terms(pauli_sum(9, ("X" * 9, list(range(9)), 1.0)))) is None
    words = raising_words(read_terms(qtn.chain("xx", 2)))
    assert set(words) == {((0, "+"), (1, "-")), ((0, "-"), (1, "+"))}
