r"""Energy of long circuits and its gradient by all gates, with matrix product states.

With :math:`|\psi\rangle = U|0\rangle` and :math:`|\lambda\rangle = H|\psi\rangle`, held fixed,

.. math:: E = \langle\lambda|U|0\rangle, \quad
   \frac{\partial E}{\partial \bar G_g} = \overline{\mathcal{E}_g},

where :math:`\mathcal{E}_g` is the environment of gate g in that overlap: what the compiler's
kernels compute for a target λ. So H needs one application per gradient, whatever its range, and the
depth costs what it costs a compilation. Truncations are at rounding level; a state whose bond
outgrows the limit is refused.

Blocks on sites that are no neighbours are brought together by swaps, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtn.aqc.kernels.choose import choose_kernel
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.shape.ansatz import from_bonds
from qtn.physics.mpo import apply_operator, expectation, operator_tensors
from qtn.physics.terms import Terms
from qtn.states.kernels.circuit import apply_gates, swap_matrix
from qtn.states.kernels.gauge import normalise_chain
from qtn.states.kernels.truncate import truncate_chain
from qtn.states.kernels.work import refuse_above

Array = NDArray[Any]
_DROPPED = 1e-24  # relative weight that a truncation may drop; the error of an energy is its root
KERNEL_CUT = 1e-13
_SWAP = swap_matrix(2)


class _Pair(NamedTuple):
    """A gate on neighbours, and the number of its block: one on one site, or turned round."""

    bond: int
    matrix: Array
    block: int | None
    site: int | None = None
    turned: bool = False


class ChainEnergy:
    """⟨ψ|H|ψ⟩ of circuits on a chain.

    Args:
        terms: of the Hamiltonian, two sites or more.
        max_bond: largest bond of a circuit's state.
    """

    def __init__(self, terms: Terms, max_bond: int) -> None:
        self._operator = operator_tensors(terms)
        self._n, self._max_bond = terms.n, max_bond

    def value(self, sites: Sequence[tuple[int, ...]], matrices: Sequence[Array]) -> float:
        """Return the energy.

        Raises:
            ArgumentError: the state needs a larger bond than allowed.
        """
        return expectation(self._operator, self._state(_pairs(self._n, sites, matrices)))

    def value_and_gradient(
        self, sites: Sequence[tuple[int, ...]], matrices: Sequence[Array]
    ) -> tuple[float, list[Array]]:
        """Return the energy and ∂E/∂Ḡ of every gate.

        Raises:
            ArgumentError: as in `value`.

        Cost: that of the state, of H on it, and of one gradient of a compilation to it.
        """
        pairs = _pairs(self._n, sites, matrices)
        state = self._state(pairs)
        applied, _ = truncate_chain(apply_operator(self._operator, state), cutoff=_DROPPED)
        size = float(np.linalg.norm(applied[0]))  # canonical with centre 0
        energy = expectation(self._operator, state)
        if size == 0.0:
            return energy, [np.zeros_like(matrix) for matrix in matrices]
        applied[0] = applied[0] / size
        ansatz, order = from_bonds(self._n, [pair.bond for pair in pairs])
        kernel = choose_kernel(applied, ansatz)
        kernel.cut = KERNEL_CUT
        gates = np.array([pairs[k].matrix for k in order], dtype=complex)
        _, found = kernel.evaluate(parted(gates))
        environments = np.empty_like(gates)
        environments[order] = size * joined(found).conj()
        return energy, _by_block(pairs, environments, matrices)

    def _state(self, pairs: Sequence[_Pair]) -> list[Array]:
        real = all(pair.matrix.dtype.kind == "f" for pair in pairs)
        zero = np.array([1.0, 0.0], dtype=float if real else complex).reshape(1, 2, 1)
        gates = [((pair.bond, pair.bond + 1), pair.matrix) for pair in pairs]
        watch = refuse_above(self._max_bond)
        chain = [zero] * self._n
        built = apply_gates(chain, gates, center=0, cutoff=_DROPPED, method="svd", watch=watch)
        return list(normalise_chain(built.tensors))


def _pairs(n: int, sites: Sequence[tuple[int, ...]], matrices: Sequence[Array]) -> list[_Pair]:
    """Write every block as one on neighbours, in ascending order, with swaps around it."""
    out: list[_Pair] = []
    one = np.eye(2)
    for k, (where, matrix) in enumerate(zip(sites, matrices, strict=True)):
        if len(where) == 1:
            first = min(where[0], n - 2)
            place = where[0] - first
            whole = np.kron(one, matrix) if place else np.kron(matrix, one)
            out.append(_Pair(first, whole, k, place))
            continue
        low, high = min(where), max(where)
        turned = where[0] > where[1]
        path = [_Pair(bond, _SWAP, None) for bond in range(low, high - 1)]
        whole = _SWAP @ matrix @ _SWAP if turned else matrix
        out += [*path, _Pair(high - 1, whole, k, None, turned), *reversed(path)]
    return out


def _by_block(
    pairs: Sequence[_Pair], environments: Array, matrices: Sequence[Array]
) -> list[Array]:
    """Return the gradient of every block from those of the gates on neighbours."""
    found: list[Array] = [np.zeros(0)] * len(matrices)
    for pair, environment in zip(pairs, environments, strict=True):
        if pair.block is None:
            continue
        if pair.site is not None:
            legs = environment.reshape(2, 2, 2, 2)
            environment = np.einsum("abcb->ac" if pair.site == 0 else "abad->bd", legs)
        elif pair.turned:
            environment = _SWAP @ environment @ _SWAP
        real = matrices[pair.block].dtype.kind == "f"
        found[pair.block] = environment.real.copy() if real else environment
    return found
