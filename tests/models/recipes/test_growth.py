from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qtn.models.densities.background import Background
from qtn.models.densities.counted import Counted, Floats, Ints
from qtn.models.recipes.growth import Grower, Growth, best_structure, held_out, ladder

DATA = Counted.of(np.random.default_rng(0).integers(0, 2, (60, 3)))
# Log-likelihood per row that a network of a bond has, by structure.
QUALITY = {"good": {2: -3.0, 3: -2.0, 4: -1.5, 6: -1.6}, "poor": {2: -2.5, 3: -2.4, 4: -2.3}}


class Net:
    """A network whose quality is known."""

    def __init__(self, structure: str) -> None:
        self.structure, self.bond = structure, 0

    @property
    def tensors(self) -> list[Floats]:
        return [np.array([QUALITY[self.structure][self.bond]])]

    def log_likelihoods(self) -> Floats:
        return np.full(len(DATA), self.tensors[0][0])


class Known(Grower):
    stop_at = 0
    made = 0

    def _structures(self, data: Counted) -> dict[str, Any]:
        return {"good": "good", "poor": "poor"}

    def _seedling(self, structure: Any, data: Counted) -> Net:
        self.made += 1
        return Net(structure)

    def _steps(self, sweeper: Any, bond: int) -> list[Callable[[], None]]:
        def step() -> None:
            if bond == self.stop_at:
                raise KeyboardInterrupt
            sweeper.bond = bond

        return [step]

    def _log_p(self, structure: Any, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        return np.full(len(rows), tensors[0][0])

    def _background(self, data: Counted) -> Background:
        return Background.of(data, (2, 2, 2), 1.0)


def growth(known: Known, weight: float | None = 0.0) -> Growth:
    parts = DATA.parts(5, 1, np.random.default_rng(0))
    return Growth(known, [type(parts[0])(DATA, parts[0].held)], known._structures(DATA), weight)


def test_the_first_bond_that_brings_nothing_ends_it() -> None:
    known, steps = Known(), []
    grown = growth(known)
    grown.climb(ladder(16), lambda: steps.append(1))
    found = grown.finished(None, lambda: None)
    assert (found.name, found.bond, found.status) == ("good", 4, "stopped early")
    assert found.tensors[0][0] == -1.5
    assert len(steps) == 7  # two structures up to bond 4, the better one at 6
    assert found.history["validation_loss"] == pytest.approx([3.0, 2.0, 1.5, 1.6])
    assert found.tried[0] == ("good, bond 4", pytest.approx(1.5))
    assert "poor, bond 4" in dict(found.tried)
    assert "loss 1.5 on 1 part of rows held out, the lowest of 7" in found.recipe({}, 1).why


def test_the_best_sweeps_are_repeated_on_all_rows() -> None:
    known = Known()
    grown = growth(known)
    grown.climb(ladder(16), lambda: None)
    before = known.made
    found = grown.finished(DATA, lambda: None)
    assert known.made == before + 1
    assert [len(values) for values in found.history.values()] == [3, 3, 3]
    assert found.tensors[0][0] == -1.5


def test_the_last_bond_completes_it_and_few_bonds_choose_at_their_end() -> None:
    grown = growth(Known())
    grown.climb(ladder(3), lambda: None)
    assert (grown.status, grown.best.name) == ("completed", "good")
    assert ladder(2) == [2]
    assert ladder(7) == [2, 3, 4, 6, 7]


@pytest.mark.parametrize(("stop_at", "bond"), [(3, 2), (6, 4)])
def test_an_interrupt_keeps_the_best_so_far(stop_at: int, bond: int) -> None:
    known = Known()
    known.stop_at = stop_at
    grown = growth(known)
    grown.climb(ladder(16), lambda: None)
    found = grown.finished(DATA, lambda: None)
    assert (found.bond, found.status) == (bond, "interrupted")
    known.stop_at = 2
    with pytest.raises(KeyboardInterrupt):
        growth(known).climb(ladder(16), lambda: None)


def test_a_background_takes_the_weight_that_is_best() -> None:
    grown = growth(Known(), None)
    grown.climb([2], lambda: None)
    assert grown.finished(None, lambda: None).background.weight == pytest.approx(0.99)


def test_the_structure_alone_can_be_chosen() -> None:
    known, parts = Known(), growth(Known()).parts
    assert best_structure(known, parts, known._structures(DATA)) == "good"
    assert best_structure(known, [], known._structures(DATA)) == "good"


def test_few_rows_are_held_out_in_five_parts() -> None:
    rng = np.random.default_rng(0)
    assert len(held_out(DATA, 0.0, rng)) == 5
    assert len(held_out(DATA, 0.3, rng)) == 1
    many = Counted(np.arange(20)[:, None], np.full(20, 100.0))
    (part,) = held_out(many, 0.0, rng)
    assert part.held.total == pytest.approx(200, abs=70)
