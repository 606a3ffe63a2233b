import numpy as np
from aqc.dense import chain_of, random_vector

from qtn.aqc.ansatz import brickwall, staircase
from qtn.aqc.kernels import choose_kernel
from qtn.aqc.layered import LayeredKernel
from qtn.aqc.transverse import TransverseKernel


def test_shallow_circuits_go_transverse_and_deep_ones_layered():
    chain = chain_of(random_vector(np.random.default_rng(0), 8, False))
    assert isinstance(choose_kernel(chain, brickwall(8, 4)), TransverseKernel)
    assert isinstance(choose_kernel(chain, brickwall(8, 24)), LayeredKernel)
    assert isinstance(choose_kernel(chain, staircase(8, 12)), LayeredKernel)
