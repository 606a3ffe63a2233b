"""Holm's p-values against his procedure, and the chance of a false alarm."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.statistics import holm


def rejected(p: np.ndarray, level: float) -> np.ndarray:
    """Holm's procedure, step by step."""
    found = np.zeros(len(p), dtype=bool)
    for step, index in enumerate(np.argsort(p)):
        if p[index] > level / (len(p) - step):
            break
        found[index] = True
    return found


def test_adjusted_values_say_what_the_procedure_rejects() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.uniform(size=5) ** 3
        for level in (0.01, 0.05, 0.2):
            np.testing.assert_array_equal(holm(p) <= level, rejected(p, level))
        assert (holm(p) >= p).all()


def test_false_alarms_are_kept_low() -> None:
    p = np.random.default_rng(1).uniform(size=(4000, 6))
    alarms = np.mean([holm(row).min() <= 0.05 for row in p])
    assert alarms == pytest.approx(0.05, abs=0.012)
    assert holm([0.02]).tolist() == [0.02]


@pytest.mark.parametrize("wrong", [[1.5], [-0.1], [np.nan], []])
def test_bad_input(wrong: list[float]) -> None:
    with pytest.raises(ArgumentError, match="`p_values`"):
        holm(wrong)
