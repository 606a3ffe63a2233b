r"""Thermal states as purifications: :math:`e^{-βH/2}` acting on a maximally entangled state.

Every site gets an ancilla, so that the state of site and ancilla is an operator of the site:
:math:`A = e^{-βH/2}` as a chain of four levels per site, :math:`ρ = A A^† / \mathrm{Tr} A^† A`.
Fourth-order product formulas in imaginary time act on the outputs of the identity; the norm is
taken out after every step, and :math:`\ln Z = n \ln 2 + 2 \sum \ln \text{norm}`.

Bars are the difference from a second run whose steps are twice as long, whose cuts lose up to 1e4
times more and whose largest bond is half: its own error is far larger than that of the first. What
both may lose alike, singular values below the finer cut, is added as its square root; where the
largest bond limits the finer run, so is the weight that it lost: two poor runs may agree by chance.

Reference: Verstraete, García-Ripoll and Cirac, Phys. Rev. Lett. 93, 207204 (2004); Feiguin and
White, Phys. Rev. B 72, 220401 (2005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, real
from qtn._display import Display, Displayed, with_error
from qtn._machine import few_threads
from qtn._progress import checked_progress, inner_bar, progress_bar
from qtn.estimate import Estimate
from qtn.physics.evolution import step_count
from qtn.physics.mpo import expectation, operator_tensors
from qtn.physics.suzuki import layers
from qtn.physics.terms import Terms, bond_matrices, neighbour_terms, read_terms
from qtn.states import MPO
from qtn.states.kernels.circuit import apply_gates, on_outputs

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

Array = NDArray[Any]
STEP = 0.15
"""Largest coupling times a step of β/2."""
COARSER = 1e4
"""Ratio of the cutoffs of the two runs."""
HALVED = "Bars come from half of it."


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Run(Displayed):
    """One purification: its chain of four levels per site, norm 1, ln Z, relative weight lost."""

    chain: tuple[Array, ...]
    log_partition: float
    lost: float

    @property
    def bond(self) -> int:
        """The largest bond."""
        return max(t.shape[2] for t in self.chain)

    def _brief(self) -> str:
        return f"{len(self.chain)} sites, bond {self.bond}, weight lost {self.lost:.1e}"

    def _display(self) -> Display:
        rows = [("sites", len(self.chain)), ("bond", self.bond), ("weight lost", self.lost)]
        return Display("Purification", [*rows, ("ln Z", self.log_partition)])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ThermalState(Displayed):
    """exp(-βH) / Z, purified.

    Every number is an `Estimate` whose `stderr` is the bar described above, not a statistical one.

    Args:
        beta: inverse temperature.
        n: number of sites.
        log_partition: ln Z.
        energy: the mean of H.
    """

    beta: float
    n: int
    log_partition: Estimate
    energy: Estimate
    runs: tuple[_Run, _Run] = field(repr=False)
    floor: float = field(repr=False)  # what both runs may lose alike, relative

    @property
    def free_energy(self) -> Estimate:
        """F = -ln Z / β; refused at β = 0, where it is minus infinity."""
        if self.beta == 0.0:
            raise fail("beta", "positive for a free energy", self.beta, "ln Z is finite.")
        value, bar = float(self.log_partition), _bar(self.log_partition)
        return Estimate(-value / self.beta, bar / self.beta, 0, "purification")

    @property
    def entropy(self) -> Estimate:
        """S = β E + ln Z, in nats."""
        bar = self.beta * _bar(self.energy) + _bar(self.log_partition)
        value = self.beta * float(self.energy) + float(self.log_partition)
        return Estimate(value, bar, 0, "purification")

    @property
    def operator(self) -> MPO:
        """A with ρ = A A†, as an MPO."""
        return MPO(tuple(t.reshape(len(t), 2, 2, -1) for t in self.runs[0].chain))

    def value(self, observable: ObservableLike) -> Estimate:
        """Return Tr ρO with its bar.

        Args:
            observable: Hermitian, in Pauli matrices, on the same sites.

        Raises:
            ArgumentError: another number of qubits.

        Cost: O(n χ³ D).
        """
        terms = read_terms(observable, "observable")
        if terms.n != self.n:
            raise fail("observable", f"an operator on {self.n} qubits", f"one on {terms.n}")
        return _barred(terms, self.runs, self.floor)

    def _brief(self) -> str:
        energy = with_error(float(self.energy), self.energy.stderr)
        return f"{self.n} sites, beta {self.beta:g}, energy {energy}, bond {self.runs[0].bond}"

    def _display(self) -> Display:
        rows = [
            ("sites", self.n),
            ("β", self.beta),
            ("energy", self.energy),
            ("ln Z", self.log_partition),
            ("free energy", self.free_energy if self.beta else None),
            ("entropy", self.entropy),
            ("bond", self.runs[0].bond),
        ]
        return Display("Thermal state", rows)


@few_threads(1)
def thermal_state(
    hamiltonian: ObservableLike,
    beta: float,
    *,
    cutoff: float = 1e-14,
    max_bond: int | None = None,
    progress: bool | None = None,
) -> ThermalState:
    r"""Return the thermal state of a chain, :math:`e^{-βH} / Z`, purified.

    Args:
        hamiltonian: Hermitian, couplings of neighbours; site i is qubit i.
        beta: inverse temperature, at least 0.
        cutoff: relative squared weight that one cut may lose.
        max_bond: largest bond dimension, at least 2 since bars come from half of it; None for no
            limit.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `ThermalState`: ln Z, energy, free energy, entropy and values, each with a bar.

    Raises:
        ArgumentError: bad operator, couplings beyond neighbours, negative temperatures.

    Cost: O(n χ³ β) with matrices of side 4 χ.

    Example:
        >>> import qtn
        >>> warm = thermal_state(qtn.chain("heisenberg", n=6), 1.0)
        >>> round(float(warm.energy), 4), float(warm.energy.stderr) < 1e-4
        (-1.0423, True)
    """
    terms = neighbour_terms(hamiltonian)
    b = real("beta", beta, 0.0, 1e6, way_out="Temperatures are positive.")
    real("cutoff", cutoff, 0.0, 1.0)
    checked_progress(progress)
    bond = None if max_bond is None else bounded_int("max_bond", max_bond, 2, way_out=HALVED)
    half = None if bond is None else bond // 2
    with progress_bar(2, "thermal state", progress, word="") as bar:
        fine = _cooled(terms, b, STEP, cutoff, bond)
        bar.update()
        coarse = _cooled(terms, b, 2.0 * STEP, min(1.0, COARSER * cutoff), half)
    runs = (fine, coarse)
    floor = math.sqrt(max(cutoff, 1e-24))
    if bond is not None and max(t.shape[2] for t in fine.chain) == bond:
        floor += 2.0 * math.sqrt(fine.lost)
    energy = _barred(terms, runs, floor)
    change = abs(fine.log_partition - coarse.log_partition)
    log_partition = Estimate(fine.log_partition, change + floor * max(1.0, b * terms.strength), 0,
                             "purification")  # fmt: skip
    return ThermalState(b, terms.n, log_partition, energy, runs, floor)


def _cooled(terms: Terms, beta: float, size: float, cutoff: float, bond: int | None) -> _Run:
    """Return exp(-βH/2), normalised, and ln Z."""
    start = (np.eye(2) * math.sqrt(0.5)).reshape(1, 4, 1)
    chain: tuple[Array, ...] = (start,) * terms.n
    log = lost = 0.0
    if beta > 0.0 and terms.strength > 0.0:
        steps = step_count(0.5 * beta, size / terms.strength)
        gates = _gates(terms, 0.5 * beta / steps)
        center = 0
        with inner_bar(steps, "steps") as bar:
            for _ in range(steps):
                built = apply_gates(chain, gates, center=center, cutoff=cutoff, max_bond=bond)
                center = built.center
                tensors = list(built.tensors)
                norm = float(np.linalg.norm(tensors[center]))
                tensors[center] = tensors[center] / norm
                chain, log = tuple(tensors), log + math.log(norm)
                lost += float(built.discarded.sum())
                bar.grown(max(tensor.shape[-1] for tensor in chain), bond)
                bar.update()
    total = terms.n * math.log(2.0) + 2.0 * log - beta * terms.constant
    return _Run(chain, total, lost)


def _gates(terms: Terms, step: float) -> list[tuple[tuple[int, ...], Array]]:
    """Return one step of the fourth-order formula on the outputs of an operator."""
    bonds = bond_matrices(terms)
    energies, vectors = np.linalg.eigh(bonds.real if terms.real else bonds)
    listed: list[tuple[tuple[int, ...], Array]] = []
    for part, fraction in layers(4, 1):
        damped = np.exp(-step * fraction * energies)
        matrices = (vectors * damped[:, None, :]) @ vectors.conj().transpose(0, 2, 1)
        listed += [((b, b + 1), on_outputs(matrices[b])) for b in range(part, terms.n - 1, 2)]
    return listed


def _value(terms: Terms, run: _Run) -> float:
    one = np.eye(2)
    lifted = [
        np.einsum("lrab,cd->lracbd", w, one).reshape(*w.shape[:2], 4, 4)
        for w in operator_tensors(terms)
    ]
    return expectation(lifted, run.chain)


def _bar(estimate: Estimate) -> float:
    return float(np.asarray(estimate.stderr))


def _barred(terms: Terms, runs: tuple[_Run, _Run], floor: float) -> Estimate:
    value, other = (_value(terms, run) for run in runs)
    bar = abs(value - other) + floor * max(terms.strength, abs(terms.constant))
    return Estimate(value, bar, 0, "purification")
