r"""A circuit of gates that commute with all rotations, on singlet paths, with exact gradients.

.. math:: \frac{\partial E}{\partial \theta} =
   2\,\mathrm{Re}\,\langle\lambda|\,\partial_\theta V\,|\psi\rangle,
   \quad |\lambda\rangle = H|\psi\rangle \text{ taken back to the gate}

One pass forth and one back, whatever the number of angles.

Reference: Jones and Gacon, arXiv:2009.02823 (2020), adjoint differentiation; here within the sector
of total spin 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import eigsh

from qtn.applications.spins.couplings import Couplings, Pair, Sites
from qtn.applications.spins.layout import Step, program
from qtn.applications.spins.paths import (
    Bundle,
    blocks_of,
    local_paths,
    local_swap,
    singlet_paths,
    swap_matrix,
)
from qtn.applications.spins.sweeps import correlate, turn
from qtn.applications.spins.vertices import Kind, operators

Array = NDArray[Any]
Floats = NDArray[np.float64]
_FEW = 64  # paths up to which the spectrum is found densely


@dataclass(frozen=True, slots=True, eq=False)
class Sector:
    """The singlets of a magnet.

    Args:
        couplings: of the magnet.
        order: the spins in the order in which they are coupled.
        paths: see `singlet_paths`.
        hamiltonian: on paths.
    """

    couplings: Couplings
    order: tuple[int, ...]
    paths: NDArray[np.int8]
    hamiltonian: csr_array

    @classmethod
    def of(cls, couplings: Couplings) -> Sector:
        """Return the singlets of a magnet.

        Cost: paths × couplings × a few; .2 s for a ring of 20 spins.
        """
        order, paths = tuple(couplings.order()), singlet_paths(couplings.n)
        place = {spin: k for k, spin in enumerate(order)}
        total = eye_array(len(paths), format="csr") * couplings.constant
        for (i, j), value in couplings.pairs.items():
            total = total + value / 2 * swap_matrix(paths, place[i], place[j])
        shift = eye_array(len(paths), format="csr") * (sum(couplings.pairs.values()) / 4)
        return cls(couplings, order, paths, csr_array(total - shift))

    @property
    def place(self) -> dict[int, int]:
        """The place of every spin."""
        return {spin: k for k, spin in enumerate(self.order)}

    def lowest(self) -> tuple[float, Floats]:
        """Return the least energy of total spin 0 and its state on paths.

        Cost: some 50 products with the Hamiltonian.
        """
        if len(self.paths) <= _FEW:
            values, vectors = np.linalg.eigh(self.hamiltonian.toarray())
            return float(values[0]), vectors[:, 0]
        start = np.ones(len(self.paths))
        found, vectors = eigsh(self.hamiltonian, k=1, which="SA", v0=start, tol=1e-12)
        return float(found[0]), vectors[:, 0]

    def dimers(self, singlets: Sequence[Pair]) -> Floats:
        """Return the state of singlets on pairs of all spins.

        Cost: a projection per pair.
        """
        state = np.zeros(len(self.paths))
        # The projectors (1 - P)/2 on all pairs leave one state; any with a share of it will do.
        state[:] = np.cos(np.arange(len(state)) ** 2 + 1.0)
        for i, j in singlets:
            place = self.place
            state = (state - swap_matrix(self.paths, place[i], place[j]) @ state) / 2
        return np.asarray(state / np.linalg.norm(state))


Table = list[tuple[Bundle, Array]]  # per size of blocks its operators, (operators, kinds, size²)


class Ansatz:
    """Gates of one kind upon singlets.

    Args:
        sector: of the magnet.
        kind: of the gates.
        gates: their spins, in time order.
        start: the state before them, on paths.
    """

    def __init__(self, sector: Sector, kind: Kind, gates: Sequence[Sites], start: Floats) -> None:
        self.sector, self.kind, self.gates = sector, kind, tuple(gates)
        self._start = start if kind.real else start.astype(complex)
        self._steps = program(self.gates, sector.place)
        self._tables: dict[tuple[int, int, Sites], Table] = {}
        for step in self._steps:
            key = (step.place, step.width, step.inside)
            if key not in self._tables:
                self._tables[key] = _table(sector.paths, kind, step)

    @property
    def angles(self) -> int:
        """Number of angles."""
        return self.kind.angles * len(self.gates)

    def state(self, angles: Floats) -> Array:
        """Return the state on paths.

        Cost: gates × paths × 10.
        """
        state = self._start.copy()
        for step in self._steps:
            for bundle, matrices in self._matrices(step, angles):
                turn(state, bundle.members, bundle.starts, matrices)
        return state

    def energy(self, angles: Floats) -> tuple[float, Floats]:
        """Return the energy and its gradient.

        Cost: four times that of the state.
        """
        state = self.state(angles)
        applied = self.sector.hamiltonian @ state
        return float(np.vdot(state, applied).real), self.gradient(angles, state, applied)

    def infidelity(self, angles: Floats, target: Array) -> tuple[float, Floats]:
        """Return 1 - |⟨target|ψ⟩|² and its gradient, for a normalised target on paths."""
        state = self.state(angles)
        overlap = np.vdot(target, state).item()
        slope = (-overlap * target).astype(state.dtype)
        return 1.0 - abs(overlap) ** 2, self.gradient(angles, state, slope)

    def gradient(self, angles: Floats, state: Array, slope: Array) -> Floats:
        """Return the derivatives by the angles of a function with ∂f/∂ψ̄ = slope."""
        ket, bra, count = state.copy(), slope.copy(), self.kind.angles
        found = np.zeros(self.angles)
        for step in reversed(self._steps):
            pairs = self._matrices(step, angles)
            table = self._tables[step.place, step.width, step.inside]
            total = np.zeros(len(table[0][1]), dtype=state.dtype)
            for (bundle, matrices), (_, known) in zip(pairs, table, strict=True):
                back = np.ascontiguousarray(matrices.conj().mT)
                turn(ket, bundle.members, bundle.starts, back)
                if step.gate >= 0:
                    seen = np.zeros(matrices.shape, dtype=state.dtype)
                    correlate(bra, ket, bundle.members, bundle.starts, seen)
                    total += known.reshape(len(known), -1) @ seen.reshape(-1)
                turn(bra, bundle.members, bundle.starts, back)
            if step.gate >= 0:
                here = slice(step.gate * count, (step.gate + 1) * count)
                _, slopes = self.kind.coefficients(angles[here])
                found[here] = [2.0 * np.real(slope @ total) for slope in slopes]
        return found

    def _matrices(self, step: Step, angles: Floats) -> list[tuple[Bundle, Array]]:
        table = self._tables[step.place, step.width, step.inside]
        if step.gate < 0:
            return [(bundle, known[0]) for bundle, known in table]
        first = step.gate * self.kind.angles
        coefficients, _ = self.kind.coefficients(angles[first : first + self.kind.angles])
        return [(bundle, np.tensordot(coefficients, known, 1)) for bundle, known in table]


def _table(paths: NDArray[np.int8], kind: Kind, step: Step) -> Table:
    """Return the operators of a step on the blocks of paths, (operators, kinds, size, size)."""
    found = []
    for bundle in blocks_of(paths, step.place, step.width):
        matrices = [_local(a, b, kind, step) for a, b in bundle.around]
        found.append((bundle, np.array(matrices).swapaxes(0, 1).copy()))
    return found


def _local(a: int, b: int, kind: Kind, step: Step) -> Array:
    if step.gate < 0:
        return local_swap(a, b, 2, 0)[None]

    def swap(i: int, j: int) -> Array:
        low, high = sorted((step.inside[i], step.inside[j]))
        out = local_swap(a, b, step.width, low)
        if high - low == 2:
            turned = local_swap(a, b, step.width, low + 1)
            out = turned @ out @ turned
        return out

    assert len(local_paths(a, b, step.width)) <= 3  # what the kernels hold
    return operators(swap, kind.spins)
