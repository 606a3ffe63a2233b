"""Circuits as chains on a torch device: the algorithm of `kernels.circuit`, for large bonds.

One gate after the other at the orthogonality centre, as on the CPU, so that the weight lost is the
true one. What a GPU does badly is replaced: bases come from Cholesky factors of Gram matrices
(`gpu_linear`), and a bond at its cap from subspace iteration in double precision, which costs no
more there than single.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qtn._optional import Tensor, torch
from qtn.states.gpu_linear import factored, orthonormal
from qtn.states.kernels.circuit import Gate, check_gates, fuse_gates, route_gates, schedule
from qtn.states.kernels.split import SKETCH_CEILING, random_signs
from qtn.states.kernels.truncate import kept_rank
from qtn.states.kernels.work import Step, Watch, move_work, pair_work

# How many operations of a core a GPU does in the time of one, for the account of the work.
GAIN = 20.0
# Relative weight lost below which the difference of two norms is rounding.
_FLOOR = 1e-12
# Relative weight that the eigenvalues of a Gram matrix resolve.
_RESOLVED = 1e-15
_ROUNDS = 1  # of subspace iteration, as on the CPU


class DeviceRun:
    """A chain in |0…0⟩, and what gates make of it.

    Args:
        n: number of sites of dimension 2.
        device: a torch device.
        limit: largest bond; None for no limit.
        cutoff: relative squared weight that one truncation may lose.

    Attributes:
        tensors: torch tensors (left, 2, right), complex128.
        center: site of the orthogonality centre.
        fidelity, distance, max_bond: as in `kernels.circuit.Build`.
    """

    def __init__(self, n: int, device: str, limit: int | None, cutoff: float) -> None:
        zero = torch.zeros(1, 2, 1, dtype=torch.complex128, device=device)
        zero[0, 0, 0] = 1.0
        self.tensors = [zero] * n
        self.center, self.limit, self.cutoff = 0, limit, cutoff
        self.fidelity, self.distance, self.work, self.max_bond = 1.0, 0.0, 0.0, 1

    def apply(self, gates: Sequence[Gate], watch: Watch | None = None) -> None:
        """Apply gates on one or two sites in order; see `kernels.circuit.apply_gates`.

        Raises:
            ArgumentError: for a gate outside the chain or of the wrong size.
        """
        check_gates(gates, len(self.tensors), 2)
        single, pairs = fuse_gates(route_gates(gates, 2), 2)
        order = schedule(pairs, self.center)
        for k, (sites, matrix) in enumerate(order):
            left = sites[0]
            following = order[k + 1][0][0] if k + 1 < len(order) else left
            self.move(left if self.center <= left else left + 1)
            self._apply_pair(left, self._sent(matrix), rightwards=following > left)
            if watch is not None:
                bond = self.tensors[left].shape[2]
                numbers = sum(math.prod(t.shape) for t in self.tensors)
                watch(Step(k + 1, len(order), left, bond, 4, self.work / GAIN, numbers))
        for site, matrix in single.items():
            self.tensors[site] = self._sent(matrix) @ self.tensors[site]

    def _sent(self, matrix: np.ndarray) -> Tensor:
        return torch.as_tensor(np.asarray(matrix, complex)).to(self.tensors[0].device)

    def move(self, site: int) -> None:
        """Bring the orthogonality centre to `site`."""
        while self.center < site:
            k = self.center
            old, following = self.tensors[k], self.tensors[k + 1]
            self.work += move_work(*old.shape)
            q, r = factored(old.flatten(0, 1))
            self.tensors[k] = q.unflatten(0, old.shape[:2])
            self.tensors[k + 1] = (r @ following.flatten(1)).unflatten(1, following.shape[1:])
            self.center += 1
        while self.center > site:
            k = self.center
            old, following = self.tensors[k], self.tensors[k - 1]
            self.work += move_work(*old.shape[::-1])
            q, r = factored(old.flatten(1).mH)
            self.tensors[k] = q.mH.resolve_conj().unflatten(1, old.shape[1:])
            self.tensors[k - 1] = following @ r.mH
            self.center -= 1

    def _apply_pair(self, left: int, matrix: Tensor, *, rightwards: bool) -> None:
        """Contract a pair with its gate, split it again and keep the centre on one side."""
        first, second = self.tensors[left], self.tensors[left + 1]
        before, behind = first.shape[0], second.shape[2]
        self.work += pair_work(first.shape, behind, 4, self.limit)
        theta = (first.flatten(0, 1) @ second.flatten(1)).reshape(before, 4, behind)
        theta = (matrix @ theta).reshape(2 * before, 2 * behind)
        a, b, lost, total = self._split(theta, rightwards)
        self.tensors[left] = a.resolve_conj().unflatten(0, (before, 2))
        self.tensors[left + 1] = b.resolve_conj().unflatten(1, (2, behind))
        self.center = left + rightwards
        if total > 0:
            self.distance += math.sqrt(self.fidelity * lost / total)
            self.fidelity *= 1.0 - lost / total
        self.max_bond = max(self.max_bond, a.shape[1])

    def _split(self, theta: Tensor, rightwards: bool) -> tuple[Tensor, Tensor, float, float]:
        """Return both factors, of which one is isometric, the weight lost, and the whole weight."""
        block = theta if rightwards else theta.mH
        found = self._sketched(block)
        basis, lost, total = self._exact(block) if found is None else found
        rest = basis.mH @ block
        return (basis, rest, lost, total) if rightwards else (rest.mH, basis.mH, lost, total)

    def _sketched(self, block: Tensor) -> tuple[Tensor, float, float] | None:
        """Return a basis by subspace iteration where a bond is held at its cap."""
        limit = self.limit
        if limit is None or 3 * limit > 2 * min(block.shape):
            return None
        signs = torch.as_tensor(random_signs(limit, len(block))).to(block.device, block.dtype)
        basis = block @ (signs @ block).mH
        for _ in range(_ROUNDS):
            basis = block @ (block.mH @ orthonormal(basis[None])[0])
        basis = orthonormal(basis[None])[0]
        total, kept = (float(torch.linalg.vector_norm(t)) ** 2 for t in (block, basis.mH @ block))
        lost = max(0.0, total - kept)
        # Not a number, where the columns were too alike, is no basis either.
        least = max(_FLOOR, self.cutoff) * total
        return (basis, lost, total) if least < lost < SKETCH_CEILING * total else None

    def _exact(self, block: Tensor) -> tuple[Tensor, float, float]:
        """Return the leading left singular vectors that lose at most the cutoff."""
        gram = block @ block.mH
        total = float(gram.diagonal().real.sum())
        cutoff, side = max(self.cutoff, _RESOLVED), len(gram)
        one = torch.eye(side, dtype=gram.dtype, device=gram.device)
        fits = side <= block.shape[1] and (self.limit is None or side <= self.limit)
        # Positive definite: nothing can be cut, which is known without the eigenvalues.
        if fits and int(torch.linalg.cholesky_ex(gram - cutoff * total * one).info) == 0:
            return one, 0.0, total
        values, vectors = torch.linalg.eigh(gram)
        weights = values.flip(0)[: min(block.shape)].clamp_min(0.0)
        keep, lost, total = kept_rank(weights.cpu().numpy(), self.limit, cutoff)
        return vectors.flip(1)[:, :keep], float(lost), float(total)
