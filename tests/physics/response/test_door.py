"""`qtn.structure_factor`: all eigenstates, free fermions, two spinons, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exact_spectrum import gaussian, lines, parzen
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.response.door import OPERATORS
from qtn.physics.response.spectrum import transformed

CHAINS = {
    "Sz": qtn.chain("heisenberg", n=8),
    "S+": qtn.chain("xxz", n=8, anisotropy=0.5, field=0.3),
    "Z": qtn.chain("tfim", n=7, field=0.7),
    "Y": qtn.chain("xyz", n=7, x=0.3, y=0.8, field=0.4),
}


@pytest.mark.parametrize("name", CHAINS)
def test_all_eigenstates_of_a_short_chain(name: str) -> None:
    found = qtn.structure_factor(
        CHAINS[name], name, broadening=0.3, edges="include", tolerance=1e-6
    )
    energies, weights = lines(CHAINS[name], OPERATORS[name], found.momenta)
    exact = weights @ gaussian(found.frequencies - energies[:, None], 0.3)
    assert np.abs(found.values - exact).max() < 1e-7
    assert (np.abs(found.values - exact) <= found.errors).all()


def test_bars_hold_where_sites_differ() -> None:
    # S(k, ω) has lines of both signs: at k = 0.5 they cancel at equal times, and not later.
    strengths = (0.559, 0.709, 1.063, 1.271)
    chain = SparsePauliOp.from_sparse_list(
        [
            (x + x, [i, i + d], strengths[i] / d)
            for d in (1, 2) for i in range(5 - d) for x in "XYZ"
        ]
        + [("Z", [0], 0.9)], 5
    )  # fmt: skip
    found = qtn.structure_factor(chain, broadening=1.0, edges="include")
    momenta = np.linspace(0.1, 3.1, 31)
    other = found.at(momenta, np.linspace(0.0, 4.0, 9))
    energies, weights = lines(chain, OPERATORS["Sz"], momenta)
    exact = weights @ gaussian(other.frequencies - energies[:, None], 1.0)
    assert (np.abs(other.values - exact) <= other.errors).all()


def test_the_window_of_parzen_and_couplings_beyond_neighbours() -> None:
    operator = qtn.chain("j1j2", n=6, next_coupling=0.2)
    found = qtn.structure_factor(
        operator, broadening=0.5, window="parzen", edges="include", tolerance=1e-3
    )
    energies, weights = lines(operator, OPERATORS["Sz"], found.momenta)
    exact = weights @ parzen(found.frequencies - energies[:, None], 0.5)
    assert np.abs(found.values - exact).max() < 1e-3 * exact.max()


def free_fermions(n: int, times: np.ndarray) -> np.ndarray:
    """C(x, t) of S^z in the ground state of the XX chain, as a density of fermions."""
    energies, modes = np.linalg.eigh(0.5 * (np.eye(n, k=1) + np.eye(n, k=-1)))
    c, filled = (n - 1) // 2, energies < 0
    phases = np.exp(1j * np.multiply.outer(energies, times))
    holes = modes[:, filled] * modes[c, filled] @ phases[filled]
    return holes * (modes[:, ~filled] * modes[c, ~filled] @ phases[~filled].conj())


def test_free_fermions_of_forty_sites() -> None:
    found = qtn.structure_factor(qtn.chain("xx", n=40), broadening=0.6, tolerance=0.03, max_bond=32)
    exact = free_fermions(40, found.times)
    assert np.abs(found.correlations - exact).max() < 5e-3 * exact[19, 0].real
    run = replace(found.runs[0], values=exact)
    values = transformed(run, found.window, found.momenta, found.frequencies)
    assert (np.abs(found.values - values) <= found.errors).all()
    assert np.abs(found.values - values).max() < 3e-3 * values.max()
    assert found.edge <= 0.003


def test_spinons_of_the_isotropic_chain_stay_within_their_bounds() -> None:
    found = qtn.structure_factor(qtn.chain("heisenberg", n=24), tolerance=0.05, max_bond=32)
    k, eta = found.momenta[:, None], found.broadening
    low, high = np.pi / 2 * np.sin(k), np.pi * np.sin(k / 2)
    outside = (found.frequencies < low - 2.5 * eta) | (found.frequencies > high + 2.5 * eta)
    assert (found.values * outside).sum() < 0.01 * found.values.sum()
    assert found.momenta[found.values.max(1).argmax()] == pytest.approx(np.pi)


def test_a_response_that_reaches_an_end_is_refused_with_the_way_out() -> None:
    chain = qtn.chain("xx", n=10)
    with pytest.raises(VerificationError, match=r"reaches an end of the chain .* at least \d"):
        qtn.structure_factor(chain, broadening=0.2)
    free = qtn.structure_factor(chain)
    same = qtn.structure_factor(chain, broadening=1.01 * free.broadening)
    assert same.edge <= 0.001


def test_bars_above_the_tolerance_are_refused() -> None:
    with pytest.raises(VerificationError, match=r"At bond 4 the error bars are .* Allow a larger"):
        qtn.structure_factor(
            qtn.chain("heisenberg", n=10), broadening=0.3, edges="include", max_bond=4
        )


def test_a_ground_state_that_is_not_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from qtn.physics.response import two_point

    plain = two_point.site_elements
    monkeypatch.setattr(
        two_point._Probe, "seen",
        lambda self, ket: 1.0 + plain(self.ground.tensors, ket, self.matrix.conj().T)[0],
    )  # fmt: skip
    with pytest.raises(VerificationError, match="first moment of the spectrum is off"):
        qtn.structure_factor(qtn.chain("tfim", n=4), broadening=1.0, edges="include")


def test_bad_input() -> None:
    chain = qtn.chain("tfim", n=4)
    twisted = SparsePauliOp(["IXY", "IYX", "ZII"], [1.0, -1.0, 1.0])
    with pytest.raises(ArgumentError, match="an even number of Y in every term"):
        qtn.structure_factor(twisted)
    with pytest.raises(ArgumentError, match="more than a constant"):
        qtn.structure_factor(SparsePauliOp(["II"], [1.0]))
    with pytest.raises(ArgumentError, match="`operator`"):
        qtn.structure_factor(chain, "SX")
    with pytest.raises(ArgumentError, match="`window`"):
        qtn.structure_factor(chain, window="hann")
    with pytest.raises(ArgumentError, match="a number where edges='include'"):
        qtn.structure_factor(chain, edges="include")
    for broadening in (1e-6, 1e6):
        with pytest.raises(ArgumentError, match="`broadening` must be a finite number in"):
            qtn.structure_factor(chain, broadening=broadening)
    with pytest.raises(ArgumentError, match="`tolerance`"):
        qtn.structure_factor(chain, tolerance=0.0)
