"""The tree network against dense contractions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.networks.tree import TreeNetwork, leading_rows
from qtn.models.networks.trees import balanced, patches
from qtn.states import TTN

PAIRS = {"line of five": balanced(5), "image of 2×3": patches(2, 3)}


def rows(sites: int, phys: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.from_numpy(np.random.default_rng(0).random((40, sites, phys)) + 0.1)
    return x, torch.arange(40) % 3


def made(name: str, bond: int, weights: torch.Tensor | None = None) -> TreeNetwork:
    pairs = PAIRS[name]
    return TreeNetwork.coarse_grained(*rows(len(pairs) + 1), 3, pairs, bond, weights)


@pytest.mark.parametrize("name", PAIRS)
def test_amplitudes_and_norm_equal_those_of_the_dense_states(name: str) -> None:
    network = made(name, 3)
    x, _ = rows(network.sites)
    amplitude, log_scale = network(x.permute(1, 2, 0))
    found = (amplitude * log_scale.exp()[:, None]).detach().numpy()
    states = [network.weights(c) for c in range(3)]
    for row in range(0, 40, 9):
        product = TTN.product(x[row].numpy(), network.pairs)
        wanted = [product.overlap(state) for state in states]
        assert found[row] == pytest.approx(np.array(wanted), rel=1e-9)
    norms = [2 * state.log_norm() for state in states]
    assert network.log_norm().item() == pytest.approx(np.logaddexp.reduce(norms), rel=1e-10)


def test_amplitudes_per_unit_length_of_the_root() -> None:
    network = made("line of five", 3)
    x = rows(5)[0].permute(1, 2, 0)
    plain, scale = network(x)
    unit, unit_scale = network(x, unit=True)
    assert torch.allclose(plain * scale.exp()[:, None], unit * unit_scale.exp()[:, None])
    # The label tensor sees a vector of length 1.
    assert (unit.norm(dim=1) <= torch.linalg.matrix_norm(network.label, 2) * (1 + 1e-12)).all()


def test_wide_trees_start_as_the_least_squares_label_of_all_products() -> None:
    """With bonds that keep everything, the start is a ridge regression on all products."""
    x, y = rows(3)
    network = TreeNetwork.coarse_grained(x, y, 3, balanced(3), 8)
    found = network(x.permute(1, 2, 0), unit=True)[0].detach().numpy()
    z = np.einsum("ra,rb,rc->rabc", *x.permute(1, 0, 2).numpy()).reshape(40, -1)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    gram = z.T @ z
    ridge = 1e-3 * np.trace(gram) / 8 * np.eye(8)
    wanted = z @ np.linalg.solve(gram + ridge, z.T @ np.eye(3)[y])
    assert found == pytest.approx(wanted, abs=1e-9)


def test_rows_without_weight_leave_no_trace_in_the_start() -> None:
    x, y = rows(5)
    weights = (torch.arange(40) < 20).double()
    some = TreeNetwork.coarse_grained(x[:20], y[:20], 3, balanced(5), 2, weights[:20])
    all_rows = TreeNetwork.coarse_grained(x, y, 3, balanced(5), 2, weights)
    a, b = (net(x.permute(1, 2, 0))[0] for net in (some, all_rows))
    assert torch.allclose(a.abs(), b.abs(), atol=1e-9)


def test_leading_vectors_are_found_without_the_moments() -> None:
    rng = np.random.default_rng(0)
    spectrum = 0.6 ** np.arange(20)
    joint = torch.from_numpy(rng.normal(size=(2, 30, 20)) * spectrum @ rng.normal(size=(20, 200)))
    weights = torch.from_numpy(rng.random(200))
    found = leading_rows(joint, weights, 5)
    exact = torch.linalg.eigh((joint * weights) @ joint.mT)[1][:, :, -5:].flip(2)
    assert torch.allclose((found @ exact).abs(), torch.eye(5, dtype=torch.float64), atol=1e-4)
    few = leading_rows(joint[:, :, :3], None, 7)  # fewer rows than vectors wanted
    assert torch.allclose(few @ few.mT, torch.eye(7, dtype=torch.float64), atol=1e-10)
