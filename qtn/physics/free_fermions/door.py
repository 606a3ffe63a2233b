"""The door `qtn.mean_field`: circuits of hops and density phases, in milliseconds, with a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, real
from qtn._display import Display, Displayed, Table, with_error
from qtn._machine import few_threads
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.free_fermions.gaussian import pair_correlations
from qtn.physics.free_fermions.hartree import mean_field_run
from qtn.physics.free_fermions.reading import Fermions, read_fermions
from qtn.physics.free_fermions.second_order import occupation_shifts
from qtn.physics.free_fermions.spectra import discarded_weight, mode_weights, schmidt_weights

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["MeanField", "mean_field", "second_order_of"]

Array = NDArray[Any]
MOST_WORK = 1e13
"""Multiplications of the second order that are begun without asking: some hours."""
MOST_SHOWN = 20
ROUNDED = 1e-12
"""What gates leave out up to this is rounding."""
FOURTH = 1e-3
"""Of the fourth power of the phases on one mode: second orders below may be none in truth."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MeanField(Displayed):
    """Values of Z at the end of a circuit of hops and density phases.

    Args:
        values: ⟨Z⟩ of every qubit, to second order about the mean field.
        error: estimate of what is left out, the same for all qubits; 0 for free fermions, whose
            hops below 1e-9, if any, are counted.
        mean: ⟨Z⟩ in the mean field alone.
        correlations: P of the mean field, qubit by qubit; zero between chains.
        chains: qubits that hops join, chain by chain, as they stand at the end.
        phases: how many density phases there are.
    """

    values: Array
    error: float
    mean: Array
    correlations: Array
    chains: tuple[tuple[int, ...], ...]
    phases: int

    @property
    def n(self) -> int:
        """Number of qubits."""
        return len(self.values)

    @property
    def change(self) -> float:
        """Largest change of a ⟨Z⟩ by the second order."""
        return float(np.abs(self.values - self.mean).max())

    def schmidt_weights(self, cut: int, most: int = 64) -> Array:
        """Return the largest Schmidt weights between qubits cut-1 and cut, in the mean field.

        Args:
            cut: 1 … n - 1.
            most: how many.

        Returns:
            Weights, descending; all of them together sum to 1.

        Raises:
            ArgumentError: chains that do not run along the qubits, or a cut outside.
        """
        bounded_int("cut", cut, 1, self.n - 1, way_out="Cut i lies between qubits i-1 and i.")
        most = bounded_int("most", most, 1)
        self._need_ordered()
        return schmidt_weights(mode_weights(self.correlations, range(cut)), most)

    def discarded(self, bond: int) -> Array:
        """Return the weight that a matrix product state of a bond must leave out, cut by cut.

        It is that of the final mean-field state, known before any chain is evolved: where it is
        small, `qtn.verify` with that bond will do; where not, a larger bond or another way.

        Args:
            bond: χ.

        Returns:
            Array (n - 1,) of relative squared weights.

        Raises:
            ArgumentError: chains that do not run along the qubits.

        Cost: O(n² χ log χ).
        """
        bond = bounded_int("bond", bond, 1)
        self._need_ordered()
        cuts = range(1, self.n)
        found = [discarded_weight(mode_weights(self.correlations, range(c)), bond) for c in cuts]
        return np.array(found)

    def _need_ordered(self) -> None:
        for chain in self.chains:
            if list(chain) not in (sorted(chain), sorted(chain, reverse=True)):
                raise ArgumentError(
                    f"The chain of hops {chain[:6]} does not run along the qubits, so that a cut "
                    "does not split it once. Number the qubits along the chains."
                )

    def _brief(self) -> str:
        return f"{self.n} qubits, {self.phases} phases, errors about {self.error:.1e}"

    def _display(self) -> Display:
        longest = max(len(chain) for chain in self.chains)
        rows = [
            ("qubits", self.n),
            ("chains", f"{sum(len(c) > 1 for c in self.chains)}, the longest of {longest}"),
            ("density phases", self.phases),
            ("beyond the mean field", f"{self.change:.1e} at most"),
            ("error (estimate)", f"{self.error:.1e}"),
        ]
        shown = [(q, with_error(z, self.error)) for q, z in enumerate(self.values[:MOST_SHOWN])]
        title = "value of Z" if self.n <= MOST_SHOWN else f"value of Z (first {MOST_SHOWN})"
        return Display("Mean field with second order", rows, [Table(("qubit", title), shown)])


