from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

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
