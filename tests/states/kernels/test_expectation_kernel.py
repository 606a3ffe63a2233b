"""Single steps of the compiled loop against numpy, in both directions."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.states.kernels import expectation_kernel as kernel
from qtn.states.kernels.blas import GEMM


def carried_out(steps: list[list[int]], tensor: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Run steps on one site; return the numbers and write the matrices."""
    numbers, values = np.zeros(2, tensor.dtype), np.zeros(2, tensor.dtype)
    factors = np.tile(np.array([2.0, 3.0, 0.5], tensor.dtype), (len(steps), 1))
    kernel.run(
        np.array(steps), factors, np.array([tensor.ctypes.data]), np.array([tensor.shape]),
        matrices.reshape(-1), matrices.shape[1], numbers, values, GEMM[tensor.dtype],
    )  # fmt: skip
    return np.concatenate([numbers, values])


@pytest.mark.parametrize("kind", [np.float64, np.complex128])
@pytest.mark.parametrize("back", [0, 1])
def test_every_step(kind: type, back: int) -> None:
    rng = np.random.default_rng(back)
    left, phys, right = 3, 2, 4
    tensor = rng.normal(size=(left, phys, right)).astype(kind)
    matrices = rng.normal(size=(4, 16)).astype(kind)
    if kind is np.complex128:
        tensor += 1j * rng.normal(size=tensor.shape)
        matrices += 1j * rng.normal(size=matrices.shape)
    behind, ahead = (right, left) if back else (left, right)
    environment = matrices[0, : behind**2].reshape(behind, behind).copy()
    ket, bra = tensor[:, 1], tensor[:, 0]
    half = ket @ environment if back else environment @ ket
    block = half @ bra.conj().T if back else bra.conj().T @ half
    found = carried_out(
        [
            [kernel.HALF, 1, 0, -1, 0, 0, 1, back],
            [kernel.BLOCK, 2, 1, -1, 0, 0, 1, back],
            [kernel.COMBINE, 3, 2, 2, 0, 0, 0, back],
            [kernel.DOT, 0, 1, -1, 0, 0, 1, back],
            [kernel.TRACE, 1, 0, -1, 0, 0, 0, back],
            [kernel.ADD, 0, 0, 1, 0, 0, 0, back],
            [kernel.ADD, 1, -1, -1, 0, 0, 0, back],
        ],
        tensor,
        matrices,
    )
    assert np.allclose(matrices[1, : left * right].reshape(left, right), half)
    assert np.allclose(matrices[2, : ahead**2].reshape(ahead, ahead), block)
    assert np.allclose(
        matrices[3, : ahead**2].reshape(ahead, ahead), 5.0 * block + 0.5 * np.eye(ahead)
    )
    dot = np.vdot(bra, half)
    assert np.allclose(found, [dot, np.trace(environment), 2.0 * np.conj(dot), 2.0])


def test_without_an_environment_the_site_itself_is_taken() -> None:
    tensor = np.random.default_rng(0).normal(size=(3, 2, 4))
    matrices = np.zeros((1, 16))
    carried_out([[kernel.BLOCK, 0, -1, -1, 0, 0, 1, 0]], tensor, matrices)
    assert np.allclose(matrices[0].reshape(4, 4), tensor[:, 0].T @ tensor[:, 1])
