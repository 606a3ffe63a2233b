"""Observables as the engines read them; circuits and targets are read in interop."""

from __future__ import annotations

import pytest
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qtn.errors import ArgumentError
from qtn.states.operators import weight_bound
from qtn.verification.inputs import observable_terms


def test_observables_of_all_kinds_give_the_same_terms() -> None:
    pauli = SparsePauliOp(["IZX", "YII"], [0.5, -1.5])
    mapping = {"IZX": 0.5, "YII": -1.5}
    for form in (pauli, SparseObservable.from_sparse_pauli_op(pauli), [pauli], mapping):
        (terms,) = observable_terms(form, 3)
        assert {t.factors: t.coefficient for t in terms} == {
            ((0, "X"), (1, "Z")): 0.5,
            ((2, "Y"),): -1.5,
        }
        assert weight_bound(terms) == pytest.approx(2.0)
    (projector,) = observable_terms("0-r", 3)
    assert projector[0].factors == ((0, "r"), (1, "-"), (2, "0"))


def test_the_identity_is_a_term_and_a_list_keeps_its_order() -> None:
    one, two = observable_terms([{"II": 0.5, "ZZ": 1.0}, "XX"], 2)
    assert [t.factors for t in one] == [(), ((0, "Z"), (1, "Z"))]
    assert [t.coefficient for t in two] == [1.0]
    with pytest.raises(ArgumentError, match="an observable or a list of them"):
        observable_terms([], 2)
    with pytest.raises(ArgumentError, match="on the 2 qubits of the circuit"):
        observable_terms("ZZZ", 2)
