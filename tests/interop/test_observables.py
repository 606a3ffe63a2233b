from __future__ import annotations

import pytest
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp

from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable


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


@pytest.mark.parametrize("observable", [Pauli("XZ"), "XZ", SparsePauliOp("XZ")])
def test_labels_paulis_and_sums_read_alike(observable):
    assert parse_observable(observable, 2).bases[0].letters == "ZX"


def test_unusable_observables_are_refused_by_name():
    with pytest.raises(ArgumentError, match="`observable` must be a SparsePauliOp"):
        parse_observable(3.5, 2)
    with pytest.raises(ArgumentError, match="on the 3 qubits of the circuit"):
        parse_observable("ZZ", 3)
    with pytest.raises(ArgumentError, match="Hermitian"):
        parse_observable(SparsePauliOp(["ZZ"], [1j]), 2)
