r"""Hamiltonians given as matrix product operators, in the form that sweeps expect.

Sweeps take sums whose bond has a channel "nothing yet" (index 0: identities so far) and one "all
done" (the last: identities from here on), so that a constant can be added at one site. An MPO that
lacks them gets them: :math:`1 ⊕ W ⊕ 1` is the same operator.

In Pauli matrices, :math:`H = \sum_P c_P P`, H is Hermitian where all c are real: the norm of their
imaginary parts is that of a direct sum, swept to one site. The scale of energy at a site is the
root of the sum of c² over the strings that act there; a sum of |c| would need them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.errors import ArgumentError
from qtn.physics.terms import Terms, as_operator, read_terms
from qtn.states import MPO
from qtn.states.operators import FACTORS

__all__ = ["Given", "as_sum", "named", "read_chain"]

Array = NDArray[Any]
HERMITIAN = 1e-10
"""Largest norm of the part that is not Hermitian, relative to the whole."""
COUPLINGS = 2.5
"""Sum of |c| over the root of the sum of c² at a site of a Heisenberg chain."""


@dataclass(frozen=True, eq=False)
class Given:
    """A Hermitian MPO on n sites, read as `qtn.physics.terms.Terms` are.

    Args:
        operator: as it was given.
        tensors: arrays (left, right, out, in) with the two channels, real where they can be.
    """

    nearest_neighbour: ClassVar[bool] = False

    operator: MPO
    tensors: tuple[Array, ...]

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def real(self) -> bool:
        """Whether all tensors are real."""
        return not np.iscomplexobj(self.tensors[0])

    @cached_property
    def strength(self) -> float:
        """Scale of energy at one site (sets the time scale)."""
        return COUPLINGS * float(_at_sites(_coefficients(self.operator)).max())


def read_chain(hamiltonian: Any, name: str = "hamiltonian") -> Terms | Given:
    """Read a Hamiltonian of a chain: an MPO, or what `read_terms` takes.

    Raises:
        ArgumentError: as of `read_terms`; an MPO that is not Hermitian.

    Cost: of an MPO of bond D, O(n D³).
    """
    if not isinstance(hamiltonian, MPO):
        return read_terms(hamiltonian, name)
    if hamiltonian.n < 2:
        raise fail(name, "an operator on at least 2 qubits", hamiltonian)
    sites = _coefficients(hamiltonian)
    size = _norm(sites)
    skew = _norm(_imaginary(sites)) if np.iscomplexobj(sites[0]) else 0.0
    if size == 0.0:
        raise fail(name, "an operator other than zero", hamiltonian)
    if skew > HERMITIAN * size:
        raise ArgumentError(
            f"Argument `{name}` must be Hermitian, but |H - H†| is {2 * skew / size:.1e} of |H|. "
            "Give (H + H†) / 2."
        )
    tensors = [t.transpose(0, 3, 1, 2) for t in hamiltonian.tensors]
    if not any(t.imag.any() for t in tensors):
        tensors = [t.real for t in tensors]
    if not _has_channels(tensors):
        tensors = _with_channels(tensors)
    return Given(hamiltonian, tuple(np.ascontiguousarray(t) for t in tensors))


def as_sum(terms: Terms | Given) -> Terms:
    """Return a Pauli sum itself, and refuse an MPO."""
    if isinstance(terms, Given):
        raise fail(
            "hamiltonian", "a sum of Pauli strings for a tree, charges or product formulas",
            terms.operator,
            "An MPO is taken on chains, by DMRG(...) and TDVP(...), from states without charges.",
        )  # fmt: skip
    return terms


def named(hamiltonian: Any) -> Any:
    """Return a Hamiltonian as a state remembers it: an MPO itself, else a `SparsePauliOp`."""
    return hamiltonian if isinstance(hamiltonian, MPO) else as_operator(hamiltonian)


def _coefficients(operator: MPO) -> list[Array]:
    """Return the chain of c: arrays (left, letter, right), letters I X Y Z."""
    letters = np.array([FACTORS[x] for x in "IXYZ"]) / 2.0
    sites = [np.einsum("pio,loir->lpr", letters, t) for t in operator.tensors]
    return sites if any(site.imag.any() for site in sites) else [site.real for site in sites]


def _imaginary(sites: Sequence[Array]) -> list[Array]:
    """Return the chain of Im c = (c - c*) / 2i."""
    joined = []
    for k, site in enumerate(sites):
        left, _, right = site.shape
        both = np.zeros((2 * left, 4, 2 * right), dtype=complex)
        both[:left, :, :right], both[left:, :, right:] = site, site.conj()
        if k == 0:
            both = both[:1] - both[1:]
        if k == len(sites) - 1:
            both = (both[:, :, :1] + both[:, :, 1:]) / 2.0
        joined.append(both)
    return joined


def _norm(sites: Sequence[Array]) -> float:
    """Return the norm of a chain; its digits do not cancel."""
    carry: Array = np.ones((1, 1))
    for site in sites:
        rows = np.tensordot(carry, site, 1)
        carry = np.linalg.qr(rows.reshape(-1, rows.shape[2]))[1]
    return float(np.abs(carry[0, 0]))


def _at_sites(sites: Sequence[Array]) -> Array:
    """Return the root of the sum of |c|² over the strings that act on every site."""
    chain = list(sites)
    for k in range(len(chain) - 1, 0, -1):
        q, r = np.linalg.qr(chain[k].reshape(len(chain[k]), -1).T)
        chain[k] = q.T.reshape(-1, 4, chain[k].shape[2])
        chain[k - 1] = np.tensordot(chain[k - 1], r.T, 1)
    carry: Array = np.ones((1, 1))
    found = []
    for site in chain:
        centre = np.tensordot(carry, site, 1)
        found.append(np.linalg.norm(centre[:, 1:]))
        carry = np.linalg.qr(centre.reshape(-1, centre.shape[2]))[1]
    return np.array(found)


def _has_channels(tensors: Sequence[Array]) -> bool:
    """Whether index 0 says "nothing yet" and the last one "all done" at every bond."""
    one, last = np.eye(2), len(tensors) - 1
    for k, tensor in enumerate(tensors):
        opens = k == last or ((tensor[0, 0] == one).all() and not tensor[1:, 0].any())
        closes = k == 0 or ((tensor[-1, -1] == one).all() and not tensor[-1, :-1].any())
        if not opens or not closes or (0 < k < last and len(tensor) < 2):
            return False
    return min(len(t) for t in tensors[1:]) > 1


def _with_channels(tensors: Sequence[Array]) -> list[Array]:
    """Return 1 ⊕ W ⊕ 1."""
    wide = []
    for k, tensor in enumerate(tensors):
        left, right = tensor.shape[:2]
        block = np.zeros((left + 2, right + 2, 2, 2), tensor.dtype)
        block[0, 0] = block[-1, -1] = np.eye(2)
        block[1:-1, 1:-1] = tensor
        if k == 0:
            # Both "nothing yet" and W begin here.
            block = block[:1] + block[1:2]
        if k == len(tensors) - 1:
            block = block[:, 1:2] + block[:, -1:]
        wide.append(block)
    return wide
