import numpy as np
from aqc.dense import chain_of, random_vector

from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch
from qtn.aqc.kernels.choose import choose_kernel, gpu_pays
from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.states import MPS


def test_deep_circuits_on_few_sites_go_dense():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 4)), TransverseKernel)
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 24)), DenseKernel)
    assert isinstance(choose_kernel(chain, staircase_shape(8, 12)), DenseKernel)


def test_long_shallow_circuits_go_transverse_and_deep_ones_layered():
    vectors = np.random.default_rng(0).normal(size=(24, 2))
    chain = list(MPS.product(vectors).normalised().tensors)
    assert isinstance(choose_kernel(chain, brickwall_shape(24, 4)), TransverseKernel)
    assert isinstance(choose_kernel(chain, brickwall_shape(24, 40)), LayeredKernel)


def test_a_gpu_pays_for_large_bonds_only():
    shape = brickwall_shape(40, 12)
    cubes = {bond: 12 * 40 * float(bond) ** 3 for bond in (16, 256)}
    assert gpu_pays(shape, cubes[256], np.inf, here=True)
    assert not gpu_pays(shape, cubes[256], np.inf, here=False)
    assert not gpu_pays(shape, cubes[16], np.inf, here=True)
    assert not gpu_pays(shape, cubes[256], 1e-3, here=True)  # the exact kernel is faster still


def test_auto_stays_on_the_cpu_where_nothing_is_gained():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 4), "auto"), TransverseKernel)


def test_a_device_gets_the_kernel_that_the_cpu_would():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 4), "cpu"), TransverseTorch)
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 24), "cpu"), LayeredKernel)
