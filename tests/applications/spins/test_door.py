"""`qtn.spin_circuit`: energies, starts, what it gives, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.errors import ArgumentError

RING = qtn.chain("heisenberg", 8, periodic=True)


def test_eight_spins() -> None:
    found = qtn.spin_circuit(RING, steps=200, progress=False)
    assert found.parameters == 64
    assert 0.0 <= found.relative_error + 1e-12 < 1e-6
    state = Statevector(found.circuit)
    assert state.expectation_value(RING).real == pytest.approx(found.energy, abs=1e-10)
    assert abs(np.vdot(found.amplitudes(), state.data)) == pytest.approx(1.0, abs=1e-12)
    assert "64 angles" in repr(found)
    assert "CX" in found._repr_html_()
    assert min(found.energies) == pytest.approx(found.energy)


@pytest.mark.parametrize("gates", ["pairs", "chiral"])
def test_other_gates(gates: str) -> None:
    found = qtn.spin_circuit(RING, gates, layers=3, steps=80, progress=False)
    assert found.parameters == 24
    assert 0.0 <= found.relative_error < 0.05


def test_a_larger_circuit_never_ends_above_the_smaller() -> None:
    small = qtn.spin_circuit(RING, layers=1, steps=60, progress=False)
    large = qtn.spin_circuit(RING, layers=2, steps=1, start=small, progress=False)
    assert large.energy <= small.energy + 1e-12
    again = qtn.spin_circuit(RING, layers=1, steps=30, start=small, progress=False)
    assert again.energy <= small.energy + 1e-12


def test_a_chain_is_fitted_first() -> None:
    state = qtn.ground_state(RING, max_bond=8, progress=False)
    found = qtn.spin_circuit(RING, layers=1, steps=100, start=state, progress=False)
    assert found.infidelity < 0.01
    assert found.relative_error < 1e-3
    assert qtn.verify(found.circuit, state).fidelity > 0.98


def test_bad_input() -> None:
    def refused(text: str, *arguments: object, **options: object) -> None:
        with pytest.raises(ArgumentError, match=text):
            qtn.spin_circuit(*arguments, progress=False, **options)

    refused("even number of spins", qtn.chain("heisenberg", 7))
    refused("`gates`", RING, "quads")
    refused("`gates`", RING, 3)
    refused("`layers`", RING, layers=0)
    refused("must pair all 8 spins", RING, qtn.SpinGates(singlets=[(0, 1)]))
    refused("`where`", RING, qtn.SpinGates(where=[(0, 1)]))
    up = qtn.MPS.product([[1, 0]] * 8)
    refused("Only 0 of Argument `start` has total spin 0", RING, start=up)
    refused("a chain of 8 spins", RING, start=qtn.MPS.product([[1, 0]] * 6))
    small = qtn.spin_circuit(RING, layers=1, steps=1, progress=False)
    refused("for the same gates", RING, "pairs", start=small)
    refused("for the same gates", RING, start="compiled")


def test_an_energy_of_zero_has_no_relative_error() -> None:
    """S·S + 3/4 is 0 in the singlet of two spins."""
    pair = SparsePauliOp(["XX", "YY", "ZZ", "II"], [0.25, 0.25, 0.25, 0.75])
    found = qtn.spin_circuit(pair, "pairs", 1, steps=3, progress=False)
    assert found.exact == 0.0
    assert np.isnan(found.relative_error)
    assert "relative error nan" in repr(found)
    assert "nan" in found._repr_html_()


@pytest.mark.parametrize("unit", [2.0**-70, 2.0**60])
def test_the_search_is_the_same_in_other_units(unit: float) -> None:
    """When it ends must not be judged by energies in units of their own."""
    pairs = [(letters, [k, k + 1], 0.25) for k in range(3) for letters in ("XX", "YY", "ZZ")]
    words = SparsePauliOp.from_sparse_list(pairs, 4)
    found = [
        qtn.spin_circuit(h, "triples", 1, steps=20, progress=False) for h in (words, unit * words)
    ]
    np.testing.assert_array_equal(found[0].angles, found[1].angles)
    assert found[1].energy == pytest.approx(unit * found[0].energy, rel=1e-12)


def test_the_energy_is_drawn_beside_the_exact_one() -> None:
    found = qtn.spin_circuit(qtn.chain("heisenberg", 4), layers=1, steps=2, progress=False)
    ax = found.plot()
    assert ax.lines[0].get_ydata() == pytest.approx(found.energies)
    assert ax.lines[1].get_ydata()[0] == found.exact
    assert found.plot(kind="circuit").get_ylabel() == "qubit"
