"""MPOs of decaying couplings against dense sums of all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError
from qtn.physics.long_range.exponentials import fit_exponentials
from qtn.physics.long_range.pairs import realised

PowerLaw = qtn.PowerLaw


def all_pairs(n: int, pairs: dict[str, Any], fields: dict[str, Any]) -> np.ndarray:
    words: list[tuple[str, list[int], float]] = []
    for kind, values in pairs.items():
        words += [(kind, [i, j], values[j - i - 1]) for i in range(n) for j in range(i + 1, n)]
    for letter, values in fields.items():
        words += [(letter, [i], h) for i, h in enumerate(np.broadcast_to(values, (n,)))]
    return SparsePauliOp.from_sparse_list(words, n).to_matrix()


def values(law: Any, n: int) -> np.ndarray:
    return law(np.arange(1.0, n))


@pytest.mark.parametrize("n", [2, 3, 5, 8])
@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0, 6.0])
def test_power_laws(n: int, exponent: float) -> None:
    law = PowerLaw(exponent, -1.3)
    found = qtn.long_range_mpo(n, {"ZZ": law}, {"X": -0.7})
    dense = all_pairs(n, {"ZZ": values(law, n)}, {"X": -0.7})
    np.testing.assert_allclose(found.operator.to_dense(), dense, atol=1e-12)
    assert found.operator.max_bond == 2 + found.fits["ZZ"].terms
    assert found.operator.dtype == np.float64


def test_the_bound_holds_as_an_operator_norm() -> None:
    law = PowerLaw(3.0)
    found = qtn.long_range_mpo(8, {"ZZ": law, "XX": law}, tolerance=1e-3)
    dense = all_pairs(8, {"ZZ": values(law, 8), "XX": values(law, 8)}, {})
    error = float(np.linalg.norm(found.operator.to_dense() - dense, 2))
    assert 0.2 * found.bound < error <= found.bound
    assert found.fits["ZZ"] is found.fits["XX"]
    assert "energies within" in repr(found)


def test_kinds_with_their_own_couplings_and_fields() -> None:
    pairs = {"ZZ": PowerLaw(3.0), "XX": PowerLaw(1.0, 0.5), "YY": PowerLaw(2.0, -0.4)}
    fields = {"X": 0.3, "Z": np.linspace(-1, 1, 7)}
    found = qtn.long_range_mpo(7, pairs, fields)
    dense = all_pairs(7, {k: values(v, 7) for k, v in pairs.items()}, fields)
    np.testing.assert_allclose(found.operator.to_dense(), dense, atol=1e-12)
    assert found.operator.dtype == np.float64


def test_odd_numbers_of_y_are_complex() -> None:
    pairs, fields = {"XY": PowerLaw(2.0), "YY": PowerLaw(1.0)}, {"Y": 0.2}
    found = qtn.long_range_mpo(5, pairs, fields)
    dense = all_pairs(5, {k: values(v, 5) for k, v in pairs.items()}, fields)
    np.testing.assert_allclose(found.operator.to_dense(), dense, atol=1e-12)
    assert found.operator.dtype == np.complex128


def test_oscillating_couplings_turn_real_channels() -> None:
    r = np.arange(1.0, 8)
    law = 0.6**r * np.cos(1.1 * r + 0.3)
    found = qtn.long_range_mpo(8, {"ZZ": law})
    assert found.operator.dtype == np.float64
    assert found.operator.max_bond == 4
    np.testing.assert_allclose(found.operator.to_dense(), all_pairs(8, {"ZZ": law}, {}), atol=1e-12)


def test_realised() -> None:
    r = np.arange(1.0, 30)
    law = 0.7**r * np.sin(0.9 * r) + 0.5**r
    fit = fit_exponentials(law, 30)
    opened, step, closed = realised(fit)
    for k in range(29):
        value = opened @ np.linalg.matrix_power(step, k) @ closed
        assert value == pytest.approx(law[k], abs=1e-10)


def test_a_thousand_sites() -> None:
    found = qtn.long_range_mpo(1000, {"ZZ": PowerLaw(2.0)}, {"X": 1.0})
    assert (found.operator.n, found.operator.max_bond) == (1000, 18)
    assert found.bound < 1e-5


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"n": 1}, "`n` must be an integer of at least 2"),
        ({"pairs": 3.0}, "`pairs` must be a mapping such as"),
        ({"pairs": {"ZI": PowerLaw(1.0)}}, "`pairs key` must be one of 'XX'"),
        ({"pairs": {}}, "`pairs` must be one kind of pair or field at least"),
        ({"pairs": {"ZZ": np.ones(5)}}, "must be one that decays"),
        ({"fields": {"ZZ": 1.0}}, "`fields key` must be one of 'X', 'Y', 'Z'"),
        ({"fields": {"Z": [1.0, 2.0]}}, "must be a number or 6 numbers, one per site"),
        ({"fields": {"Z": np.nan}}, "finite numbers"),
        ({"tolerance": 0.0}, "`tolerance` must be a finite number"),
        ({"max_terms": 1}, "up to 1 exponentials reach"),
    ],
)
def test_bad_input(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        qtn.long_range_mpo(**{"n": 6, "pairs": {"ZZ": PowerLaw(1.0)}, **change})
