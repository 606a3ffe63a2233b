"""`qtn.off_diagonal_elements`: exact diagonalisation, bars that hold, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from exact_elements import mixed_field, smoothed_exactly, word
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.matrix_elements import door

# Exact diagonalisation of n = 8: A(0) and A(2) of Z in the middle, width 1.
TABLE = {(-1.05, 0.5): (1.76273722, 1.42127646), (0.8, 0.0): (1.86222537, 1.22334657)}


@pytest.mark.parametrize("fields", TABLE)
def test_the_table_of_eight_sites(fields: tuple[float, float]) -> None:
    operator = mixed_field(8, *fields)
    found = qtn.off_diagonal_elements(operator, word(8, {4: "Z"}), [0.0, 2.0], tolerance=1e-3)
    assert found.values == pytest.approx(TABLE[fields], rel=5e-5)
    assert (np.abs(found.values - TABLE[fields]) <= found.errors).all()
    assert found.max_bond <= 64


def test_bars_hold_where_the_bond_is_too_small() -> None:
    operator, label = mixed_field(8, -1.05, 0.5), word(8, {4: "Z"})
    omega = np.linspace(0, 6, 13)
    for width, bond in ((0.5, 16), (1.0, 16)):
        found = qtn.off_diagonal_elements(
            operator, label, omega, width=width, max_bond=bond, tolerance=None
        )
        exact = smoothed_exactly(operator, SparsePauliOp(label), omega, width)
        assert (np.abs(found.values - exact) <= found.errors).all()
        assert found.max_bond == bond


def test_bars_hold_where_a_window_lies_in_a_gap() -> None:
    # Levels at ±1.7 and ±2.2 only: the window at zero has a small trace, and the ends of the times
    # count for as much more.
    operator = SparsePauliOp(["IXZ", "IYI", "IZX", "IXI"], [1.8, 0.8, 0.3, 0.1])
    omega = np.array([0.0, 0.7, -0.7, 2.0])
    observable = SparsePauliOp(["III", "XYI", "IZI"], [0.3, -0.4, 0.6])
    found = qtn.off_diagonal_elements(operator, observable, omega, width=0.5, tolerance=None)
    exact = smoothed_exactly(operator, observable, omega, 0.5)
    assert (np.abs(found.values - exact) <= found.errors).all()


def test_one_run_serves_other_frequencies_widths_and_energies() -> None:
    operator = (mixed_field(7, 0.8, 0.3) + SparsePauliOp("I" * 7, [2.5])).simplify()
    observable = SparsePauliOp([word(7, {3: "Z"}), word(7, {3: "X", 4: "X"})], [0.6, 0.8])
    found = qtn.off_diagonal_elements(operator, observable, [4.0], width=0.8, tolerance=0.02)
    other = found.at([0.0, 1.5], width=1.2, energy=3.0)
    exact = smoothed_exactly(operator, observable, other.frequencies, 1.2, 3.0)
    assert (np.abs(other.values - exact) <= other.errors).all()
    assert other.values == pytest.approx(exact, rel=0.02)
    assert (other.width, other.energy) == (1.2, 3.0)
    assert "2 frequencies, width 1.2" in repr(other)
    with pytest.raises(ArgumentError, match=r"`width` must be at least that of the run, 0\.8"):
        found.at([0.0], width=0.5)
    with pytest.raises(ArgumentError, match="this run was made for 2"):
        found.at([9.0])


def test_bars_above_the_tolerance_are_refused() -> None:
    operator, label = mixed_field(8, -1.05, 0.5), word(8, {4: "Z"})
    with pytest.raises(VerificationError, match=r"At bond 8 the error bars are .* Allow a larger"):
        qtn.off_diagonal_elements(operator, label, [0.0], width=0.5, max_bond=8, tolerance=1e-4)


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    operator, label = mixed_field(4, 0.8, 0.0), word(4, {1: "Z"})
    far = SparsePauliOp.from_sparse_list([("ZZ", [0, 2], 1.0)], 4)
    with pytest.raises(ArgumentError, match="but is 'one that reaches over 2 sites'"):
        qtn.off_diagonal_elements(far, label, [0.0])
    with pytest.raises(ArgumentError, match="more than a constant"):
        qtn.off_diagonal_elements(SparsePauliOp("IIII"), label, [0.0])
    with pytest.raises(ArgumentError, match="`observable` must be an operator on 4 qubits"):
        qtn.off_diagonal_elements(operator, "ZZZ", [0.0])
    nine = SparsePauliOp([word(4, {q: x}) for x in "XYZ" for q in range(3)])
    with pytest.raises(ArgumentError, match="1 to 8 Pauli strings, but is 'one of 9'"):
        qtn.off_diagonal_elements(operator, nine, [0.0])
    with pytest.raises(ArgumentError, match=r"Hermitian|real"):
        qtn.off_diagonal_elements(1j * operator, label, [0.0])
    with pytest.raises(ArgumentError, match="where there are no states: their standard"):
        qtn.off_diagonal_elements(operator, label, [0.0], energy=40.0)
    with pytest.raises(ArgumentError, match="`width`"):
        qtn.off_diagonal_elements(operator, label, [0.0], width=0.0)
    with pytest.raises(ArgumentError, match=r"`width` must be at least 0\.\d+ here"):
        qtn.off_diagonal_elements(operator, label, [0.0], width=1e-3)
    with pytest.raises(ArgumentError, match=r"`max_bond` .* at least 4.* Bars come from half"):
        qtn.off_diagonal_elements(operator, label, [0.0], max_bond=2)
    with pytest.raises(ArgumentError, match="finite numbers only"):
        qtn.off_diagonal_elements(operator, label, [np.nan])
    monkeypatch.setattr(door, "smoothed", lambda run, omega, *_: np.full(np.shape(omega), np.nan))
    with pytest.raises(ArgumentError, match="hold no states at all"):
        qtn.off_diagonal_elements(operator, label, [0.0])


def test_values_are_drawn_with_their_bars() -> None:
    found = qtn.off_diagonal_elements(qtn.chain("tfim", 3), "ZII", [0.0, 0.5])
    ax = found.plot()
    assert ax.containers[0].lines[0].get_ydata() == pytest.approx(found.values)
