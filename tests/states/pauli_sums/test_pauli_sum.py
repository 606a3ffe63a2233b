"""Sums of strings: merged, cut, read."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector, random_statevector

from qtn.errors import ArgumentError
from qtn.interop.observables import terms_of
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum

RNG = np.random.default_rng(3)


def _matrix(total):
    return SparsePauliOp(total.labels(), total.coefficients).to_matrix()


@pytest.mark.parametrize("label", ["XYZ", "0+l", "1-r", "I0Z", "III"])
def test_products_of_projectors_become_strings(label):
    total = PauliSum.from_terms(terms_of({label: 0.7}), 3)
    letters = SparsePauliOp.from_sparse_observable
    from qiskit.quantum_info import SparseObservable

    wanted = letters(SparseObservable(label)).to_matrix() * 0.7
    assert _matrix(total) == pytest.approx(wanted)


def test_too_many_projectors_are_refused():
    term = Term(1.0, tuple((q, "0") for q in range(13)))
    with pytest.raises(ArgumentError, match="at most 12 projectors"):
        PauliSum.from_terms([term], 13)


def test_equal_strings_are_merged_and_what_cancels_is_gone():
    x = np.array([[1], [1], [2], [2]], np.uint64)
    total = PauliSum(x, np.zeros_like(x), np.array([0.5, 0.25, 1.0, -1.0]), 2).merged()
    assert total.labels() == ["IX"]
    assert total.coefficients.tolist() == [0.75]
    assert (total.norm, total.total, total.weights.tolist()) == (0.75, 0.75, [1])


def test_cuts_say_what_they_drop():
    terms = [Term(c, ((q, "Z"),)) for q, c in enumerate((0.4, -0.3, 0.3, 0.01))]
    terms.append(Term(0.9, ((0, "X"), (1, "Y"), (3, "Z"))))
    total = PauliSum.from_terms(terms, 4)
    kept, dropped = total.truncated(max_terms=3, cutoff=0.05, max_weight=2)
    assert sorted(np.abs(kept.coefficients)) == [0.3, 0.3, 0.4]
    assert dropped.values == pytest.approx(0.91)
    assert dropped.trace == pytest.approx(np.hypot(0.9, 0.01))
    assert dropped.terms == 2
    assert total.truncated(max_terms=2)[0].labels() == total.truncated(max_terms=2)[0].labels()


def test_values_in_product_states():
    n = 4
    labels = ["XYZI", "ZZII", "IIIY", "XXXX", "IIII"]
    total = PauliSum.from_terms(terms_of(SparsePauliOp(labels, [0.3, -1.1, 0.4, 0.9, 0.2]), n), n)
    vectors = [random_statevector(2, seed=q) for q in range(n)]
    state = vectors[0]
    for vector in vectors[1:]:
        state = vector.tensor(state)
    paulis = [SparsePauliOp(p) for p in "XYZ"]
    directions = np.array([[v.expectation_value(p).real for p in paulis] for v in vectors])
    wanted = Statevector(state).expectation_value(SparsePauliOp(labels, [0.3, -1.1, 0.4, 0.9, 0.2]))
    assert total.value(directions) == pytest.approx(wanted.real)
    assert total.value() == pytest.approx(-1.1 + 0.2)


def test_inner_products_are_traces():
    sums = [
        PauliSum.from_terms(
            [Term(float(RNG.normal()), ((q, p),)) for q in range(3) for p in letters], 3
        )
        for letters in ("XZ", "XY")
    ]
    wanted = np.trace(_matrix(sums[0]) @ _matrix(sums[1])).real / 8
    assert sums[0].inner(sums[1]) == pytest.approx(wanted)
    assert sums[0].inner(sums[0]) == pytest.approx(sums[0].norm ** 2)


def test_it_shows_itself():
    total = PauliSum.from_terms([Term(1.0, ((69, "Y"),))], 70)
    assert repr(total) == "PauliSum(1 string on 70 qubits)"
    assert "2-norm" in str(total)
    assert total.labels() == ["Y" + "I" * 69]


def test_an_empty_sum_has_no_labels():
    assert PauliSum.from_terms([], 3).labels() == []
