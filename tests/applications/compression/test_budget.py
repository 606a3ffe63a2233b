"""Budgets: never exceeded, the best choice of two layers by enumeration, refusals."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from qtn.applications.compression.budget import allotted, path_of
from qtn.applications.compression.layout import Layout
from qtn.errors import ArgumentError

LAYOUT = Layout((4, 4), (4, 4))


def values(seed: int, decay: float) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.sort(rng.uniform(0.5, 1, 16) * np.exp(-decay * np.arange(16)))[::-1]]


def test_a_path_rises_in_price_falls_in_error_and_ends_with_the_matrix() -> None:
    path = path_of(Layout((2, 2, 2), (2, 2, 2)), [np.array([2.0, 1.0, 0.5, 0.1])] * 2)
    assert path.bonds[0] == (1, 1)
    assert path.bonds[-1] is None
    assert (np.diff(path.prices) > 0).all()
    assert (np.diff(path.errors) < 0).all()
    assert path.errors[-1] == 0.0


def test_true_errors_replace_the_estimates() -> None:
    path = path_of(LAYOUT, values(0, 0.3), lambda bonds: 1.0 / (1.0 + bonds[0]))
    assert path.errors[0] == pytest.approx(0.5)
    assert path.errors[-2] == pytest.approx(1.0 / (1.0 + path.bonds[-2][0]))


def test_true_errors_are_not_computed_beyond_what_can_be_bought() -> None:
    asked = []
    path_of(LAYOUT, values(0, 0.3), lambda bonds: asked.append(bonds[0]) or 0.5, 4 * 32)
    assert max(asked) == 4


@pytest.mark.parametrize("budget", [70, 120, 200, 300, 420, 512])
def test_the_choice_is_within_one_step_of_the_best(budget: int) -> None:
    paths = {"a": path_of(LAYOUT, values(1, 0.5)), "b": path_of(LAYOUT, values(2, 0.1))}
    found = allotted(paths, {"a": 1.0, "b": 1.0}, budget)

    def of(picked: tuple[int, int]) -> tuple[int, float]:
        ends = list(zip(paths.values(), picked, strict=True))
        kept = [max(1.0 - p.errors[k], 1e-3) for p, k in ends]
        return sum(int(p.prices[k]) for p, k in ends), -float(np.sum(np.log(kept)))

    chosen = tuple(paths[n].bonds.index(found[n]) for n in "ab")
    price, loss = of(chosen)
    assert price <= budget
    every = [of(k) for k in product(*(range(len(p.bonds)) for p in paths.values()))]
    within = [other for cost, other in every if cost <= budget - 32]  # one bond less to spend
    assert loss <= min(within, default=np.inf) + 1e-12


def test_weights_move_parameters_to_the_layer_that_counts() -> None:
    paths = {"a": path_of(LAYOUT, values(1, 0.3)), "b": path_of(LAYOUT, values(1, 0.3))}
    found = allotted(paths, {"a": 100.0, "b": 1.0}, 250)
    assert found["a"][0] > found["b"][0]


def test_a_layer_whose_cores_are_no_smaller_keeps_its_matrix() -> None:
    tiny = path_of(Layout((1, 2), (2, 1)), [np.array([1.0, 0.5])])
    assert tiny.bonds == (None,)
    assert allotted({"a": tiny}, {"a": 1.0}, 4) == {"a": None}


def test_a_budget_below_the_smallest_cores_is_refused() -> None:
    paths = {"a": path_of(LAYOUT, values(1, 0.3))}
    with pytest.raises(ArgumentError, match="`parameters` is 2 below the smallest cores"):
        allotted(paths, {"a": 1.0}, 30)
