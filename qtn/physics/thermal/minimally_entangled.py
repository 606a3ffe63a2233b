r"""Thermal values by sampling: minimally entangled typical thermal states (METTS).

A chain of states whose stationary mean is thermal: from a product state i,
:math:`|φ_i⟩ ∝ e^{-βH/2} |i⟩` gives a value; measuring all sites of it gives the next product state.
States are measured along Z and along X in turn, which shortens the correlation of the chain and
leaves no charge conserved.

Reference: White, Phys. Rev. Lett. 102, 190601 (2009); Stoudenmire and White, New J. Phys. 12,
055026 (2010).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, items, positive_int, real
from qtn._display import Display, Displayed, Table, with_error
from qtn._figures.axes import axes_of
from qtn._figures.curves import draw_descent
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed, generator
from qtn.estimate import Estimate
from qtn.physics.door import evolve
from qtn.physics.mpo import expectation, operator_tensors
from qtn.physics.terms import Terms, as_operator, read_terms
from qtn.states import MPS
from qtn.statistics.blocking import FEWEST_BLOCKS, blocked_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn.interop.observables import ObservableLike

Array = NDArray[Any]
CUTOFF = 1e-10
HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) * math.sqrt(0.5)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Metts(Displayed):
    """Sampled thermal values.

    Args:
        beta: inverse temperature.
        energy: with the standard error of blocked samples.
        values: one per observable, likewise.
        samples: of energy and values, shape (samples, 1 + observables), in order.
        max_bond: largest bond met.
    """

    beta: float
    energy: Estimate
    values: tuple[Estimate, ...]
    samples: Array
    max_bond: int

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the energies of the samples in their order; the dotted line is their mean.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.
        """
        label = "energy (units of H)"
        return draw_descent(
            axes_of(ax), self.samples[:, 0], float(self.energy), xlabel="sample", ylabel=label
        )

    def _brief(self) -> str:
        energy = with_error(float(self.energy), self.energy.stderr)
        return f"beta {self.beta:g}, {len(self.samples)} samples, energy {energy}"

    def _display(self) -> Display:
        rows = [
            ("β", self.beta),
            ("samples", len(self.samples)),
            ("energy", self.energy),
            ("largest bond", self.max_bond),
        ]
        values = [(str(k), value) for k, value in enumerate(self.values)]
        return Display("Sampled thermal values", rows, [Table(("observable", "value"), values)])


@few_threads(1)
def metts(
    hamiltonian: ObservableLike,
    beta: float,
    observables: Sequence[ObservableLike] = (),
    *,
    samples: int = 200,
    max_bond: int | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Metts:
    r"""Return thermal values of a chain from typical states, with standard errors.

    :math:`\mathrm{Tr}[e^{-βH} O] / Z`, the mean over states :math:`e^{-βH/2}|i⟩`, normalised.

    Args:
        hamiltonian: Hermitian; site i is qubit i.
        beta: inverse temperature, at least 0.
        observables: Hermitian, in Pauli matrices, on the same sites.
        samples: at least 16; a tenth as many are drawn before and left out.
        max_bond: largest bond dimension of a state; None for no limit. What it cuts is added to
            the errors.
        seed: of all draws.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `Metts`: energy and values with the standard errors of blocked samples. States rarer than
        one in `samples` are mostly not seen, nor in the errors: the last e^(-β gap) of an energy at
        low temperatures takes `thermal_state`.

    Raises:
        ArgumentError: bad operators, negative temperatures, fewer than 16 samples.

    Cost: one evolution in imaginary time by β/2 per sample.

    Example:
        >>> import qtn
        >>> found = metts(qtn.chain("heisenberg", n=4), 1.0, samples=16)
        >>> found.energy.shots, found.energy.stderr > 0
        (16, True)
    """
    terms = read_terms(hamiltonian)
    b = real("beta", beta, 0.0, 1e6, way_out="Temperatures are positive.")
    read = [read_terms(o, "observables") for o in
            items("observables", observables, "a sequence of observables")]  # fmt: skip
    for other in read:
        if other.n != terms.n:
            raise fail("observables", f"operators on {terms.n} qubits", f"one on {other.n}")
    count = bounded_int("samples", samples, 2 * FEWEST_BLOCKS)
    bond = None if max_bond is None else positive_int("max_bond", max_bond)
    bounded_int("seed", seed, 0)
    checked_progress(progress)
    written = as_operator(hamiltonian)
    operators = [operator_tensors(t) for t in (terms, *read)]
    state = _product(generator(seed, "metts").integers(0, 2, terms.n), along_x=False)
    rows, largest, lost = [], 1, 0.0
    skipped = max(5, count // 10)
    with progress_bar(skipped + count, "metts", progress) as bar:
        for k in range(skipped + count):
            if b > 0.0:
                state = evolve(written, state, -0.5j * b, cutoff=CUTOFF, max_bond=bond,
                               progress=False)  # fmt: skip
                lost += _cut_off(state, bond) / (skipped + count)
            if k >= skipped:
                rows.append([expectation(w, state.tensors) for w in operators])
                largest = max(largest, state.max_bond)
            state = _measured(state, along_x=k % 2 == 0, seed=derived_seed(seed, "metts", k))
            bar.update()
    found = np.array(rows)
    means = [
        Estimate(float(x.mean()), math.hypot(blocked_error(x), lost * _scale(t)), count, "metts")
        for x, t in zip(found.T, (terms, *read), strict=True)
    ]
    return Metts(b, means[0], tuple(means[1:]), found, largest)


def _cut_off(state: MPS, bond: int | None) -> float:
    """Return the norm of what cuts took of a state that has reached the largest bond, or 0."""
    if bond is None or state.max_bond < bond:
        return 0.0
    return float(np.sqrt(np.sum(getattr(state.origin, "discarded", 0.0))))


def _scale(terms: Terms) -> float:
    """Return how far a value moves per norm of what was cut."""
    return 2.0 * max(terms.strength, abs(terms.constant))


def _product(bits: Array, *, along_x: bool) -> MPS:
    basis = HADAMARD if along_x else np.eye(2)
    return MPS.product([basis[int(bit)] for bit in bits])


def _measured(state: MPS, *, along_x: bool, seed: int) -> MPS:
    """Measure all sites along Z or X and return the product state found."""
    turned = state
    if along_x:
        turned = MPS(tuple(np.einsum("ab,lbr->lar", HADAMARD, t) for t in state.tensors))
    bits = np.asarray(turned.sample(1, seed))[0]
    return _product(bits, along_x=along_x)
