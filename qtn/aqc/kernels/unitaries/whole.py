r"""Dense kernel for operators: Tr(U†V)/2ⁿ as the overlap of two vectors of 4ⁿ numbers.

A matrix is a vector on twice as many sites, outputs before inputs. V acts on the outputs of the
identity, :math:`\sum_x |x\rangle|x\rangle / 2^{n/2}`, so that the dense kernel for states serves
with another state at the start. Any shape and depth; cost O(gates 4ⁿ).
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.shape.ansatz import Ansatz

LARGEST = 8  # sites


class WholeKernel(DenseKernel):
    """Overlap, environments and polar sweeps of Tr(U†V)/2ⁿ by whole matrices.

    Args:
        target: the operator as a chain of dimension four per site (index 2 out + in), norm 1.
        ansatz: the circuit shape, at most `LARGEST` sites.
    """

    def __init__(self, target: list[np.ndarray], ansatz: Ansatz) -> None:
        n = ansatz.n
        self.ansatz, self.cut = ansatz, 0.0
        self._sequence = [(g, 2 ** (2 * n - 2 - b)) for g, b in ansatz.sequence()]
        vector: np.ndarray = np.ones((1, 1), complex)
        for tensor in target:
            vector = np.tensordot(vector, tensor, 1).reshape(-1, tensor.shape[2])
        outputs_first = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
        vector = vector.reshape((2,) * (2 * n)).transpose(outputs_first).reshape(-1)
        self._start = np.zeros((2, 4**n))
        self._start[0] = np.eye(2**n).reshape(-1) / 2 ** (0.5 * n)
        self._target = np.stack([vector.real, -vector.imag])
        self._bra, self._ket, self._spare = (np.empty_like(self._target) for _ in range(3))
        self._last, self._at_end = np.empty(0), True

    def _blank(self) -> np.ndarray:
        return self._start

    @property
    def products(self) -> float | None:
        """Not counted: on so few sites no search has to be cut short."""
        return None

    def overlap(self, gates: np.ndarray) -> complex:
        """Return f alone."""
        return self._begin(gates)
