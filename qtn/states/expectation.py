r"""Expectation values of many product operators in one sweep, environments shared.

For a chain in canonical form with centre c everything outside the support of an operator is the
identity, except between the support and the centre, where the environment of the identity is
computed once. Operators that begin alike (same start, same factors so far) share their partial
environments, and the projections :math:`B_{pq} = A_p^\dagger E A_q` of an environment E are
shared by all factors that act next.

Reference: Schollwöck, Ann. Phys. 326, 96 (2011), section 4.2 (one operator at a time there).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.states.gauge import canonicalise

Array = NDArray[Any]
Factors = Mapping[int, Array]
Prefix = tuple[int, bytes]


def product_sum(
    tensors: Sequence[Array], operators: Sequence[Factors], *, center: int | None = None
) -> Array:
    """Return ⟨ψ|O_k|ψ⟩ / ⟨ψ|ψ⟩ for product operators O_k = ⊗_i F_{k,i}.

    Args:
        tensors: Chain (left, phys, right).
        operators: For each operator its factors {site: matrix (phys, phys)}; {} is the identity.
        center: Orthogonality centre of the chain; None if unknown (then one QR sweep is made).

    Returns:
        Array (len(operators),), real for a real chain and real factors.

    Raises:
        ArgumentError: A site outside the chain or a matrix of the wrong size.

    Cost:
        O(χ³) per site and distinct partial operator.

    Example:
        >>> bell = [np.eye(2).reshape(1, 2, 2), np.eye(2).reshape(2, 2, 1)]
        >>> z = np.diag([1.0, -1.0])
        >>> np.round(product_sum(bell, [{0: z, 1: z}, {1: z}]), 12) + 0.0
        array([1., 0.])
    """
    _check(tensors, operators)
    if center is None:
        center = 0
        tensors = canonicalise(tensors, 0)
    sweep = _Sweep(tensors, operators, center)
    return sweep.values / float(np.sum(np.abs(tensors[center]) ** 2))


def _check(tensors: Sequence[Array], operators: Sequence[Factors]) -> None:
    for factors in operators:
        for site, matrix in factors.items():
            if not 0 <= site < len(tensors):
                raise fail("operators", f"on sites 0 to {len(tensors) - 1}", site)
            if matrix.shape != (tensors[site].shape[1],) * 2:
                raise fail("operators", f"square of side {tensors[site].shape[1]}", matrix)


class _Sweep:
    """One pass over the chain that carries the environments of all open operators.

    Tensors are kept as (phys, left, right), so that every step is a stack of plain products. An
    environment None is the identity matrix.
    """

    def __init__(self, tensors: Sequence[Array], operators: Sequence[Factors], center: int) -> None:
        self.tensors = tensors
        self.operators = operators
        self.spans = [(min(f), max(f)) if f else (center, center) for f in operators]
        self.center = center
        dtype = np.result_type(*tensors, *[m for f in operators for m in f.values()])
        self.values = np.zeros(len(operators), dtype)
        if operators:
            self.closed = self._right_environments()
            self._run()

    def _right_environments(self) -> dict[int, Array]:
        """Sites left of the centre times the environment of the identity to their right.

        The products (A_p R) A_p† that make up the next environment are kept as well: an operator
        that ends with a diagonal factor needs nothing else.
        """
        lowest = min(end for _, end in self.spans)
        self.products: dict[int, Array] = {}
        out: dict[int, Array] = {}
        if lowest >= self.center:
            return out
        stack = _stack(self.tensors[self.center])
        environment = np.matmul(stack, stack.conj().transpose(0, 2, 1)).sum(axis=0)
        for site in range(self.center - 1, lowest - 1, -1):
            stack = _stack(self.tensors[site])
            out[site] = np.matmul(stack, environment)
            self.products[site] = np.matmul(out[site], stack.conj().transpose(0, 2, 1))
            environment = self.products[site].sum(axis=0)
        return out

    def _run(self) -> None:
        starting: dict[int, list[int]] = {}
        for k, (start, _) in enumerate(self.spans):
            starting.setdefault(start, []).append(k)
        last_start = max(starting)
        identity: Array | None = None
        groups: list[tuple[Array | None, list[int]]] = []
        for site in range(min(*starting, self.center), max(e for _, e in self.spans) + 1):
            carry = site >= self.center and site < last_start
            if site in starting or carry:
                groups.append((identity, starting.get(site, [])))
            groups, identity = self._step(site, groups, carry)

    def _step(
        self, site: int, groups: list[tuple[Array | None, list[int]]], carry: bool
    ) -> tuple[list[tuple[Array | None, list[int]]], Array | None]:
        """Absorb one site into every open environment; close the operators that end here."""
        stack = _stack(self.tensors[site])
        conjugate = stack.conj().transpose(0, 2, 1)
        out: list[tuple[Array | None, list[int]]] = []
        carried: Array | None = None
        for position, (environment, members) in enumerate(groups):
            going = [k for k in members if self.spans[k][1] > site]
            self._close(site, stack, environment, [k for k in members if self.spans[k][1] == site])
            keep = carry and position == len(groups) - 1
            if not going and not keep:
                continue
            half = stack if environment is None else np.matmul(environment, stack)
            isometric = environment is None and site < self.center
            blocks: dict[tuple[int, int], Array] = {}
            by_factor: dict[bytes, list[int]] = {}
            for k in going:
                by_factor.setdefault(_key(self.operators[k].get(site)), []).append(k)
            for ks in by_factor.values():
                matrix = self.operators[ks[0]].get(site)
                out.append((_combine(matrix, conjugate, half, blocks, isometric), ks))
            if keep:
                carried = _combine(None, conjugate, half, blocks, isometric)
        return out, carried

    def _close(
        self, site: int, stack: Array, environment: Array | None, members: list[int]
    ) -> None:
        """Add the operators that end at `site`: Σ_pq F_pq Tr(A_p† E A_q R)."""
        if not members:
            return
        factors = {}
        for k in members:
            matrix = self.operators[k].get(site)
            factors[k] = np.eye(len(stack)) if matrix is None else matrix
        needed = {pq for f in factors.values() for pq in zip(*np.nonzero(f), strict=True)}
        dots = self._dots(site, stack, environment, needed)
        for k, factor in factors.items():
            self.values[k] += sum(factor[pq] * dots[pq] for pq in dots if factor[pq] != 0)

    def _dots(
        self, site: int, stack: Array, environment: Array | None, needed: set[tuple[int, int]]
    ) -> dict[tuple[int, int], Any]:
        """Return Tr(A_p† E A_q R) for the pairs (p, q) needed."""
        if environment is not None and site in self.products and all(p == q for p, q in needed):
            turned = environment.T
            return {(p, p): np.sum(turned * self.products[site][p]) for p, _ in needed}
        half = self.closed.get(site, stack)
        if environment is not None:
            half = np.matmul(environment, half)
        return {(p, q): np.vdot(stack[p], half[q]) for p, q in needed}


def _stack(tensor: Array) -> Array:
    return np.ascontiguousarray(tensor.transpose(1, 0, 2))


def _key(matrix: Array | None) -> bytes:
    return b"" if matrix is None else matrix.tobytes() + matrix.dtype.char.encode()


def _combine(
    matrix: Array | None,
    conjugate: Array,
    half: Array,
    blocks: dict[tuple[int, int], Array],
    isometric: bool,
) -> Array:
    """Return Σ_pq F_pq A_p† E A_q from projections that are computed once per environment.

    Where E = 1 and the site is left-orthonormal, Σ_p A_p† A_p = 1 saves the last projection.
    """
    phys = len(half)
    factor = np.eye(phys) if matrix is None else matrix
    pairs = list(zip(*np.nonzero(factor), strict=True))
    total = np.zeros((conjugate.shape[1], half.shape[2]), np.result_type(half, factor))
    if isometric and all((p, p) in pairs for p in range(phys)):
        shift = factor[0, 0]
        total.flat[:: total.shape[1] + 1] = shift
        factor = factor - shift * np.eye(phys)
        pairs = list(zip(*np.nonzero(factor), strict=True))
    for p, q in pairs:
        if (p, q) not in blocks:
            blocks[p, q] = conjugate[p] @ half[q]
        total += blocks[p, q] if factor[p, q] == 1 else factor[p, q] * blocks[p, q]
    return total
