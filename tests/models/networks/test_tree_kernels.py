from __future__ import annotations

import pytest
import torch

from qtn.models.networks.tree import append, coarse_grain, outer
from qtn.models.networks.trees import Layer, balanced, layers

# Three nodes of seven vectors, and one that passes.
LAYER = Layer((0, 5, 2), (1, 4, 6), (3,), (7, 8, 9))


def plain(h: torch.Tensor, node: torch.Tensor, layer: Layer) -> tuple[torch.Tensor, torch.Tensor]:
    """The same layer by batched products of torch, differentiated by torch."""
    new = append(node @ outer(h, layer), h, layer)
    c = new.detach().abs().amax(dim=1)
    return new / c[:, None], c.log().sum(dim=0)


def test_compiled_layer_equals_the_plain_one() -> None:
    torch.manual_seed(0)
    h = torch.randn(7, 3, 5, dtype=torch.float64, requires_grad=True)
    node = torch.randn(3, 4, 9, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 4, 5, dtype=torch.float64)
    found = []
    for route in (coarse_grain, plain):
        h.grad = node.grad = None
        vectors, log_scale = route(h, node, LAYER)
        (weight * vectors).sum().backward()
        found.append((vectors, log_scale, h.grad, node.grad))
    for ours, wanted in zip(*found, strict=True):
        assert torch.allclose(ours, wanted, rtol=1e-12, atol=1e-13)
    assert torch.allclose(vectors.detach().abs().amax(dim=1), torch.ones(4, 5).double())


def test_derivatives_of_amplitudes_equal_finite_differences() -> None:
    torch.manual_seed(1)
    x = torch.rand(5, 2, 3, dtype=torch.float64, requires_grad=True)
    ups, d, nodes = (3, 4, 4), 2, []
    for up, layer in zip(ups, layers(balanced(5), 5), strict=True):
        nodes.append(torch.randn(len(layer.left), up, d * d, dtype=torch.float64))
        d = up

    def amplitude(features: torch.Tensor, *tensors: torch.Tensor) -> torch.Tensor:
        h, total = features, torch.zeros(3, dtype=torch.float64)
        for layer, node in zip(layers(balanced(5), 5), tensors, strict=True):
            h, log_scale = coarse_grain(h, node, layer)
            total = total + log_scale
        return h[0] * total.exp()

    # The scales count as constants in the derivative of the vectors: compare the product.
    found = torch.autograd.grad(amplitude(x, *nodes).sum(), x)[0]
    step = 1e-6
    for where in ((0, 0, 0), (2, 1, 1), (4, 0, 2)):
        ahead, behind = x.detach().clone(), x.detach().clone()
        ahead[where] += step
        behind[where] -= step
        slope = (amplitude(ahead, *nodes).sum() - amplitude(behind, *nodes).sum()) / (2 * step)
        assert found[where].item() == pytest.approx(slope.item(), rel=1e-6)
