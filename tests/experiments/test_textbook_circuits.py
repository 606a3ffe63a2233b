"""Circuits of the literature against the states that they prepare."""

from __future__ import annotations

import pytest

import qtn
from qtn.experiments import textbook
from qtn.experiments.textbook_circuits import KNOWN, written
from qtn.interop.counting import two_qubit_depth, two_qubit_gates


@pytest.mark.parametrize("n", [2, 3, 5, 16, 17])
def test_ghz_doubles_at_every_step(n: int) -> None:
    circuit = written("ghz", n)
    assert qtn.verify(circuit, textbook.ghz(n, tree=False)).fidelity == pytest.approx(1, abs=1e-12)
    assert two_qubit_gates(circuit) == n - 1
    assert two_qubit_depth(circuit) == (n - 1).bit_length()


@pytest.mark.parametrize("n", [2, 3, 6, 32])
def test_w_splits_its_excitation(n: int) -> None:
    circuit = written("w", n)
    assert qtn.verify(circuit, textbook.w(n, tree=False)).fidelity == pytest.approx(1, abs=1e-12)
    assert two_qubit_gates(circuit) == 2 * n - 3
    assert two_qubit_depth(circuit) == 2 * (n - 1).bit_length() - 1


@pytest.mark.parametrize("spins", [1, 2, 7])
def test_aklt_takes_four_gates_per_spin(spins: int) -> None:
    circuit = written("aklt", spins)
    assert qtn.verify(circuit, textbook.aklt(spins)).fidelity == pytest.approx(1.0, abs=1e-12)
    assert two_qubit_gates(circuit) == 4 * spins + 1
    assert two_qubit_depth(circuit) <= 2 * spins + 2


def test_others_have_none() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"none is known here for 'x'.* ghz, w, aklt"):
        written("x", 4)
    assert list(KNOWN) == ["ghz", "w", "aklt"]
