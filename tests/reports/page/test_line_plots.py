"""Curves of learning, entanglement and noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

import qtn
from qtn.hybrid.noise.points import NoisePoint
from qtn.hybrid.noise.uniform import NoiseLevel
from qtn.reports.page import line_plots
from qtn.reports.page.line_plots import entanglement, learning, noise_scaling
from qtn.reports.records import ModelRecord
from qtn.reports.records.model_record import Entropies


def point(gate: float, value: float) -> NoisePoint:
    return NoisePoint("m", NoiseLevel(gate), value, value - 0.1, value + 0.1, 0.9, 0.1, 10, 5.0, 3)


def test_learning_shows_what_there_is(comparison) -> None:
    assert [p.title for p in learning(comparison)] == ["Training", "Compilation", "Scores"]
    assert learning(replace(comparison, entrants=())) == []


def test_entropies_of_every_state() -> None:
    states = tuple(Entropies(str(k), (0.1, 0.2 + k)) for k in range(12))
    models = {"chain": ModelRecord("MPSClassifier", entropies=states), "SVC": ModelRecord("SVC")}
    (found,) = entanglement(models)
    assert found.title == "Entanglement: chain"
    assert "at most 11.20 nats" in found.caption
    axes = Figure().subplots()
    line_plots._draw_entropies(axes, models["chain"])
    assert len(axes.lines) == 12
    assert axes.get_legend() is None  # twelve names are no legend
    assert axes.get_xlabel() == "cut between sites"
    line_plots._draw_entropies(axes, ModelRecord("TTNClassifier", entropies=states[:2]))
    assert axes.get_xlabel() == "node"
    assert axes.get_legend() is not None


def test_answers_against_noise() -> None:
    assert noise_scaling(None) == []
    found = qtn.Robustness((point(0.0, 0.9), point(0.01, 0.7)), "accuracy", "line", 40)
    assert [p.title for p in noise_scaling(found)] == ["Noise: accuracy", "Noise: signal"]
    axes = Figure().subplots()
    found.plot(axes)
    line = axes.containers[0].lines[0]
    assert line.get_xdata() == pytest.approx([0.0, 1.0])
    assert line.get_ydata() == pytest.approx([0.9, 0.7])
    (segments,) = axes.containers[0].lines[2]
    assert np.array(segments.get_segments())[:, :, 1] == pytest.approx(
        np.array([[0.8, 1.0], [0.6, 0.8]])
    )
