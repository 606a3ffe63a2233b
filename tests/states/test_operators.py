"""One-qubit operators, terms and measurement bases."""

from __future__ import annotations

import itertools

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.states.operators import (
    AXIS,
    FACTORS,
    PAULI,
    TURNS,
    Observable,
    Term,
    aligned,
    grouped,
    in_order,
    merged,
    spread_of,
    weight_bound,
)

LETTERS = "XYZ01+-rl"


def test_the_table_is_that_of_the_oracle_and_projectors_project() -> None:
    assert set(FACTORS) == set("I" + LETTERS)
    for letter in "IXYZ":
        assert np.array_equal(FACTORS[letter], oracles.PAULI[letter])
    assert np.array_equal(PAULI, np.stack([oracles.PAULI[x] for x in "IXYZ"]))
    for up, down, axis in ("01Z", "+-X", "rlY"):
        assert np.array_equal(FACTORS[up] - FACTORS[down], FACTORS[axis])
        assert np.array_equal(FACTORS[up] + FACTORS[down], FACTORS["I"])


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_is_diagonal_in_its_axis(letter: str) -> None:
    turn = TURNS[AXIS[letter]]
    diagonal = np.diag(Term(1.0, ((0, letter),)).diagonal(0))
    assert np.allclose(turn @ FACTORS[letter] @ turn.conj().T, diagonal, atol=1e-15)


def test_terms_know_their_values() -> None:
    mixed = Term(-0.5, ((0, "Z"), (3, "0")))
    assert (mixed.qubits, mixed.is_pauli, mixed.is_projector) == ((0, 3), False, False)
    assert mixed.bounds == (-0.5, 0.5)
    assert mixed.mixed_value == 0.0
    projector = Term(-0.5, ((0, "1"), (3, "+")))
    assert projector.bounds == (-0.5, 0.0)
    assert projector.mixed_value == 0.25
    assert Term(0.3, ()).bounds == (0.3, 0.3)
    assert weight_bound([mixed, projector]) == 1.0


def test_like_terms_are_merged_in_order_and_what_cancels_is_dropped() -> None:
    z, x = ((0, "Z"),), ((1, "X"),)
    found = merged([Term(0.1, z), Term(1.0, x), Term(0.2, z), Term(-0.3, z)])
    assert found == [Term(1.0, x)]
    assert merged([Term(1e-9, z)]) == [Term(1e-9, z)]
    assert in_order([Term(1.0, x), Term(1.0, z), Term(2.0, ())])[0].factors == ()


def terms(n: int = 4) -> st.SearchStrategy[list[Term]]:
    factors = st.dictionaries(st.integers(0, n - 1), st.sampled_from(LETTERS), min_size=1)
    one = st.builds(lambda f: Term(1.0, tuple(sorted(f.items()))), factors)
    return st.lists(one, max_size=12)


@given(terms())
def test_every_term_is_served_by_one_basis_along_its_axes(found: list[Term]) -> None:
    bases = grouped(found, 4)
    assert sorted(i for b in bases for i in b.terms) == list(range(len(found)))
    for basis in bases:
        assert basis.label == basis.letters[::-1]
        for index in basis.terms:
            assert all(basis.axis(q) == AXIS[letter] for q, letter in found[index].factors)
    assert len({b.letters for b in bases}) == len(bases)


@given(terms(3))
def test_bounds_hold_the_spectrum(found: list[Term]) -> None:
    observable = Observable.of(3, [*merged(found), Term(0.25, ())])
    matrix = 0.25 * np.eye(8, dtype=complex)
    for term in observable.terms:
        own = dict(term.factors)
        product = np.eye(1)
        for qubit in range(3):
            product = np.kron(FACTORS[own.get(qubit, "I")], product)
        matrix += term.coefficient * product
    low, high = observable.bounds
    values = np.linalg.eigvalsh(matrix)
    assert low - 1e-9 <= values[0]
    assert values[-1] <= high + 1e-9
    mixed = observable.constant + observable.coefficients @ observable.mixed_values
    assert np.trace(matrix).real / 8 == pytest.approx(mixed)


def test_aligned_observables_share_terms_and_bases() -> None:
    z, x = Term(2.0, ((0, "Z"),)), Term(3.0, ((1, "X"),))
    one, two = aligned([Observable.of(2, [z]), Observable.of(2, [x, Term(0.5, ())])])
    assert one.bases == two.bases
    assert [t.factors for t in one.terms] == [t.factors for t in two.terms]
    assert (one.coefficients.tolist(), two.coefficients.tolist()) == ([2.0, 0.0], [0.0, 3.0])
    assert spread_of([one, two]).coefficients.tolist() == [2.0, 3.0]
    assert not one.is_constant
    assert Observable.of(2, [Term(1.0, ())]).is_constant


def test_projectors_are_one_term_however_wide() -> None:
    wide = Term(1.0, tuple(zip(range(100), itertools.repeat("0"))))
    assert grouped([wide], 100)[0].letters == "Z" * 100
