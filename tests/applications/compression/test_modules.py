"""Layers of cores: the same outputs as the layers they stand for, by both ways, with gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from qtn.applications.compression.layout import Layout, balanced
from qtn.applications.compression.modules import (
    MPOConv,
    MPOLinear,
    Window,
    compressible,
    layer_of,
    matrix_of,
)
from qtn.applications.compression.trains import factorised


def seeded(make: type[nn.Module], *arguments: object, **options: object) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make(*arguments, **options).double()


def exact(source: nn.Module, cores: int = 2) -> nn.Module:
    """The layer at full bonds."""
    layout = balanced(*matrix_of(source).shape, cores)
    train = factorised(matrix_of(source), layout, layout.full)
    bias = None if source.bias is None else source.bias.detach().numpy()
    return layer_of(source, train.cores, bias)


def rows(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=shape))


@pytest.mark.parametrize("cores", [2, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_layer_at_full_bonds_is_the_layer(cores: int, bias: bool) -> None:
    source = seeded(nn.Linear, 12, 18, bias=bias)
    layer = exact(source, cores)
    assert isinstance(layer, MPOLinear)
    for x in (rows(12), rows(1, 12), rows(40, 12), rows(3, 5, 12)):
        torch.testing.assert_close(layer(x), source(x), atol=1e-12, rtol=0)


def test_both_ways_through_the_cores_agree() -> None:
    rng = np.random.default_rng(2)
    thin = [rng.normal(size=s) for s in ((1, 4, 8, 2), (2, 6, 8, 1))]
    wide = [rng.normal(size=s) for s in ((1, 4, 8, 31), (31, 6, 8, 1))]
    source = seeded(nn.Linear, 64, 24)
    for cores in (thin, wide):
        layer = layer_of(source, cores, None)
        x = rows(1000, 64)
        torch.testing.assert_close(layer(x), x @ layer.matrix.T, atol=1e-10, rtol=0)
        torch.testing.assert_close(layer(x[:1]), x[:1] @ layer.matrix.T, atol=1e-10, rtol=0)


CONVOLUTIONS = (
    (nn.Conv1d, (4, 6, 3), {"padding": 1, "stride": 2}, (2, 4, 9)),
    (nn.Conv2d, (4, 6, 3), {"padding": "same", "dilation": 2}, (2, 4, 7, 8)),
    (nn.Conv2d, (4, 6, (2, 3)), {"padding": (1, 2), "padding_mode": "reflect"}, (2, 4, 7, 8)),
    (nn.Conv2d, (4, 6, (2, 4)), {"padding": "same", "padding_mode": "circular"}, (2, 4, 7, 8)),
    (nn.Conv2d, (4, 6, 3), {"padding": "valid", "bias": False}, (2, 4, 7, 8)),
    (nn.Conv3d, (2, 6, 2), {"padding": 1, "padding_mode": "replicate"}, (1, 2, 3, 4, 5)),
)


@pytest.mark.parametrize(("make", "sizes", "options", "shape"), CONVOLUTIONS)
def test_a_convolution_at_full_bonds_is_the_convolution(
    make: type, sizes: tuple, options: dict, shape: tuple
) -> None:
    source = seeded(make, *sizes, **options)
    layer = exact(source)
    assert isinstance(layer, MPOConv)
    x = rows(*shape)
    torch.testing.assert_close(layer(x), source(x), atol=1e-12, rtol=0)
    # The window's patches are what the matrix is multiplied with.
    patches = Window(source).patches(x)
    expected = source(x).flatten(2).transpose(1, 2).reshape(-1, 6)
    offset = 0 if source.bias is None else source.bias
    flat = patches @ torch.from_numpy(matrix_of(source)).T + offset
    torch.testing.assert_close(flat, expected, atol=1e-12, rtol=0)


def test_gradients_of_the_cores_are_those_of_the_matrix() -> None:
    layer = layer_of(
        seeded(nn.Linear, 6, 4), [np.ones((1, 2, 2, 2)), np.ones((2, 2, 3, 1))], np.zeros(4)
    ).double()
    assert torch.autograd.gradcheck(lambda *_: layer(rows(2, 6)), tuple(layer.parameters()))
    assert "outputs=(2, 2), inputs=(2, 3), bonds=(2,)" in repr(layer)
    assert layer.layout == Layout((2, 2), (2, 3), (2,))


def test_only_layers_whose_weight_is_used_as_it_is_are_taken_apart() -> None:
    class Doubled(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 2

    assert compressible(nn.Linear(2, 2))
    assert compressible(nn.Conv2d(2, 2, 1))
    assert not compressible(nn.Conv2d(2, 2, 1, groups=2))
    assert not compressible(Doubled(2, 2))
    assert not compressible(nn.Embedding(3, 2))
    assert not compressible(nn.ConvTranspose2d(2, 2, 1))


def test_layers_with_hooks_or_a_forward_of_their_own_are_left() -> None:
    """What a hook does to the outputs would be lost with the layer."""
    hooked, asked, own = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 16)
    hooked.register_forward_hook(lambda module, given, found: 2 * found)
    asked.register_forward_pre_hook(lambda module, given: (2 * given[0],))
    own.forward = lambda x: x.relu()  # type: ignore[method-assign]
    for layer in (hooked, asked, own):
        assert not compressible(layer)
    hooked._forward_hooks.clear()
    assert compressible(hooked)


def test_layers_are_called_by_the_name_that_torch_gives_its_argument() -> None:
    for layer, x in (
        (nn.Linear(4, 4), torch.ones(2, 4)),
        (nn.Conv1d(2, 4, 2), torch.ones(1, 2, 5)),
    ):
        torch.testing.assert_close(exact(layer)(input=x), layer(input=x))
