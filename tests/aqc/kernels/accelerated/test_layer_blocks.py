"""Environments of all blocks at once against those found site by site."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.aqc.kernels.accelerated.layer_blocks import Cut, blocks_of, passed
from qtn.aqc.kernels.accelerated.site_pass import site_by_site
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape

SHAPES = [
    brickwall_shape(6, 4),
    brickwall_shape(7, 3),
    brickwall_shape(2, 1),
    Ansatz(7, (Layer((0, 3)), Layer((2, 5)), Layer((4,)))),
]


def test_a_layer_cuts_a_chain_into_blocks() -> None:
    assert blocks_of(Layer((0, 2)), 4) == [(0, 1), (2, 3)]
    assert blocks_of(Layer((1,)), 5) == [(0, 5), (1, 2), (3, 5), (4, 5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "atol"), [(np.complex128, 1e-12), (np.complex64, 2e-5)])
def test_both_ways_agree(shape: Ansatz, dtype: type, atol: float) -> None:
    rng = np.random.default_rng(0)
    n, depth, chi = shape.n, len(shape.layers), 3
    layers = list(zip(shape.layers, shape.slices, strict=True))

    def drawn(*size: int) -> torch.Tensor:
        numbers = rng.normal(size=size) + 1j * rng.normal(size=size)
        return torch.from_numpy(numbers.astype(dtype)) / 2

    states = drawn(2 * depth, n, chi, 2, chi)
    states[:, 0, 1:] = 0.0
    states[:, -1, :, :, 1:] = 0.0
    gates = drawn(shape.size, 4, 4).numpy()
    scale = torch.rand(depth, generator=torch.manual_seed(0)).to(states.real.dtype)
    bare = torch.zeros(1, chi, 2, chi, dtype=states.dtype)
    bare[0, :, 0].fill_diagonal_(1.0)
    cut = Cut(layers, n, torch.device("cpu"))
    joined = torch.cat([states.flatten(0, 1), bare])
    overlap, found = passed(joined, cut.rows, torch.from_numpy(cut.gates(gates)), scale)
    bras, kets = (list(part.unbind(1)) for part in (states[:depth].conj(), states[depth:]))
    for part in (bras, kets):
        part[0], part[-1] = part[0][:, :1], part[-1][..., :1]
    wanted = site_by_site((bras, kets), scale, layers, gates, torch.from_numpy, False)
    assert abs(overlap.item() - wanted[0]) < atol
    assert np.allclose(cut.environments(found.numpy(), gates), wanted[1], atol=atol)