@few_threads(1)
def mean_field(circuit: QuantumCircuit | str | Any, *, tolerance: float = 0.01) -> MeanField:
    r"""Return ⟨Z⟩ of all qubits after hops along chains and phases between densities.

    Gates may be hops (XX + YY, Givens rotations) that join qubits to chains, swaps, rotations about
    Z, and phases :math:`e^{iφ n_p n_q}` (CP, RZZ) between any two qubits; gates on a pair are
    multiplied first, so that CX count too where their product conserves the number of ones. Free
    fermions are exact. Phases are taken in the mean field (time-dependent Hartree-Fock), and then
    to second order beyond it: the whole of :math:`O(φ^2)`. Made for Trotter steps, whose phases
    are small; the number of qubits costs little, and entanglement nothing.

    Args:
        circuit: begins in \|0…0⟩; in any form that `qtn.verify` takes.
        tolerance: largest error (estimate) of ⟨Z⟩ that is returned.

    Returns:
        A `MeanField`: values with an error, the size of the third order: the largest change Δ of
        the second, times the larger of √Δ and half the phases l that one qubit collects; and Δ
        itself as far as it is below l⁴/1000. It is an estimate, no bound.

    Raises:
        ArgumentError: a gate of another kind, or hops that branch or close a ring (named).
        VerificationError: the error is larger than the tolerance.

    Cost: O(n) per gate and O(m² n) for m phases: 120 qubits and 1,200 phases take a second.

    Example:
        >>> import qtn
        >>> found = qtn.mean_field(qtn.hadron_circuit(sites=8, steps=4))
        >>> found.values[:4].round(4), found.error < 1e-5
        (array([0.4093, 0.4113, 0.0287, 0.1099]), True)

    Reference: P. A. M. Dirac, Proc. Camb. Phil. Soc. 26, 376 (1930) for the mean field; the second
        order follows from Wick's theorem, see `second_order.py`.
    """
    tolerance = real("tolerance", tolerance, 0.0, open_low=True)
    found = second_order_of(read_fermions(circuit))
    if found.error > tolerance:
        raise VerificationError(
            f"The {found.phases} density phases change Z by {found.change:.2g} beyond the mean "
            f"field, so that values are uncertain by about {found.error:.2g}; the tolerance is "
            f"{tolerance:.2g}. `qtn.verify(circuit, observables)` takes large phases."
        )
    return found


def second_order_of(read: Fermions) -> MeanField:
    """Return the values of a circuit that has been read, however large its error.

    Raises:
        ArgumentError: more phases than can be paired in hours.
    """
    carried, kicks = mean_field_run(read.n, read.filled, read.steps)
    phases = len(kicks.angles)
    if float(phases) ** 2 * read.n > MOST_WORK:
        raise ArgumentError(
            f"Argument `circuit` has {phases} density phases on {read.n} qubits, whose pairs "
            "would take hours. Give fewer steps, or use `qtn.verify`."
        )
    shifts = occupation_shifts(carried, read.filled, kicks)
    found = pair_correlations(carried[:, list(read.filled)])
    order = list(read.places)
    mean, change = 1.0 - 2.0 * np.diag(found).real[order], -2.0 * shifts[order]
    error = _error(float(np.abs(change).max(initial=0.0)), read)
    error += read.dropped if read.dropped > ROUNDED else 0.0
    qubit = {mode: q for q, mode in enumerate(order)}
    chains = tuple(tuple(qubit[mode] for mode in chain) for chain in read.chains)
    return MeanField(mean + change, error, mean, found[np.ix_(order, order)], chains, phases)


def _error(change: float, read: Fermions) -> float:
    """Estimate the third order from the second and from the phases that one mode collects.

    Each further order brings one more phase on the way of a fermion. Where all terms of order φ²
    vanish, what is left of the second order is of order φ⁴, no better than the mean field, and
    counts wholly: such changes were at most 2.4e-4 of the fourth power of the phases on one mode.
    On 765 random circuits of 4 to 9 qubits with phases up to 1 this held in at least 99.5 % of
    the values of every kind.
    """
    load = np.zeros(read.n)
    for step in read.steps:
        if step.angle:
            load[list(step.modes)] += abs(step.angle)
    most = float(load.max(initial=0.0))
    return change * max(change**0.5, most / 2.0) + min(change, FOURTH * most**4)
