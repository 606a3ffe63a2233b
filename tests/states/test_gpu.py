"""The torch kernels against numpy's, on the CPU and, where there is one, on a GPU."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
import torch

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.gpu import DeviceChain
from qtn.states.kernels.expectation import product_sum

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    return str(request.param)


def state(n: int, bond: int, seed: int, *, real: bool = False) -> MPS:
    chain = oracles.random_chain(np.random.default_rng(seed), n, bond, real=real)
    return MPS(tuple(chain)).normalised()


@pytest.mark.parametrize("device", DEVICES, indirect=True)
@pytest.mark.parametrize(("precision", "tolerance"), [("double", 1e-11), ("single", 1e-4)])
@pytest.mark.parametrize("real", [False, True])
def test_all_kernels_agree_with_numpy(
    device: str, precision: str, tolerance: float, real: bool
) -> None:
    psi, phi = state(16, 6, 0, real=real), state(16, 6, 1, real=real)
    chain = DeviceChain(psi, device, precision)
    bits = psi.sample(300, seed=4)
    assert (chain.sample(300, seed=4) == bits).all(axis=1).mean() > 0.97
    exact = psi.amplitudes(bits)
    assert np.abs(chain.amplitudes(bits) / exact - 1).max() < tolerance
    overlap = chain.overlap(DeviceChain(phi, device, precision))
    assert overlap == pytest.approx(psi.overlap(phi), abs=tolerance)
    x, z = oracles.PAULI["X"], oracles.PAULI["Z"]
    operators = [{3: z, 4: z}, {5: x}, {2: x, 9: z}, {}]
    found = chain.values(operators)
    assert np.abs(found - product_sum(psi.tensors, operators)).max() < tolerance


def test_samples_follow_the_probabilities() -> None:
    psi = state(4, 3, 2)
    rows = psi.sample(20_000, seed=0, device="cpu")
    counts = np.bincount(rows @ (1 << np.arange(4)), minlength=16) / 20_000
    probabilities = np.abs(psi.to_dense()) ** 2
    assert np.abs(counts - probabilities).max() < 5 * np.sqrt(0.25 / 20_000)


def test_errors() -> None:
    psi = state(3, 2, 0)
    with pytest.raises(ArgumentError, match="a torch device of this machine"):
        DeviceChain(psi, "nonsense")
    with pytest.raises(ArgumentError, match="a torch device of this machine"):
        psi.sample(10, device="nonsense")
    with pytest.raises(ArgumentError, match="`precision` must be one of"):
        DeviceChain(psi, "cpu", "half")
    with pytest.raises(ArgumentError, match=r"integer array \(batch, 3\)"):
        DeviceChain(psi, "cpu").amplitudes(np.zeros((2, 4), int))
