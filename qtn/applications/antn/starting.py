"""The chain that a search starts from: DMRG's of the same bond, of one number of ones.

Where the total Z is conserved a state has one number of ones. By default it is half of the sites,
unless DMRG's chain has far more weight of another number. A chain of several numbers loses all but
one in the wavefunction; beside it stands a chain that was searched for within the sector, and the
one that gives the lower energy starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail
from qtn.physics import ground_state
from qtn.physics.terms import Terms
from qtn.states import MPS, BlockMPS

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

__all__ = ["starting_chains", "weights_by_ones"]

SHARP = 1e-8
"""Weight that a chain may have outside its number of ones; it is left out."""
FAR = 10.0
"""Ratio of weights from which another number of ones than half of the sites is taken."""


def starting_chains(
    hamiltonian: ObservableLike, terms: Terms, bond: int, ones: int | None
) -> tuple[list[MPS], int | None]:
    """Return chains to start from and their number of ones, None where that is not conserved.

    Raises:
        ArgumentError: `ones` where it is not conserved, or more than there are sites.

    Cost: that of DMRG, once or twice, and O(n² χ³).
    """
    if not terms.conserves_magnetisation:
        if ones is not None:
            raise fail("ones", "None where the total Z is not conserved", ones)
        return [ground_state(hamiltonian, max_bond=bond, progress=False)], None
    if ones is not None:
        bounded_int("ones", ones, 0, terms.n)
    free = ground_state(hamiltonian, max_bond=bond, progress=False)
    weights = weights_by_ones(free)
    half, most = terms.n // 2, int(np.argmax(weights))
    usual = half if FAR * weights[half] > weights[most] else most
    count = usual if ones is None else ones
    if weights[count] > 1.0 - SHARP:
        return [free], count
    levels = np.diff(np.arange(terms.n + 1) * count // terms.n)  # spread evenly
    inside = BlockMPS.product([int(level) for level in levels])
    sharp = ground_state(hamiltonian, start=inside, max_bond=bond, progress=False)
    return [sharp, free] if weights[count] > SHARP else [sharp], count


def weights_by_ones(chain: MPS) -> NDArray[np.float64]:
    """Return the weights of 0 … n ones: the Fourier transform of the mean of exp(iθ Σ n_i)."""
    n = chain.n
    turns = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))
    means = [_mean(chain, np.array([1.0, turn])) for turn in turns]
    return np.asarray(np.fft.fft(means).real / (n + 1))


def _mean(chain: MPS, diagonal: NDArray[np.complex128]) -> complex:
    row = np.ones((1, 1), complex)
    for tensor in chain.tensors:
        moved = np.tensordot(row, tensor * diagonal[None, :, None], 1)
        row = np.tensordot(tensor.conj(), moved, ((0, 1), (0, 1)))
    return complex(row[0, 0])
