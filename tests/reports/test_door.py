"""What is evaluated step by step, and what is refused."""

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.reports.door import mean_of, proportion


def test_noiseless_device_has_no_noisy_row(comparison, data) -> None:
    from dataclasses import replace

    quantum = replace(comparison.quantum, device="tensor", mitigation=())
    small = qtn.compare(comparison.model, quantum, data.x_test[:3], data.y_test[:3], progress=False)
    assert [r.name for r in small.rows] == ["classical", "quantum, ideal", "quantum, shots"]


def test_proportion_and_mean() -> None:
    assert float(proportion(np.array([True] * 10))) == 1.0
    assert proportion(np.array([True] * 10)).stderr > 0
    samples = np.array([[1.0, 3.0], [2.0, 4.0]])
    assert float(mean_of(samples)) == 2.5
    assert np.isclose(mean_of(samples).stderr, np.std([2, 3], ddof=1) / np.sqrt(2))
    assert mean_of(samples[:1]).stderr == 0


def test_bad_input(comparison, data) -> None:
    model, quantum = comparison.model, comparison.quantum
    x, y = data.x_test[:3], data.y_test[:3]
    with pytest.raises(ArgumentError, match="one label per input"):
        qtn.compare(model, quantum, x, y[:2])
    with pytest.raises(ArgumentError, match="label 7, which the model has never seen"):
        qtn.compare(model, quantum, x, np.array([0, 1, 7]))
    with pytest.raises(ArgumentError, match="finite numbers only"):
        qtn.compare(model, quantum, np.full((3, 4), np.nan), y)
