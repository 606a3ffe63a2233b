r"""Correlations of a chain in its ground state: one site is disturbed, all sites are seen in time.

With :math:`a_x = ⟨A_x⟩` and c the centre,

.. math:: C(x, t) = ⟨A_x^†(t) A_c⟩ - a_x^* a_c
    = e^{iE_0t} ⟨g| (A_x - a_x)^†\, e^{-iHt} (A_c - a_c) |g⟩ :

the mean is taken off the operator, not off the result, so that no constant has to cancel. One state
is evolved, and one sweep over it gives all x.

What cannot have been reached at time t, by the finite speed of signals, has no imaginary part: for
Hermitian A, :math:`2i\, \mathrm{Im}\, C(x, t)` is the mean of a commutator at a distance, where the
real part is as large as correlations in the ground state are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed
from qtn._machine import few_threads, suited
from qtn.errors import ArgumentError
from qtn.physics.door import evolve
from qtn.physics.evolution import TDVP, TEBD
from qtn.physics.ground import DMRG, ground_state
from qtn.physics.mpo import apply_operator, operator_tensors
from qtn.physics.terms import Terms, as_operator, read_terms
from qtn.states import MPS
from qtn.states.origin import Evolved, Ground

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """Times 0, δ, 2δ, … and how they are gone through.

    Args:
        step: δ.
        count: number of steps.
        edge: when |Im C| at an end of the chain exceeds this share of C(c, 0), go on for half the
            time that it took, and end; None goes through all steps.
        cutoff: relative squared weight that one truncation may discard.
        longest: step of a product formula, at most.
    """

    step: float
    count: int
    edge: float | None
    cutoff: float
    longest: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Correlations(Displayed):
    """One run at one bond.

    Args:
        ground: the state it began with.
        times: 0, δ, 2δ, ….
        values: C(x, t), shape (sites, times).
        slopes: ⟨(A_x - a_x)† (H - E₀) (A_c - a_c)⟩, which is i ∂C/∂t at 0; shape (sites,).
        step_error: estimated norm of the error of the last state from finite steps.
        discarded: relative squared weight cut from the state on the way, all cuts added.
        max_bond: largest bond of any state.
    """

    ground: MPS
    times: Array
    values: Array
    slopes: Array
    step_error: float
    discarded: float
    max_bond: int

    def _brief(self) -> str:
        sites, times = self.values.shape
        return f"{sites} sites, {times} times up to {self.times[-1]:.4g}, bond {self.max_bond}"

    def _display(self) -> Display:
        rows = [
            ("ground state", repr(self.ground)),
            ("times", f"{len(self.times)} up to {self.times[-1]:.4g}"),
            ("C(x, t)", self.values),
            ("largest bond", self.max_bond),
            ("error of the steps", f"{self.step_error:.1e}"),
            ("weight discarded", f"{self.discarded:.1e}"),
        ]
        return Display("Correlations in time", rows)

    @property
    def centre(self) -> int:
        """The site that is disturbed."""
        return centre_of(len(self.values))

    @property
    def edges(self) -> Array:
        """|Im C(x, t)| / C(c, 0) at the end of the chain where it is larger, per time."""
        return np.abs(self.values[[0, -1]].imag).max(0) / self.values[self.centre, 0].real


def centre_of(n: int) -> int:
    """Return the site in the middle, the left one of two."""
    return (n - 1) // 2


def correlated(hamiltonian: Any, matrix: Array, bond: int, grid: Grid) -> Correlations:
    """Return C(x, t) by DMRG and time evolution at one bond.

    Args:
        hamiltonian: as `qtn.evolve` takes it.
        matrix: A, (2, 2).
        bond: the largest, of both states.
        grid: the times.

    Raises:
        ArgumentError: the ground state is an eigenstate of A at the centre.

    Cost: DMRG, the evolution, and O(n χ³) per time.
    """
    operator, terms = as_operator(hamiltonian), read_terms(hamiltonian)
    probe = _Probe(_ground(operator, bond, grid.cutoff), matrix)
    excited, here = probe.excited(), centre_of(terms.n)
    first, norm = probe.seen(excited.tensors), excited.norm()
    turned = apply_operator(operator_tensors(terms), excited.tensors)
    slopes = probe.seen(turned) - probe.energy * first
    columns, state, largest = [first], excited.normalised(), probe.ground.max_bond
    method = _method(terms, grid)
    end, k = grid.count, 0
    while k < end:
        k += 1
        later = evolve(
            operator, state, grid.step, cutoff=grid.cutoff, max_bond=bond, method=method,
            progress=False,
        )  # fmt: skip
        with few_threads(suited(later.max_bond)):
            phase = np.exp(1j * probe.energy * k * grid.step)
            column = norm * phase * probe.seen(later.tensors)
        ends = float(np.abs(column[[0, -1]].imag).max())
        if grid.edge is not None and end == grid.count and ends > grid.edge * first[here].real:
            end = min(end, math.ceil(1.5 * k))
        columns.append(column)
        state, largest = later, max(largest, later.max_bond)
    times = grid.step * np.arange(len(columns))
    found = state.origin if isinstance(state.origin, Evolved) else None
    return Correlations(
        probe.ground, times, np.stack(columns, 1), slopes,
        found.step_error if found else 0.0,
        float(found.discarded.sum()) if found else 0.0, largest,
    )  # fmt: skip


def _ground(operator: SparsePauliOp, bond: int, cutoff: float) -> MPS:
    method = DMRG(tolerance=max(1e-14, 1e-2 * cutoff))
    return ground_state(
        operator, max_bond=bond, cutoff=min(cutoff, 1e-12), method=method, progress=False
    )


def _method(terms: Terms, grid: Grid) -> TEBD | TDVP:
    """Return how to go from one time to the next: whole steps of a product formula, or TDVP."""
    if not terms.nearest_neighbour:
        return TDVP()
    return TEBD(step=grid.step / math.ceil(grid.step / grid.longest - 1e-9))


class _Probe:
    """A ground state, and A less its means on every site."""

    def __init__(self, ground: MPS, matrix: Array) -> None:
        self.ground, self.matrix = ground, matrix
        self.means = site_elements(ground.tensors, ground.tensors, matrix)[0]

    @property
    def energy(self) -> float:
        origin = self.ground.origin
        return origin.energy if isinstance(origin, Ground) else math.nan

    def excited(self) -> MPS:
        """Return (A_c - a_c)|g⟩, not normalised."""
        tensors, here = list(self.ground.tensors), centre_of(self.ground.n)
        off = self.matrix - self.means[here] * np.eye(2)
        tensors[here] = np.einsum("st,atb->asb", off, tensors[here])
        state = MPS(tuple(tensors))
        if state.norm() < 1e-6 * np.linalg.norm(self.matrix):
            raise ArgumentError(
                "Argument `operator` only multiplies the ground state by a number, so that there "
                "is no response. Take one that changes it, as 'Sx' where all spins are along z."
            )
        return state

    def seen(self, ket: Sequence[Array]) -> Array:
        """Return ⟨g| (A_x - a_x)† |ket⟩ for all sites x."""
        values, overlap = site_elements(self.ground.tensors, ket, self.matrix.conj().T)
        return np.asarray(values - self.means.conj() * overlap)


def site_elements(
    bra: Sequence[Array], ket: Sequence[Array], matrix: Array
) -> tuple[Array, complex]:
    """Return ⟨bra| M_x |ket⟩ for one-site operators on all sites x, and ⟨bra|ket⟩.

    Cost: O(n χ³), two sweeps.
    """
    n = len(ket)
    behind = [np.ones((1, 1))] * (n + 1)
    for x in range(n - 1, -1, -1):
        moved = np.tensordot(ket[x], behind[x + 1], (2, 1))
        behind[x] = np.tensordot(bra[x].conj(), moved, ((1, 2), (1, 2)))
    front = np.ones((1, 1))
    values = np.zeros(n, complex)
    for x in range(n):
        carried = np.tensordot(front, ket[x], 1)
        seen = np.tensordot(carried, behind[x + 1], (2, 1))
        values[x] = np.einsum("asb,st,atb->", bra[x].conj(), matrix, seen, optimize=True)
        front = np.tensordot(bra[x].conj(), carried, ((0, 1), (0, 1)))
    return values, complex(front[0, 0])
