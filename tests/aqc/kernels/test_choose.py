import itertools

import numpy as np
import pytest
from aqc.dense import chain_of, random_vector

from qtn.aqc.kernels import choose
from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch
from qtn.aqc.kernels.choose import choose_kernel, gpu_pays
from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.states import MPS
from qtn.states.kernels.gauge import normalise_chain


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
    assert gpu_pays(shape, cubes[256], np.inf, np.inf, here=True) == "layered"
    assert gpu_pays(shape, cubes[256], np.inf, np.inf, here=False) == ""
    assert gpu_pays(shape, cubes[16], 1e-2, 5e-3, here=True) == ""
    assert gpu_pays(shape, cubes[256], 1e-3, 5e-4, here=True) == ""  # a core is faster still


@pytest.mark.parametrize(
    ("n", "layers", "bond", "found"),
    # Measured on one H200: .0124 s against .0965 s, and .0060 s against .0063 s.
    [(50, 11, 32, "exact"), (50, 9, 16, "")],
)
def test_a_gpu_pays_for_exact_gradients_as_measured(n, layers, bond, found, monkeypatch):
    asked = []

    def here() -> bool:
        asked.append(True)
        return False

    monkeypatch.setattr(choose, "_torch_has_cuda", here)
    rng = np.random.default_rng(4)
    bonds = [min(bond, 2**k, 2 ** (n - k)) for k in range(n + 1)]
    tensors = [
        rng.normal(size=(a, 2, b)) + 1j * rng.normal(size=(a, 2, b))
        for a, b in itertools.pairwise(bonds)
    ]
    kernel = choose_kernel(normalise_chain(tensors), brickwall_shape(n, layers), "auto")
    assert isinstance(kernel, TransverseKernel)
    assert bool(asked) == bool(found)


def test_auto_stays_on_the_cpu_where_nothing_is_gained():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 4), "auto"), TransverseKernel)


def test_a_device_gets_the_kernel_that_the_cpu_would():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 4), "cpu"), TransverseTorch)
    assert isinstance(choose_kernel(chain, brickwall_shape(8, 24), "cpu"), LayeredKernel)
