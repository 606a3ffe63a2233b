"""`qtn.thermal_state`: exact diagonalisation, free fermions, bars that hold, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError


def exact(hamiltonian: SparsePauliOp, beta: float, observable: SparsePauliOp) -> list[float]:
    """Return ln Z, energy and a value from all eigenstates."""
    energies, vectors = np.linalg.eigh(hamiltonian.to_matrix())
    weights = np.exp(-beta * (energies - energies[0]))
    log = math.log(weights.sum()) - beta * energies[0]
    weights /= weights.sum()
    inside = np.einsum("ai,ab,bi->i", vectors.conj(), observable.to_matrix(), vectors).real
    return [log, float(weights @ energies), float(weights @ inside)]


@pytest.mark.parametrize("name", ["heisenberg", "tfim"])
@pytest.mark.parametrize("beta", [0.0, 0.1, 1.0, 5.0])
def test_bars_hold_beside_exact_diagonalisation(name: str, beta: float) -> None:
    hamiltonian = (qtn.chain(name, n=6) + SparsePauliOp("I" * 6, [0.7])).simplify()
    observable = SparsePauliOp(["IIIZZI", "IIIIIX"], [1.0, 0.5])
    found = qtn.thermal_state(hamiltonian, beta)
    parts = [found.log_partition, found.energy, found.value(observable)]
    for part, value in zip(parts, exact(hamiltonian, beta, observable)):
        assert abs(float(part) - value) <= part.stderr < 2e-4
    if beta:
        entropy = beta * float(found.energy) + float(found.log_partition)
        assert float(found.entropy) == pytest.approx(entropy)
        assert float(found.free_energy) == pytest.approx(-float(found.log_partition) / beta)
    else:
        assert float(found.log_partition) == pytest.approx(6 * math.log(2))


def test_a_complex_hamiltonian() -> None:
    hamiltonian = SparsePauliOp.from_sparse_list(
        [("XY", [0, 1], 0.7), ("ZY", [1, 2], -0.4), ("X", [2], 0.3)], 3
    )
    found = qtn.thermal_state(hamiltonian, 1.3)
    log, energy, _ = exact(hamiltonian, 1.3, hamiltonian)
    assert abs(float(found.log_partition) - log) <= found.log_partition.stderr
    assert abs(float(found.energy) - energy) <= found.energy.stderr
    root = found.operator.to_dense()
    rho = root @ root.conj().T
    assert np.trace(rho @ hamiltonian.to_matrix()) / np.trace(rho) == pytest.approx(
        energy, abs=1e-5
    )


def test_free_fermions_at_forty_sites() -> None:
    n, beta = 40, 2.0
    energies = np.linalg.svd(2 * np.eye(n) - 2 * np.eye(n, k=1), compute_uv=False)
    log = np.log(2 * np.cosh(beta * energies / 2)).sum()
    mean = -(energies / 2 * np.tanh(beta * energies / 2)).sum()
    found = qtn.thermal_state(qtn.chain("tfim", n=n), beta, cutoff=1e-12)
    assert abs(float(found.log_partition) - log) <= found.log_partition.stderr < 5e-3
    assert abs(float(found.energy) - mean) <= found.energy.stderr < 5e-3


def test_a_bond_that_is_too_small_shows_in_the_bars() -> None:
    hamiltonian = qtn.chain("heisenberg", n=6)
    found = qtn.thermal_state(hamiltonian, 2.0, max_bond=6)
    energy = exact(hamiltonian, 2.0, hamiltonian)[1]
    assert 1e-6 < abs(float(found.energy) - energy) <= found.energy.stderr


@pytest.mark.parametrize("seed", [0, 15])
def test_bars_hold_at_bond_two(seed: int) -> None:
    # Two poor runs may agree by chance: what the better one lost is part of the bar.
    rng = np.random.default_rng(seed)
    labels = ["XXIII", "YZIII", "IZXII", "IIYYI", "IIXZI", "IIIZZ", "IIIXY", "ZIIII"]
    hamiltonian = SparsePauliOp(labels, rng.normal(size=8))
    observable = SparsePauliOp(["ZZIII", "IIXXI", "IIIIZ"], rng.normal(size=3))
    found = qtn.thermal_state(hamiltonian, 1.0, max_bond=2)
    parts = [found.log_partition, found.energy, found.value(observable)]
    for part, value in zip(parts, exact(hamiltonian, 1.0, observable)):
        assert abs(float(part) - value) <= part.stderr


def test_text() -> None:
    found = qtn.thermal_state(qtn.chain("tfim", n=3), 0.5)
    assert repr(found).startswith("ThermalState(3 sites, beta 0.5, energy -2.")
    assert "entropy" in found._repr_html_()


def test_bad_input() -> None:
    h = qtn.chain("tfim", n=3)
    with pytest.raises(ArgumentError, match=r"`beta` .* is -1\.0\. Temperatures are positive"):
        qtn.thermal_state(h, -1.0)
    with pytest.raises(ArgumentError, match="one that reaches over 2 sites"):
        qtn.thermal_state(SparsePauliOp("ZIZ"), 1.0)
    with pytest.raises(ArgumentError, match=r"Hermitian|real"):
        qtn.thermal_state(1j * h, 1.0)
    with pytest.raises(ArgumentError, match="`observable` must be an operator on 3 qubits"):
        qtn.thermal_state(h, 1.0).value("ZZ")
    with pytest.raises(ArgumentError, match="positive for a free energy"):
        qtn.thermal_state(h, 0.0).free_energy  # noqa: B018
    with pytest.raises(ArgumentError, match=r"`max_bond` .* at least 2.* Bars come from half"):
        qtn.thermal_state(h, 1.0, max_bond=1)
