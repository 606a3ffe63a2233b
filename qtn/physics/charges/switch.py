"""When a chain goes on in blocks: the Hamiltonian conserves a charge and the state has one.

Below a bond of some tens the work of a dense product is less than that of handling its blocks, so
sweeps begin dense and change over when their bonds have grown; the results are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._checks import fail
from qtn.errors import ArgumentError
from qtn.physics.charges.conserved import conserved_weights, raising_words
from qtn.physics.charges.environments import Array, BlockFrame
from qtn.physics.charges.labelled import Labelled, labelled_operator, squared
from qtn.physics.long_range.given import Given, as_sum
from qtn.physics.terms import Terms
from qtn.states import BlockMPS
from qtn.states.blocks.dense import dense_tensors, sectors_of
from qtn.states.blocks.labels import Charges, read_charges

__all__ = ["PAYS", "Symmetry", "in_sharp_gauge", "symmetry_of", "symmetry_with", "variance"]

PAYS = 48
"""Bond from which sweeps in blocks are faster; measured by benchmarks/physics_charges.py."""
_SPREAD = 1e-9  # of a charge in a state that may have one: rounding of its moments


@dataclass(frozen=True, slots=True)
class Symmetry:
    """The charges that a Hamiltonian conserves, and the Hamiltonian with labelled bonds."""

    charges: Charges
    operator: Labelled

    def frame(self, tensors: Sequence[Array], outside: float) -> BlockFrame | None:
        """Return a state in blocks with its environments; None if its charge is not definite.

        Args:
            tensors: normalised chain.
            outside: squared weight outside the largest sector that is projected away.
        """
        excited = [site[1] for site in self.charges.table]
        for kind in range(self.charges.kinds):
            spread = _spread(tensors, [vector[kind] for vector in excited])
            if spread > max(outside, _SPREAD):
                return None
        try:
            sites = sectors_of(tensors, self.charges, None, outside)
        except ArgumentError:  # the moments were near it, the weights are not
            return None
        return BlockFrame(self.operator, sites)


def symmetry_of(terms: Terms | Given) -> Symmetry | None:
    """Return what a Pauli sum conserves; None for nothing, and for an MPO."""
    if isinstance(terms, Given):
        return None
    weights = conserved_weights(terms)
    if weights is None:
        return None
    charges = read_charges(weights, (2,) * terms.n)
    levels = [packed[1] for packed in charges.levels()]
    return Symmetry(charges, labelled_operator(terms, levels))


def in_sharp_gauge(tensors: Sequence[Array]) -> list[Array] | None:
    """Return a state whose bond indices have a definite number of ones; None if it has none."""
    if _spread(tensors, [1] * len(tensors)) > _SPREAD:
        return None
    try:
        sites = sectors_of(tensors, read_charges(None, (2,) * len(tensors)), None)
    except ArgumentError:
        return None
    return dense_tensors(sites)


def symmetry_with(hamiltonian: Terms | Given, state: BlockMPS) -> Symmetry:
    """Return the Hamiltonian labelled by the charges of a state.

    Raises:
        ArgumentError: another number of qubits, charges that it does not conserve, an MPO.
    """
    terms = as_sum(hamiltonian)
    if state.phys != (2,) * terms.n:
        raise fail("start", f"a state of {terms.n} qubits, as many as the Hamiltonian has", state)
    levels = [packed[1] - packed[0] for packed in state.charges.levels()]
    words = raising_words(terms)
    for word in [((0, "+"),)] if words is None else words:
        change = sum(levels[site] * ((x == "+") - (x == "-")) for site, x in word)
        if words is None or change:
            raise ArgumentError(
                f"The Hamiltonian does not conserve the charges of the start ({state!r}): it has "
                f"a term on sites {[site for site, _ in word]} that changes them. Give "
                "`start.to_mps()`, which is a guess and no constraint, or a state of charges that "
                "are conserved."
            )
    return Symmetry(state.charges, labelled_operator(terms, levels))


def variance(symmetry: Symmetry, frame: BlockFrame, energy: float) -> float:
    """Return <(H - energy)²> of a normalised state with its centre at site 0.

    Cost: that of two sweeps with an operator of squared bond.
    """
    wide = BlockFrame(squared(symmetry.operator, energy), frame.sites)
    centre = wide.centre(0)
    return max(0.0, float(np.vdot(centre, wide.centre_map(0)(centre)).real))


def _spread(tensors: Sequence[Array], weights: Sequence[int]) -> float:
    """Return the variance of Σ_i w_i n_i: it bounds the weight outside one integer from below.

    Cost: O(n χ³).
    """
    moments = [np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1))]
    for tensor, weight in zip(tensors, weights, strict=True):
        steps = [
            [tensor[:, s].conj().T @ (moment @ tensor[:, s]) for s in (0, 1)] for moment in moments
        ]
        middle = weight * (steps[0][1] - steps[0][0]) / 2.0  # charges counted from the middle
        level = weight / 2.0
        moments = [
            steps[0][0] + steps[0][1],
            steps[1][0] + steps[1][1] + middle,
            steps[2][0] + steps[2][1] + 2.0 * level * (steps[1][1] - steps[1][0])
            + level * level * (steps[0][0] + steps[0][1]),
        ]  # fmt: skip
        size = float(np.abs(moments[0]).max())
        moments = [moment / size for moment in moments]
    norm, first, second = (float(moment[0, 0].real) for moment in moments)
    return second / norm - (first / norm) ** 2
