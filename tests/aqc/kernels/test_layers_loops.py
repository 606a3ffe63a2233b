import numpy as np
import pytest

from qtn.aqc.kernels import layers_cpu
from qtn.aqc.kernels import layers_loops as loops
from qtn.states.kernels.blas import GEMM

TYPES = [np.float64, np.complex64, np.complex128]


def tensor(rng, shape, dtype):
    values = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.normal(size=shape)
    return values.astype(dtype)


def orthonormal(rng, rows, columns, dtype):
    return np.ascontiguousarray(np.linalg.qr(tensor(rng, (columns, rows), dtype))[0].T)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_pair_with_its_gate_is_the_contraction(dtype):
    rng = np.random.default_rng(0)
    left, right = tensor(rng, (3, 2, 4), dtype), tensor(rng, (4, 2, 5), dtype)
    gate = tensor(rng, (4, 4), dtype)
    expected = np.einsum(
        "rs,asc->arc", gate, np.einsum("asb,btc->astc", left, right).reshape(3, 4, 5)
    )
    assert np.allclose(
        loops.gated_pair(GEMM[np.dtype(dtype)], left, right, gate), expected, rtol=1e-5
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("warm", [False, True])
def test_a_split_keeps_the_heaviest_directions(dtype, warm):
    rng = np.random.default_rng(1)
    # Weights that fall fast: the space of dimension 3 is well defined.
    u, v = orthonormal(rng, 6, 10, dtype), orthonormal(rng, 6, 8, dtype)
    weights = 10.0 ** -np.arange(6)
    # The left basis is orthonormal with weights rho, so that C = rho^(-1/2) theta.
    rho = np.diag(np.linspace(0.1, 0.5, 5)).astype(dtype)
    theta = (u.conj().T * np.sqrt(weights)) @ v
    root = np.repeat(np.sqrt(np.diag(rho)), 2)[:, None]
    pair = np.ascontiguousarray((theta / root).reshape(5, 4, 4), dtype)
    guess = np.empty((0, 2, 4), dtype)
    if warm:
        noisy = v[:3] + 0.02 * tensor(rng, (3, 8), dtype)
        guess = np.ascontiguousarray(noisy.reshape(3, 2, 4))
    left, right, between, lost = layers_cpu.split(pair, rho, guess, 2e-3, 99)
    assert left.shape == (5, 2, 3)
    assert right.shape == (3, 2, 4)
    rows = right.reshape(3, 8)
    assert np.allclose(rows @ rows.conj().T, np.eye(3), atol=1e-5)
    expected = weights[3:].sum() / weights.sum()
    assert lost == pytest.approx(expected, rel=0.05 if warm else 1e-3)
    assert np.trace(between).real == pytest.approx(weights[:3].sum(), rel=1e-4)
    rebuilt = left.reshape(10, 3) @ rows
    assert np.linalg.norm(root * (rebuilt - pair.reshape(10, 8))) ** 2 < 1.1 * weights[3:].sum()


@pytest.mark.parametrize("dtype", TYPES)
def test_parts_on_both_sides_give_the_environment(dtype):
    rng = np.random.default_rng(2)
    bra, ket = tensor(rng, (3, 2, 4), dtype), tensor(rng, (5, 2, 6), dtype)
    part, carry = tensor(rng, (4, 2, 6), dtype), tensor(rng, (3, 2, 5), dtype)
    gate = tensor(rng, (4, 4), dtype)
    square = gate.reshape(2, 2, 2, 2)
    before, after = loops.right_of(GEMM[np.dtype(dtype)], bra, part, ket, gate.T.copy())
    assert np.allclose(before, np.einsum("asm,mtg->astg", bra, part).reshape(3, 4, 6), rtol=1e-4)
    expected = np.einsum("asm,mtg,stuv,fvg->auf", bra, part, square, ket)
    assert np.allclose(after, expected, rtol=1e-3, atol=1e-4)
    pair, environment = loops.environment(GEMM[np.dtype(dtype)], carry, ket, before)
    full = np.einsum("asm,mtg,auf,fvg->stuv", bra, part, carry, ket).reshape(4, 4)
    assert np.allclose(environment, full, rtol=1e-3, atol=1e-4)
    moved = loops.left_of(GEMM[np.dtype(dtype)], bra, pair, gate)
    expected = np.einsum("asm,stuv,auf,fvg->mtg", bra, square, carry, ket)
    assert np.allclose(moved, expected, rtol=1e-3, atol=1e-4)
    bare = np.empty((0, 4), dtype)
    one = np.eye(4, dtype=dtype)
    assert np.allclose(
        loops.right_of(GEMM[np.dtype(dtype)], bra, part, ket, bare)[1],
        loops.right_of(GEMM[np.dtype(dtype)], bra, part, ket, one)[1],
        rtol=1e-3,
        atol=1e-4,
    )
    assert np.allclose(
        loops.left_of_bare(GEMM[np.dtype(dtype)], bra, carry, ket),
        loops.left_of(GEMM[np.dtype(dtype)], bra, pair, one),
        rtol=1e-3,
        atol=1e-4,
    )
