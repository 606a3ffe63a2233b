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
    """One pass over the chain that carries the environments of all open operators."""

    def __init__(self, tensors: Sequence[Array], operators: Sequence[Factors], center: int) -> None:
        self.tensors = tensors
        self.operators = operators
        self.spans = [(min(f), max(f)) if f else (center, center) for f in operators]
        self.center = center
        dtype = np.result_type(*tensors, *[m for f in operators for m in f.values()])
        self.values = np.zeros(len(operators), dtype)
        self.rights = self._right_environments()
        self._run()

    def _right_environments(self) -> dict[int, Array]:
        """Environments of the identity between the centre and the ends of operators left of it."""
        ends = [end for _, end in self.spans if end < self.center]
        out: dict[int, Array] = {}
        if not ends:
            return out
        lowest = min(ends)
        environment = np.eye(self.tensors[self.center].shape[2])
        for site in range(self.center, lowest, -1):
            tensor = self.tensors[site]
            left = tensor.shape[0]
            half = (tensor @ environment).reshape(left, -1)
            environment = half @ tensor.reshape(left, -1).conj().T
            out[site - 1] = environment
        return out

    def _run(self) -> None:
        starting: dict[int, list[int]] = {}
        for k, (start, _) in enumerate(self.spans):
            starting.setdefault(start, []).append(k)
        first = min(min(starting), self.center)
        last = max(end for _, end in self.spans)
        identity: Array | None = None
        groups: list[tuple[Array, list[int]]] = []
        for site in range(first, last + 1):
            tensor = self.tensors[site]
            if identity is None and (site in starting or site > self.center):
                identity = np.eye(tensor.shape[0], dtype=tensor.dtype)
            fresh = starting.get(site, [])
            open_groups = list(groups)
            needs_identity = site >= self.center and any(s > site for s in starting)
            if fresh or needs_identity:
                source = identity if identity is not None else np.eye(tensor.shape[0])
                open_groups.append((source, fresh))
            groups, carried = self._step(site, open_groups, needs_identity)
            identity = carried if site >= self.center else None

    def _step(
        self, site: int, groups: list[tuple[Array, list[int]]], keep_identity: bool
    ) -> tuple[list[tuple[Array, list[int]]], Array | None]:
        """Absorb one site into every open environment; close the operators that end here."""
        tensor = self.tensors[site]
        left, phys, right = tensor.shape
        flat = tensor.reshape(left, phys * right)
        carried: Array | None = None
        out: list[tuple[Array, list[int]]] = []
        slices = np.ascontiguousarray(tensor.conj().transpose(1, 2, 0))
        for position, (environment, members) in enumerate(groups):
            half = (environment @ flat).reshape(left, phys, right)
            blocks: dict[tuple[int, int], Array] = {}
            by_factor: dict[bytes, list[int]] = {}
            for k in members:
                by_factor.setdefault(_key(self.operators[k].get(site)), []).append(k)
            for ks in by_factor.values():
                matrix = self.operators[ks[0]].get(site)
                ending = [k for k in ks if self.spans[k][1] == site]
                if ending:
                    self.values[ending] = self._close(site, matrix, half)
                going = [k for k in ks if self.spans[k][1] > site]
                if going:
                    out.append((_combine(matrix, slices, half, blocks), going))
            if keep_identity and position == len(groups) - 1:
                carried = _combine(None, slices, half, blocks)
        return out, carried

    def _close(self, site: int, matrix: Array | None, half: Array) -> Any:
        tensor = self.tensors[site]
        if matrix is not None:
            tensor = np.matmul(matrix.conj().T, tensor)
        if site < self.center:
            half = half @ self.rights[site]
        return np.vdot(tensor, half)


def _key(matrix: Array | None) -> bytes:
    return b"" if matrix is None else matrix.tobytes() + matrix.dtype.char.encode()


def _combine(
    matrix: Array | None, slices: Array, half: Array, blocks: dict[tuple[int, int], Array]
) -> Array:
    """Return Σ_pq F_pq A_p† E A_q from projections that are computed once per environment."""
    phys = half.shape[1]
    factor = np.eye(phys) if matrix is None else matrix
    total: Array | None = None
    for p in range(phys):
        for q in range(phys):
            if factor[p, q] == 0:
                continue
            if (p, q) not in blocks:
                blocks[p, q] = slices[p] @ half[:, q]
            part = blocks[p, q] if factor[p, q] == 1 else factor[p, q] * blocks[p, q]
            total = part if total is None else total + part
    if total is None:
        return np.zeros((slices.shape[1], half.shape[2]), half.dtype)
    return total
