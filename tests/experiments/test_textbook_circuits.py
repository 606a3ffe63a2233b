"""Circuits of the literature against the states that they prepare."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.experiments import read_recipe, textbook
from qtn.experiments.textbook_circuits import aklt, bars_and_stripes, ghz, w, written
from qtn.interop.counting import two_qubit_depth, two_qubit_gates


@pytest.mark.parametrize("n", [2, 3, 5, 16, 17])
def test_ghz_doubles_at_every_step(n: int) -> None:
    circuit = ghz(n)
    assert qtn.verify(circuit, textbook.ghz(n, tree=False)).fidelity == pytest.approx(1, abs=1e-12)
    assert two_qubit_gates(circuit) == n - 1
    assert two_qubit_depth(circuit) == (n - 1).bit_length()


@pytest.mark.parametrize("n", [2, 3, 6, 32])
def test_w_splits_its_excitation(n: int) -> None:
    circuit = w(n)
    assert qtn.verify(circuit, textbook.w(n, tree=False)).fidelity == pytest.approx(1, abs=1e-12)
    assert two_qubit_gates(circuit) == 2 * n - 3
    assert two_qubit_depth(circuit) == 2 * (n - 1).bit_length() - 1


@pytest.mark.parametrize("spins", [1, 2, 7])
def test_aklt_takes_four_gates_per_spin(spins: int) -> None:
    circuit = aklt(spins)
    assert qtn.verify(circuit, textbook.aklt(spins)).fidelity == pytest.approx(1.0, abs=1e-12)
    assert two_qubit_gates(circuit) == 4 * spins + 1
    assert two_qubit_depth(circuit) <= 2 * spins + 2


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (4, 4)])
def test_bars_and_stripes_are_exact(shape: tuple[int, int]) -> None:
    circuit = bars_and_stripes(*shape)
    images = textbook.bars_and_stripes(*shape)
    uniform = np.zeros(2 ** images.shape[1])
    uniform[images @ (1 << np.arange(images.shape[1]))] = len(images) ** -0.5
    assert qtn.verify(circuit, uniform).fidelity == pytest.approx(1.0, abs=1e-12)
    r, c = shape
    chain = max(2 * (r + c - 2) - 3, 1)
    assert two_qubit_gates(circuit) == chain + (r + c - 2) + 2 * (r - 1) * (c - 1)


def test_others_have_none() -> None:
    with pytest.raises(qtn.ArgumentError, match="none is known here for 'cluster'"):
        written(read_recipe({"target": {"state": "cluster", "qubits": 4}}).target)
    with pytest.raises(qtn.ArgumentError, match="at least two rows and two columns, but are 1 x 3"):
        bars_and_stripes(1, 3)
