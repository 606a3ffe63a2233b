"""Damped least squares."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.aqc.search.damped import solved


class Curved:
    """Rosenbrock's valley as two equations, or three of them with a solution."""

    def __init__(self, extra: bool) -> None:
        self.extra = extra

    def residual(self, gates: np.ndarray) -> np.ndarray:
        x, y = gates
        r = [10.0 * (y - x * x), 1.0 - x]
        return np.array([*r, x * y - 1.0] if self.extra else r)

    def jacobian(self, gates: np.ndarray) -> np.ndarray:
        x, y = gates
        rows = [[-20.0 * x, -1.0], [10.0, 0.0]]
        return np.array([[*rows[0], y], [*rows[1], x]] if self.extra else rows)

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        return gates + step


@pytest.mark.parametrize("extra", [False, True])
def test_a_curved_valley_is_followed_to_its_end(extra: bool) -> None:
    found, value = solved(Curved(extra), np.array([-1.2, 1.0]), 100, 1e-28)
    assert value < 1e-25
    assert np.allclose(found, 1.0)


def test_more_unknowns_than_equations() -> None:
    class One(Curved):
        def residual(self, gates: np.ndarray) -> np.ndarray:
            return super().residual(gates)[:1]

        def jacobian(self, gates: np.ndarray) -> np.ndarray:
            return super().jacobian(gates)[:, :1]

    found, value = solved(One(False), np.array([-1.2, 1.0]), 50, 1e-28)
    assert value < 1e-25
    assert found[1] == pytest.approx(found[0] ** 2)


def test_ends_when_told_or_when_nothing_is_gained() -> None:
    start = np.array([-1.2, 1.0])
    assert solved(Curved(False), start, 100, 0.0, lambda: True)[0] is start

    class Hopeless(Curved):
        def residual(self, gates: np.ndarray) -> np.ndarray:
            return np.array([1.0, 0.0 * gates[0]])

        def jacobian(self, gates: np.ndarray) -> np.ndarray:
            return np.zeros((2, 2))

    assert solved(Hopeless(False), start, 100, 0.0)[1] == 1.0
