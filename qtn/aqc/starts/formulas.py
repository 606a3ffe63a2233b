r"""Product formulas with free coefficients as starts for propagators.

.. math:: V(c) = \prod_l e^{-i t c_l H_{l \bmod 2}}

with the even and the odd bonds in turn, palindromic coefficients whose sums over even and over odd
layers are 1. Trotter's formula of second order is one of them; with negative coefficients there are
valleys of fourth order and others in between that have no name. They are found by minimising
ln(1 - F) from many random starts on a few sites with full matrices: time and couplings are those
of the target, so that the error terms that matter there are cancelled, not all of an order.

Reference: Blanes and Moan, J. Comput. Appl. Math. 142, 313 (2002), for symmetric formulas of free
coefficients; here they are fitted to one operator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import minimize

from qtn.aqc.kernels.gates import parted
from qtn.aqc.shape.ansatz import Ansatz
from qtn.physics.suzuki import layers as formula

SITES = 5  # of the chain on which coefficients are fitted
STARTS, KEPT = 60, 6  # random starts, and formulas that are looked at again
SPREADS = (0.05, 0.2, 0.5)
ALIKE = 1e-3  # coefficients nearer than this are the same formula


@dataclass(frozen=True, slots=True)
class Fit:
    """The few sites on which formulas are fitted, in the eigenbases of even and odd bonds.

    Args:
        time: of the propagator.
        energies: of the even and of the odd bonds.
        between: the overlaps of the two eigenbases.
        goal: adjoint of the propagator in the even basis.
        base, free: coefficients are `base + free @ z`.
    """

    time: float
    energies: tuple[np.ndarray, np.ndarray]
    between: np.ndarray
    goal: np.ndarray
    base: np.ndarray
    free: np.ndarray

    def value(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """Return ln(1 - F) and its gradient."""
        coefficients = self.base + self.free @ z
        depth, size = len(coefficients), len(self.goal)
        phases = [
            np.exp(-1j * self.time * c * self.energies[k % 2]) for k, c in enumerate(coefficients)
        ]
        turns = (self.between.conj().T, self.between)  # even to odd, odd to even
        product = np.diag(phases[0])
        before = [product]
        for k in range(1, depth):
            product = phases[k][:, None] * (turns[(k - 1) % 2] @ product)
            before.append(product)
        rest = self.goal if depth % 2 else self.goal @ self.between
        overlap = np.sum(rest * product.T) / size
        slopes = np.empty(depth, complex)
        for k in range(depth - 1, -1, -1):
            diagonal = np.sum(rest * before[k].T, axis=0)
            slopes[k] = -1j * self.time * np.sum(diagonal * self.energies[k % 2]) / size
            if k:
                rest = (rest * phases[k]) @ turns[(k - 1) % 2]
        missing = max(1.0 - abs(overlap) ** 2, 1e-16)
        slope = -2.0 * np.real(np.conj(overlap) * slopes) / missing
        return float(np.log(missing)), self.free.T @ slope


def fit_of(bonds: np.ndarray, time: float, depth: int) -> Fit:
    """Return the problem of so many layers on the middle of a chain.

    Args:
        bonds: the bond Hamiltonians (n - 1, 4, 4).
        time: of the propagator.
        depth: odd number of layers from 3 on.
    """
    sites = min(SITES, len(bonds) + 1)
    first = max(0, (len(bonds) + 1 - sites) // 2)
    first -= first % 2
    parts = [np.zeros((2**sites, 2**sites), complex) for _ in range(2)]
    for k in range(sites - 1):
        parts[k % 2] += np.kron(
            np.kron(np.eye(2**k), bonds[first + k]), np.eye(2 ** (sites - 2 - k))
        )
    (even, first_basis), (odd, second_basis) = (np.linalg.eigh(part) for part in parts)
    values, vectors = np.linalg.eigh(parts[0] + parts[1])
    exact = (vectors * np.exp(-1j * time * values)) @ vectors.conj().T
    goal = first_basis.conj().T @ exact.conj().T @ first_basis
    between = first_basis.conj().T @ second_basis
    base = second_order(depth)
    mirror = np.eye(depth) - np.eye(depth)[::-1]
    sums = np.array([np.arange(depth) % 2 == part for part in range(2)], float)
    free = null_space(np.concatenate([mirror, sums]))
    return Fit(time, (even, odd), between, goal, base, free)


def second_order(depth: int) -> np.ndarray:
    """Return the coefficients of the formula of second order in so many layers (odd, from 3)."""
    steps = (depth - 1) // 2
    return np.array([share / steps for _, share in formula(2, steps)])


def fitted(
    bonds: np.ndarray, time: float, depth: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return coefficients of formulas, the best on a few sites first; Trotter's is among them.

    Args:
        bonds: the bond Hamiltonians (n - 1, 4, 4).
        time: of the propagator.
        depth: odd number of layers from 3 on.
        rng: of the random starts.

    Cost: some hundred evaluations of depth products of 32 x 32 matrices per start.
    """
    problem = fit_of(bonds, time, depth)
    size = problem.free.shape[1]
    if size == 0:
        return [problem.base]
    spreads = np.resize(SPREADS, STARTS)
    starts = [np.zeros(size), *(spreads[:, None] * rng.normal(size=(STARTS, size)))]
    found = [_minimum(problem, z, 40) for z in starts]
    found.sort(key=lambda pair: pair[0])
    found = [_minimum(problem, z, 200) for _, z in found[: 2 * KEPT]]
    best: list[np.ndarray] = []
    for _, z in sorted(found, key=lambda pair: pair[0]):
        new = problem.base + problem.free @ z
        if all(np.abs(new - old).max() > ALIKE for old in best):
            best.append(new)
    return [*best[:KEPT], problem.base]


def _minimum(problem: Fit, z: np.ndarray, most: int) -> tuple[float, np.ndarray]:
    options = {"maxiter": most, "gtol": 1e-9, "ftol": 1e-12}
    found = minimize(problem.value, z, jac=True, method="L-BFGS-B", options=options)
    return float(found.fun), found.x


def formula_gates(
    bonds: np.ndarray, time: float, coefficients: np.ndarray, ansatz: Ansatz
) -> np.ndarray:
    """Return the gates of a formula in parts (gates, 2, 4, 4); layers beyond it are identities."""
    gates = np.tile(np.eye(4, dtype=complex), (ansatz.size, 1, 1))
    for layer, part, share in zip(ansatz.layers, ansatz.slices, coefficients):
        values, vectors = np.linalg.eigh(bonds[list(layer.bonds)])
        phases = np.exp(-1j * time * share * values)[:, None, :]
        gates[part] = (vectors * phases) @ vectors.conj().transpose(0, 2, 1)
    return parted(gates)
