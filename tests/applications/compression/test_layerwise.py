"""One layer: reports that are true, biases that keep the mean, paths that end with the matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from qtn.applications.compression.layerwise import Part
from qtn.applications.compression.layout import Layout
from qtn.applications.compression.seen_inputs import input_moments


def case(bias: bool = True) -> tuple[nn.Linear, torch.Tensor]:
    rng = np.random.default_rng(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = nn.Linear(12, 8, bias=bias).double()
    rows = torch.from_numpy(rng.normal(size=(60, 12)) * np.geomspace(1, 0.01, 12) + 0.5)
    return layer, rows


@pytest.mark.parametrize("bias", [True, False])
def test_the_reported_error_is_that_of_the_outputs(bias: bool) -> None:
    layer, rows = case(bias)
    part = Part("x", layer, Layout((2, 4), (3, 4)), input_moments(layer, rows, [""])[""])
    small, report = part.compressed((2,))
    off = (layer(rows) - small(rows)).detach().numpy()
    out = layer(rows).detach().numpy()
    whole = out - out.mean(0) if bias else out
    expected = np.sqrt((off**2).sum() / (whole**2).sum())
    assert report.output_error == pytest.approx(expected, rel=1e-9)
    assert report.parameters == sum(c.numel() for c in small.cores) == 2 * 3 * 2 + 2 * 4 * 4
    if bias:
        np.testing.assert_allclose(off.mean(0), 0.0, atol=1e-12)


def test_calibration_lowers_the_error_of_the_outputs() -> None:
    layer, rows = case()
    layout = Layout((2, 4), (3, 4))
    moments = input_moments(layer, rows, [""])[""]
    small, _ = Part("x", layer, layout, moments).compressed((2,))
    plain, report = Part("x", layer, layout).compressed((2,))
    errors = [((layer(rows) - m(rows)) ** 2).mean().item() for m in (small, plain)]
    assert errors[0] < 0.7 * errors[1]
    assert math.isnan(report.output_error)
    matrix = part_matrix(plain)
    weights = layer.weight.detach().numpy()
    expected = np.linalg.norm(weights - matrix) / np.linalg.norm(weights)
    assert report.weight_error == pytest.approx(expected, rel=1e-10)


def part_matrix(layer: nn.Module) -> np.ndarray:
    return layer.matrix.detach().numpy()


def test_paths_have_true_errors_with_calibration() -> None:
    layer, rows = case()
    part = Part("x", layer, Layout((2, 4), (3, 4)), input_moments(layer, rows, [""])[""])
    path = part.path(96)
    assert path.bonds[-1] is None
    assert (np.diff(path.errors) < 0).all()


def test_inputs_that_never_change_and_a_matrix_kept() -> None:
    layer, rows = case()
    part = Part("x", layer, Layout((2, 4), (3, 4)), input_moments(layer, 0 * rows, [""])[""])
    assert part.covariance is None
    kept, report = part.compressed(None)
    assert kept is None
    assert report.layout is None
    assert report.parameters == report.matrix == 96
