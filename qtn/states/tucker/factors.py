r"""Tucker decompositions: the higher-order SVD, and its refinement by orthogonal iteration.

A tensor is :math:`T = C ×_1 U_1 ×_2 … ×_d U_d` with isometries :math:`U_k` and a core C. The
higher-order SVD takes for :math:`U_k` the left singular vectors of the unfolding along axis k.
Orthogonal iteration (HOOI) then improves one :math:`U_k` after another: with the others fixed, the
best one holds the leading singular vectors of T contracted with them. The norm of the core never
falls, and :math:`‖T - T_r‖² = ‖T‖² - ‖C‖²` throughout.

Reference: De Lathauwer, De Moor and Vandewalle, SIAM J. Matrix Anal. Appl. 21, 1253 and 1324
(2000). Here singular vectors come from a QR factorisation first, so that small ones keep their
digits at the price of a Gram matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tucker(Displayed):
    """A core and one factor per axis.

    Args:
        core: of shape (r_1, …, r_d).
        factors: isometries of shape (n_k, r_k).
    """

    core: Array
    factors: tuple[Array, ...]

    @property
    def parameters(self) -> int:
        """Numbers in the core and the factors."""
        return self.core.size + sum(f.size for f in self.factors)

    def to_dense(self) -> Array:
        """Return the tensor. Cost: that of its entries times the first ranks."""
        found = self.core
        for axis, factor in enumerate(self.factors):
            found = times(found, factor, axis)
        return found

    def _brief(self) -> str:
        shape = "×".join(str(len(f)) for f in self.factors)
        core = "×".join(map(str, self.core.shape))
        return f"{shape}, core {core}, {self.parameters} parameters"

    def _display(self) -> Display:
        rows = [
            ("core", self.core),
            *((f"factor {k}", factor) for k, factor in enumerate(self.factors)),
            ("parameters", self.parameters),
        ]
        return Display("Tucker decomposition", rows)


def times(tensor: Array, matrix: Array, axis: int) -> Array:
    """Return the tensor with a matrix applied to one axis."""
    return np.moveaxis(np.tensordot(matrix, tensor, (1, axis)), 0, axis)


def unfolded(tensor: Array, axis: int) -> Array:
    """Return the matrix of one axis against all others."""
    return np.moveaxis(tensor, axis, 0).reshape(tensor.shape[axis], -1)


def left_vectors(matrix: Array) -> tuple[Array, Array]:
    """Return left singular vectors (as many as rows or columns) and values of a wide matrix."""
    if matrix.shape[1] > matrix.shape[0]:
        matrix = np.asarray(np.linalg.qr(matrix.conj().T, mode="r")).conj().T
    vectors, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return vectors, values


def hosvd(tensor: Array) -> tuple[Tucker, list[Array]]:
    """Return the whole higher-order SVD and the singular values of every unfolding.

    Cost: O(Π n_k Σ n_k).
    """
    core, factors, spectra = tensor, [], []
    for axis in range(tensor.ndim):
        vectors, values = left_vectors(unfolded(tensor, axis))
        factors.append(vectors)
        spectra.append(values)
        core = times(core, vectors.conj().T, axis)
    return Tucker(core, tuple(factors)), spectra


def cut(whole: Tucker, shape: Sequence[int]) -> Tucker:
    """Return the leading block of a decomposition."""
    block = whole.core[tuple(slice(r) for r in shape)]
    return Tucker(block, tuple(f[:, :r] for f, r in zip(whole.factors, shape)))


def hooi(tensor: Array, start: Tucker, sweeps: int = 20, tolerance: float = 1e-9) -> Tucker:
    """Improve a decomposition of the same shape by orthogonal iteration.

    Args:
        tensor: what is decomposed.
        start: where to begin.
        sweeps: at most so many rounds over all axes.
        tolerance: of the last gain in the squared norm of the core, relative; below, it ends.

    Returns:
        A decomposition whose core is not smaller in norm.

    Cost: O(sweeps d Π n_k r).
    """
    factors = list(start.factors)
    core, norm = start.core, 0.0
    for _ in range(sweeps):
        before = norm
        for axis in range(tensor.ndim):
            rest = tensor
            for other, factor in enumerate(factors):
                if other != axis:
                    rest = times(rest, factor.conj().T, other)
            factors[axis] = left_vectors(unfolded(rest, axis))[0][:, : start.core.shape[axis]]
            core = times(rest, factors[axis].conj().T, axis)
        norm = float(np.vdot(core, core).real)
        if norm - before <= tolerance * norm:
            break
    return Tucker(core, tuple(factors))
