"""The transverse kernel in torch against the compiled one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from aqc.dense import chain_of, random_gates, random_vector
from aqc.tape import Tape

from qtn.aqc.kernels.accelerated.recorded import Recorded
from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch
from qtn.aqc.kernels.gates import parted
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape
from qtn.errors import ArgumentError

SHAPES = [
    brickwall_shape(6, 1),
    brickwall_shape(7, 5),
    brickwall_shape(5, 9),
    staircase_shape(6, 2),
    Ansatz(6, (Layer((0, 1, 3), True), Layer((0, 2, 3), False))),
]
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
        ],
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize(("single", "tolerance"), [(False, 1e-12), (True, 2e-5)])
@pytest.mark.parametrize("device", DEVICES)
def test_it_gives_what_the_compiled_kernel_gives(shape, real, single, tolerance, device):
    rng = np.random.default_rng(0)
    gates, chain = random_gates(rng, shape.size, real), chain_of(random_vector(rng, shape.n, real))
    wanted = TransverseKernel(chain, shape, 1e-14).evaluate(parted(gates))
    kernel = TransverseTorch(chain, shape, device, 1e-14, single)
    for _ in range(3):  # on a GPU the third is replayed
        overlap, environments = kernel.evaluate(parted(gates))
    scale = np.abs(wanted[1]).max()
    assert abs(overlap - wanted[0]) < tolerance * scale
    assert np.abs(environments - wanted[1]).max() < tolerance * scale


def test_recorded_gradients_are_the_same_bits():
    rng, shape = np.random.default_rng(1), brickwall_shape(6, 3)
    chain, tape = chain_of(random_vector(rng, 6, False)), Tape()
    plain, kernel = (TransverseTorch(chain, shape, "cpu", 1e-14) for _ in range(2))
    kernel.evaluate(parted(random_gates(rng, shape.size, False)))
    for contraction in kernel._sent.values():
        contraction.run = Recorded(contraction.gradient, tape)
    for _ in range(4):
        gates = parted(random_gates(rng, shape.size, False))
        (f, e), (g, h) = plain.evaluate(gates), kernel.evaluate(gates)
        assert f == g
        assert np.array_equal(e, h)
    assert tape.played == 3


def test_cuts_and_sweeps_are_those_of_the_compiled_kernel():
    rng, shape = np.random.default_rng(2), brickwall_shape(8, 3)
    target = 3e-3 * random_vector(rng, 8, False)
    target[0] = 1.0
    chain = chain_of(target / np.linalg.norm(target))
    kernels = TransverseTorch(chain, shape, "cpu", 1e-4), TransverseKernel(chain, shape, 1e-4)
    gates = [parted(random_gates(np.random.default_rng(3), shape.size, False)) for _ in kernels]
    for cut in (1e-4, 1e-14):
        found = []
        for kernel, used in zip(kernels, gates, strict=True):
            kernel.cut = cut
            found.append((kernel.evaluate(used)[0], kernel.sweep(used)))
        assert np.allclose(*found, atol=1e-12)
    assert np.array_equal(*gates)


def test_unknown_devices_are_refused():
    chain = chain_of(random_vector(np.random.default_rng(0), 4, False))
    with pytest.raises(ArgumentError, match="must name a torch device"):
        TransverseTorch(chain, brickwall_shape(4, 1), "nowhere")
