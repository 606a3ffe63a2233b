import numpy as np
import pytest
import torch

from qtn.aqc.kernels.accelerated.site_pass import check_downward, contracted, joined, turned
from qtn.aqc.shape.ansatz import Layer
from qtn.errors import ArgumentError


def test_products_of_neighbours() -> None:
    generator = torch.manual_seed(0)
    a, b, c = (torch.rand(2, 3, 2, 3, generator=generator) for _ in range(3))
    gate = torch.rand(2, 4, 4, generator=generator)
    pair = joined(a, b)
    wanted = np.einsum("blsm,bmtr->blstr", a, b).reshape(2, 3, 4, 3)
    assert np.allclose(pair, wanted, atol=1e-6)
    assert np.allclose(turned(gate, pair), np.einsum("byx,blxr->blyr", gate, wanted), atol=1e-5)
    wanted = np.einsum("blstr,bftr->blsf", wanted.reshape(2, 3, 2, 2, 3), c)
    assert np.allclose(contracted(pair, c), wanted, atol=1e-5)


def test_layers_from_the_right_are_refused() -> None:
    check_downward([(Layer((0, 2), False), slice(0, 2)), (Layer((0, 1)), slice(2, 4))])
    with pytest.raises(ArgumentError, match="from the left to the right"):
        check_downward([(Layer((0, 1), False), slice(0, 2))])
