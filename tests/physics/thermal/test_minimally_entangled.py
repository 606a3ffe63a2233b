"""`qtn.metts`: sampled values near exact ones, seeds, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError


def test_values_within_five_standard_errors() -> None:
    hamiltonian, observable = qtn.chain("tfim", n=4), SparsePauliOp("IZZI")
    found = qtn.metts(hamiltonian, 0.8, [observable], samples=128, seed=3)
    rho = qtn.thermal_state(hamiltonian, 0.8)
    for sampled, exact in ((found.energy, rho.energy), (found.values[0], rho.value(observable))):
        assert abs(float(sampled) - float(exact)) < 5 * sampled.stderr
        assert 0 < sampled.stderr < 0.2
    assert found.samples.shape == (128, 2)
    assert found.max_bond <= 4
    assert "128 samples" in repr(found)


def test_errors_hold_what_the_bond_cuts() -> None:
    # Product states have the energy of no bond at all.
    hamiltonian = qtn.chain("heisenberg", n=4)
    found = qtn.metts(hamiltonian, 4.0, samples=32, max_bond=1)
    exact = qtn.thermal_state(hamiltonian, 4.0).energy
    assert abs(float(found.energy) - float(exact)) < 3 * found.energy.stderr


def test_a_conserved_charge_does_not_hold_the_chain() -> None:
    # All sectors of the total Z are met, since states are measured along X in turn.
    found = qtn.metts(qtn.chain("xx", n=4), 0.5, [SparsePauliOp("ZZZZ")], samples=32, seed=1)
    assert found.samples[:, 1].min() < 0.0 < found.samples[:, 1].max()


def test_seeds() -> None:
    hamiltonian = qtn.chain("heisenberg", n=3)
    one, again, other = (
        qtn.metts(hamiltonian, 0.4, samples=16, seed=seed).samples for seed in (5, 5, 6)
    )
    assert (one == again).all()
    assert (one != other).any()


def test_infinite_temperature_is_a_mean_over_product_states() -> None:
    found = qtn.metts(qtn.chain("tfim", n=3), 0.0, samples=64, seed=2)
    assert abs(float(found.energy)) < 5 * found.energy.stderr
    assert np.abs(found.samples).max() <= 5.0


def test_bad_input() -> None:
    h = qtn.chain("tfim", n=3)
    with pytest.raises(ArgumentError, match="Temperatures are positive"):
        qtn.metts(h, -1.0)
    with pytest.raises(ArgumentError, match="`samples` must be an integer of at least 16"):
        qtn.metts(h, 1.0, samples=4)
    with pytest.raises(ArgumentError, match="`observables` must be operators on 3 qubits"):
        qtn.metts(h, 1.0, ["ZZ"])
    with pytest.raises(ArgumentError, match="a sequence of observables"):
        qtn.metts(h, 1.0, "ZZZ")


def test_samples_are_drawn_beside_their_mean() -> None:
    found = qtn.metts(qtn.chain("heisenberg", n=3), 0.5, samples=16, progress=False)
    ax = found.plot()
    assert ax.lines[0].get_ydata() == pytest.approx(found.samples[:, 0])
    assert ax.lines[1].get_ydata()[0] == float(found.energy)
