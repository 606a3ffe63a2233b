import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates

from qtn.aqc.kernels.base import Kernel
from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.shape.ansatz import brickwall_shape


@pytest.mark.parametrize("make", [DenseKernel, LayeredKernel, TransverseKernel])
def test_every_kernel_keeps_the_protocol(make):
    rng = np.random.default_rng(0)
    shape = brickwall_shape(5, 3)
    vector = circuit_vector(shape, random_gates(rng, shape.size, False))
    kernel: Kernel = make(chain_of(vector), shape)
    kernel.cut = 1e-13
    assert kernel.ansatz is shape
    assert kernel.turn is None or kernel.turn > 0
    gates = parted(random_gates(rng, shape.size, False))
    overlap, environments = kernel.evaluate(gates)
    assert overlap == pytest.approx(np.vdot(vector, circuit_vector(shape, joined(gates))))
    assert environments.shape == gates.shape
    before, after = abs(overlap), abs(kernel.sweep(gates))
    assert after > before
