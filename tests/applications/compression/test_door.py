"""The doors: exact at full budget, budgets kept, profiles, healing, what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import qtn
from qtn.applications.compression import Layout, MPOConv, MPOLinear


def seeded(*layers: type | tuple) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = [make(*arguments) for make, *arguments in layers]
    return nn.Sequential(*made).double()


def network() -> nn.Module:
    return seeded(
        (nn.Linear, 36, 24), (nn.ReLU,), (nn.Linear, 24, 12), (nn.Tanh,), (nn.Linear, 12, 3)
    )


def rows(count: int = 200, size: int = 36) -> torch.Tensor:
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(size, size)) * np.geomspace(1, 0.01, size)[:, None]
    return torch.from_numpy(rng.normal(size=(count, size)) @ mixing)


def distance(one: nn.Module, other: nn.Module, x: torch.Tensor) -> float:
    """The mean square of the difference of two networks' outputs."""
    with torch.no_grad():
        return float(((one(x) - other(x)) ** 2).mean())


@pytest.mark.parametrize("layouts", [2, 3, "low-rank"])
@pytest.mark.parametrize("calibrated", [True, False])
def test_full_bonds_change_nothing(layouts: int | str, calibrated: bool) -> None:
    from qtn.applications.compression.arguments import layers_of, layouts_of

    original, x = network(), rows()
    found = layouts_of(layers_of(original, ()), layouts)
    full = {n: Layout(f.outputs, f.inputs, f.full) for n, f in found.items()}
    small = qtn.compress_layers(original, layouts=full, calibration=x if calibrated else None)
    torch.testing.assert_close(small.network(x), original(x), atol=1e-10, rtol=0)
    assert all(isinstance(small.network[k], MPOLinear) for k in (0, 2, 4))


@pytest.mark.parametrize("budget", [250, 400, 700, 1000, 1230])
def test_budgets_are_kept_and_larger_ones_are_nearer(budget: int) -> None:
    original, x = network(), rows()
    small = qtn.compress_layers(original, budget, calibration=x)
    assert small.parameters <= budget
    assert small.parameters == sum(p.numel() for p in small.network.parameters())
    assert small.before == 24 * 37 + 12 * 25 + 3 * 13
    larger = qtn.compress_layers(original, small.before, calibration=x)
    assert [layer.layout for layer in larger.layers] == [None] * 3
    assert torch.equal(larger.network(x), original(x))


def test_calibration_brings_the_outputs_nearer() -> None:
    original, x = network(), rows()
    errors = []
    for calibration in (x[:100], None):
        small = qtn.compress_layers(original, 500, calibration=calibration)
        errors.append(distance(small.network, original, x[100:]))
    assert errors[0] < 0.6 * errors[1]


def entropy(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """The mean cross-entropy of labels."""
    with torch.no_grad():
        return float(nn.functional.cross_entropy(network(x), y))


def test_a_profile_costs_what_a_layer_costs() -> None:
    original, x = network(), rows()
    y = original(x).argmax(1)
    profile = qtn.layer_sensitivity(original, x, y, parts=(0.5, 0.2))
    assert profile.loss == pytest.approx(entropy(original, x, y))
    assert [row[0] for row in profile.rows] == ["0", "0", "2", "2", "4", "4"]
    assert all(value > 0 for value in profile.weights.values())
    name, part, count, error, loss = profile.rows[1]
    alone = qtn.compress_layers(
        original, count + 24 + 12 * 25 + 3 * 13, calibration=x, leave=("2", "4")
    )
    assert alone.layers[0].output_error == pytest.approx(error)
    assert entropy(alone.network, x, y) == pytest.approx(loss)
    assert (name, part) == ("0", 0.2)
    assert count <= 0.2 * 24 * 36
    weighted = qtn.compress_layers(original, 500, calibration=x, sensitivity=profile)
    assert weighted.parameters <= 500
    assert "parameters" in profile._repr_html_()


def test_healing_comes_nearer_to_the_original() -> None:
    original, x = network(), rows()
    small = qtn.compress_layers(original, 300, calibration=x)
    healed = small.heal(x, original(x).detach(), epochs=20, batch=32)
    errors = [distance(s.network, original, x) for s in (small, healed)]
    assert errors[1] < 0.5 * errors[0]
    assert healed.parameters == small.parameters
    labels = small.heal(x, original(x).argmax(1).numpy(), epochs=1)
    assert labels.layers == small.layers


def test_convolutions_and_grouped_layers() -> None:
    original = seeded(
        (nn.Conv2d, 4, 8, 3), (nn.ReLU,), (nn.Conv2d, 8, 8, 1, 1, 0, 1, 8), (nn.Flatten,),
        (nn.Linear, 32, 6),
    )  # fmt: skip
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 4, 4, 4)))
    small = qtn.compress_layers(original, 350, calibration=x)
    assert isinstance(small.network[0], MPOConv)
    assert isinstance(small.network[2], nn.Conv2d)
    assert small.parameters <= 350
    assert distance(small.network, original, x) < 0.5 * float(original(x).detach().var())


def test_single_precision_and_the_report() -> None:
    small = qtn.compress_layers(network().float(), 500)
    assert small.network[0].cores[0].dtype == torch.float32
    assert repr(small).startswith("CompressedLayers(")
    page = small._repr_html_()
    assert "4×" in page
    assert "–" in page
    assert "its own matrix" in str(small)
    assert repr(small.layers[0]).startswith("LayerReport('0', ")


def test_attention_keeps_the_layers_that_it_reads_itself() -> None:
    block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    small = qtn.compress_layers(block, 1700)
    assert isinstance(small.network.linear1, MPOLinear)
    assert isinstance(small.network.self_attn.out_proj, nn.Linear)
    assert small.network.eval()(torch.ones(2, 3, 16)).shape == (2, 3, 16)
