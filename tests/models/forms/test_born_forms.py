from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from qtn.errors import ArgumentError
from qtn.models import MPSBornMachine, TTNBornMachine

RNG = np.random.default_rng(0)
ROWS = np.stack([RNG.integers(0, d, 40) for d in (2, 3, 2, 2)], axis=1)
ROWS[:, 3] = ROWS[:, 0]
EVERY = np.array(list(itertools.product(range(2), range(3), range(2), range(2))))
NUMBERS = np.array([12, 4, 2, 1])
MACHINES = {
    "chain": MPSBornMachine(4, sweeps=3, mixture=0.2, order=[2, 0, 3, 1]),
    "tree": TTNBornMachine(4, sweeps=3, mixture=0.2),
}


@pytest.fixture(scope="module", params=sorted(MACHINES))
def model(request: pytest.FixtureRequest) -> Any:
    return MACHINES[request.param].fit(ROWS)


def amplitudes(model: Any, state: Any) -> np.ndarray:
    return np.asarray(state.amplitudes(EVERY[:, model._site_columns()]))


def test_the_density_is_the_mixture(model: Any) -> None:
    p = np.exp(model.score_samples(EVERY))
    assert p.sum() == pytest.approx(1)
    pure = np.abs(amplitudes(model, model.state(smoothed=False))) ** 2
    assert p == pytest.approx(0.8 * pure + 0.2 * np.exp(model.background_.log_p(EVERY)))


def test_the_amplitude_form_is_the_sum(model: Any) -> None:
    plain = model.state(smoothed=False)
    whole = np.sqrt(0.8) * amplitudes(model, plain)
    whole += np.sqrt(0.2 * np.exp(model.background_.log_p(EVERY)))
    found = amplitudes(model, model.state())
    assert found == pytest.approx(whole / np.linalg.norm(whole))
    sizes = [max(max(t.shape) for t in state.tensors) for state in (plain, model.state())]
    assert sizes[1] <= sizes[0] + 1
    qubits = model.state(qubits=True, smoothed=False)
    assert set(qubits.phys) == {2}
    assert qubits.norm() == pytest.approx(1)


def test_a_single_column_has_an_amplitude_form() -> None:
    one = MPSBornMachine(2, sweeps=3, mixture=0.5).fit([[0], [1], [1]])
    assert one.state().norm() == pytest.approx(1)


def test_site_vectors_stand_in_the_order_of_the_sites(model: Any) -> None:
    vectors = model.site_vectors(EVERY)
    assert [v.shape[1] for v in vectors] == [(2, 3, 2, 2)[c] for c in model._site_columns()]
    columns = np.stack([v.argmax(axis=1) for v in vectors], axis=1)
    assert (columns == EVERY[:, model._site_columns()]).all()


@pytest.mark.parametrize("given", [{}, {0: 1, 3: 0}, {1: 2}])
def test_draws_follow_the_mixture_also_when_conditioned(model: Any, given: dict) -> None:
    p = np.exp(model.score_samples(EVERY))
    fits = np.all([EVERY[:, c] == v for c, v in {**given, 0: given.get(0, EVERY[:, 0])}.items()], 0)
    wanted = p * fits / p[fits].sum()
    drawn = model.sample(4000, seed=3, given=given)
    found = np.bincount(drawn @ NUMBERS, minlength=24) / 4000
    assert (np.abs(found - wanted) <= 5 * np.sqrt(wanted / 4000) + 5 / 4000).all()


def test_bad_forms_are_refused(model: Any) -> None:
    with pytest.raises(ArgumentError, match="`smoothed` must be True or False"):
        model.state(smoothed=1)
    with pytest.raises(ArgumentError, match="`label` must be None"):
        model.state(label=0)
    with pytest.raises(ArgumentError, match="has no form"):
        model.state(register="label")


def posterior(model: Any, row: np.ndarray) -> np.ndarray:
    """Return the probabilities of all rows given what is known of one, by enumeration."""
    fits = np.all(np.isnan(row) | (row == EVERY), axis=1)
    p = np.exp(model.score_samples(EVERY)) * fits
    return np.asarray(p / p.sum())


@pytest.mark.parametrize("weight", [0.2, 0.0])
def test_the_likely_values_are_those_of_the_enumeration(model: Any, weight: float) -> None:
    other = clone(model).set_params(mixture=weight).fit(ROWS)
    rows = EVERY.astype(float)
    rows[RNG.random(rows.shape) < 0.5] = np.nan
    found = other.impute(rows)
    for row, filled in zip(rows, found, strict=True):
        p = posterior(other, row)
        for column, value in enumerate(filled):
            levels = np.bincount(EVERY[:, column], p, 3)
            assert levels[value] == pytest.approx(levels.max())
    known = ~np.isnan(rows)
    assert (found[known] == EVERY[known]).all()


def test_drawn_values_follow_the_joint_distribution(model: Any) -> None:
    row = np.array([np.nan, 2, np.nan, np.nan])
    wanted = posterior(model, row)
    drawn = model.impute(np.tile(row, (4000, 1)), how="drawn", seed=1)
    found = np.bincount(drawn @ NUMBERS, minlength=24) / 4000
    assert (np.abs(found - wanted) <= 5 * np.sqrt(wanted / 4000) + 5 / 4000).all()
    again = model.impute(np.tile(row, (4000, 1)), how="drawn", random_state=1)
    assert (again == drawn).all()


def test_impossible_rows_are_named() -> None:
    for kind in (MPSBornMachine, TTNBornMachine):
        model = kind(2, sweeps=9).fit([[0, 0, 0], [2, 1, 1]])
        with pytest.raises(ArgumentError, match="what is known of row 1 has probability 0"):
            model.impute([[0, np.nan, 0], [1, np.nan, 0]])
        with pytest.raises(ArgumentError, match="what is known of row 0 has probability 0"):
            model.impute([[7, np.nan, 0]], how="drawn")
    with pytest.raises(ArgumentError, match="`how` must be"):
        model.impute([[0, 0, 0]], how="best")
    with pytest.raises(ArgumentError, match="`X` cannot be used: Input X contains infinity"):
        model.impute([[0, np.inf, 0]])


def test_long_rows_may_be_unlikely_without_being_impossible() -> None:
    rows = np.random.default_rng(0).integers(0, 64, (30, 70))
    model = MPSBornMachine(2, sweeps=1).fit(rows)
    given = dict(enumerate(rows[0, :69].tolist()))
    assert model.score_samples(rows[:1]) < -150
    assert (model.sample(2, given=given)[:, :69] == rows[0, :69]).all()
