from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import calibration_error


def test_honest_probabilities_have_no_error_and_overconfident_ones_have() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1.0, 40_000)
    labels = np.where(rng.random(40_000) < p, "a", "b")
    honest = calibration_error(np.stack([p, 1 - p], axis=1), labels, ["a", "b"])
    sure = calibration_error(np.tile([1.0, 0.0], (40_000, 1)), labels, ["a", "b"])
    assert honest < 0.02
    assert sure == pytest.approx(0.25, abs=0.01)


def test_shapes_must_match() -> None:
    with pytest.raises(ArgumentError, match="for 1 labels and 2 classes"):
        calibration_error([[0.5, 0.5], [1.0, 0.0]], [0], [0, 1])
