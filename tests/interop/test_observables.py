"""Observables of Qiskit read as ours, in every form and with one set of errors."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator, Pauli, PauliList, SparseObservable, SparsePauliOp

from qtn.errors import ArgumentError
from qtn.interop.observables import (
    is_single,
    listed,
    operator_from_labels,
    operator_from_words,
    parse_observable,
    parse_observables,
    pauli_operator,
    pauli_words,
    products_of,
    qubits_of,
    terms_of,
)


def test_terms_merge_and_identity_becomes_the_constant():
    parsed = parse_observable(SparsePauliOp(["II", "IZ", "IZ"], [0.5, 1.0, 2.0]), 2)
    assert parsed.constant == 0.5
    assert [(t.coefficient, t.factors) for t in parsed.terms] == [(3.0, ((0, "Z"),))]


def test_commuting_terms_share_a_basis_and_others_do_not():
    parsed = parse_observable(SparsePauliOp(["ZZI", "IZZ", "XII", "IXX", "YII"]), 3)
    letters = sorted(b.letters for b in parsed.bases)
    assert len(letters) == 3
    assert "ZZZ" in letters
    served = sorted(i for b in parsed.bases for i in b.terms)
    assert served == list(range(5))


def test_projectors_stay_one_term_with_their_mixed_value():
    parsed = parse_observable(SparseObservable.from_label("0" * 40), 40)
    assert len(parsed.terms) == 1
    assert parsed.terms[0].mixed_value == pytest.approx(2.0**-40)
    assert parse_observable("0Z", 2).terms[0].mixed_value == 0.0


XZ = [
    Pauli("XZ"),
    "XZ",
    SparsePauliOp("XZ"),
    SparseObservable("XZ"),
    {"XZ": 1.0},
    {Pauli("XZ"): 1},
    {Pauli("-XZ"): -1.0},
]


@pytest.mark.parametrize("observable", XZ, ids=lambda o: type(o).__name__)
def test_every_form_reads_alike(observable):
    assert parse_observable(observable, 2) == parse_observable("XZ", 2)
    assert products_of(observable)[0].factors == ((0, "Z"), (1, "X"))
    assert qubits_of(observable) == 2
    assert is_single(observable)
    assert pauli_operator(observable).simplify() == SparsePauliOp("XZ")


def test_a_mapping_is_one_observable_and_a_list_several():
    assert len(parse_observables({"ZZ": 0.5, "XX": 0.25}, 2)) == 1
    assert len(parse_observables(["ZZ", {"XX": 0.25}, SparsePauliOp("IZ")], 2)) == 3
    assert len(parse_observables(PauliList(["ZZ", "XX"]), 2)) == 2
    assert len(listed(("ZZ", "XX"))) == 2


def test_order_is_as_given_or_by_qubits_and_letters():
    operator = SparsePauliOp(["XI", "II", "IZ", "ZI"], [1, 2, 3, 4])
    assert [t.coefficient for t in terms_of(operator)] == [2.0, 3.0, 4.0, 1.0]
    assert [t.coefficient for t in terms_of(operator, ordered=False)] == [1.0, 2.0, 3.0, 4.0]
    every = SparseObservable.from_list([("".join(p), 1.0) for p in ["X1", "Z0", "-Y", "rl", "+Z"]])
    by_qiskit = [tuple(zip(map(int, t.indices), t.bit_labels())) for t in every.simplify()]
    assert [t.factors for t in terms_of(every)] == by_qiskit


def test_small_coefficients_stay_and_rounding_goes():
    assert terms_of(SparsePauliOp("ZZ", 1e-9))[0].coefficient == 1e-9
    assert len(terms_of(SparsePauliOp(["ZZ", "XX", "XX"], [1.0, 0.3, 0.1 + 0.2 - 0.6]))) == 1


@pytest.mark.parametrize(
    ("observable", "text"),
    [
        (3.5, "`observable` must be a label, Pauli"),
        (None, "`observable` must be a label, Pauli"),
        (b"ZZ", "`observable` must be a label, Pauli"),
        ("ZQ", "`observable` must be a label, Pauli"),
        ({}, "`observable` must be a label, Pauli"),
        ({"ZZ": "1"}, "`observable` must be a label, Pauli"),
        ({"ZZ": True}, "`observable` must be a label, Pauli"),
        ({3: 1.0}, "`observable` must be a label, Pauli"),
        ({"ZZ": 1.0, "Z": 1.0}, "`observable` must be a label, Pauli"),
        (Operator(np.eye(4)), "`observable` must be a label, Pauli"),
        (np.eye(4), "`observable` must be a label, Pauli"),
        ([], "an observable or a list of them"),
        (["ZZ", "ZZZ"], "on the 2 qubits of the circuit, but is on 3"),
        (SparsePauliOp(["ZZ"], [1j]), r"Hermitian \(real coefficients\)"),
        (Pauli("iZZ"), "Hermitian"),
        ({"ZZ": 1j}, "Hermitian"),
        ({"ZZ": float("nan")}, "finite coefficients"),
        (SparsePauliOp(["XX"], [np.nan]), "finite coefficients"),
        (SparsePauliOp(["ZZ"], np.array([Parameter("a")])), "bound coefficients"),
    ],
)  # fmt: skip
def test_unusable_observables_are_refused_by_name(observable, text):
    with pytest.raises(ArgumentError, match=text):
        parse_observables(observable, 2)


def test_words_move_to_other_qubits():
    terms = terms_of({"0X": 1.0, "II": 0.5})
    moved = pauli_words(terms, [3, 1], 4)
    wanted = SparsePauliOp(["XIII", "XIZI", "IIII"], [0.0, 0.0, 0.5])
    wanted += SparsePauliOp(["XIII", "XIZI"], [0.5, 0.5])
    assert moved.simplify().equiv(wanted.simplify())
    with pytest.raises(ArgumentError, match="13 projectors"):
        pauli_words(terms_of("0" * 13), range(13), 13)


def test_operators_are_written_as_qiskit_has_them():
    assert operator_from_words([("ZX", [0, 2], 0.5)], 3) == SparsePauliOp("XIZ", 0.5)
    assert operator_from_labels(["ZI", "IX"], [1.0, 2.0]) == SparsePauliOp(["ZI", "IX"], [1, 2])
    given = SparsePauliOp(["ZZ", "ZZ"])
    assert pauli_operator(given) is given
