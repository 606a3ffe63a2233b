"""C(t, t') at all pairs of times, of one string and of sums."""

from __future__ import annotations

import numpy as np
import pytest
from exact_elements import mixed_field, word
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

from qtn.physics.matrix_elements.correlations import linked, two_time
from qtn.physics.terms import read_terms


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize(
    "strings", [{"Z": 1.0}, {"X": 0.5, "Z": -0.3}, {"Y": 1.0, "I": 0.2}], ids=str
)
def test_all_pairs_of_times(real: bool, strings: dict[str, float]) -> None:
    n, site = 4, 2
    operator = mixed_field(n, -1.05, 0.5)
    if not real:
        operator = (operator + SparsePauliOp.from_sparse_list([("ZY", [0, 1], 0.6)], n)).simplify()
    words = {((site, x),) if x != "I" else (): a for x, a in strings.items()}
    found = two_time(read_terms(operator), words, (0.25, 3), 4096)
    matrix = operator.to_matrix()
    o = sum(a * SparsePauliOp(word(n, {site: x})).to_matrix() for x, a in strings.items())
    u = [expm(-1j * t * matrix) for t in found.times]
    exact = np.array([[np.trace(a @ o @ b @ o) for b in u] for a in u]) / 2**n
    assert found.pairs == pytest.approx(exact, abs=3e-6)
    assert found.traces == pytest.approx([np.trace(a) / 2**n for a in u], abs=3e-6)
    assert found.max_bond <= 16
    assert found.discarded < 1e-9


def test_links() -> None:
    plain, turned = linked(((1, "Z"),), ((1, "Z"),), 2)
    assert plain == pytest.approx(np.eye(4))
    assert turned == pytest.approx(np.diag([1.0, -1.0, 1.0, -1.0]))
