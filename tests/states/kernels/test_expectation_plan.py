"""What is planned: how many products, how much room, what is shared."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.states.kernels import expectation_kernel as kernel
from qtn.states.kernels.expectation_plan import Factor, plan

X, Z = Factor.of(np.array([[0.0, 1.0], [1.0, 0.0]])), Factor.of(np.diag([1.0, -1.0]))


def ising(n: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    pairs = tuple(((i, 1), (i + 1, 1)) for i in range(n - 1))
    return pairs + tuple(((i, 0),) for i in range(n))


def products(steps: np.ndarray) -> int:
    return int(np.isin(steps[:, 0], (kernel.HALF, kernel.BLOCK)).sum())


@pytest.mark.parametrize("center", [0, 7, 19])
def test_an_ising_chain_takes_five_products_a_site_and_little_room(center: int) -> None:
    made = plan((X, Z), ising(20), (2,) * 20, center)
    assert products(made.program) <= 5 * 20
    assert made.matrices <= 8
    longer = plan((X, Z), ising(40), (2,) * 40, center)
    assert longer.matrices == made.matrices


def test_a_plan_is_made_once() -> None:
    assert plan((X, Z), ising(6), (2,) * 6, 3) is plan((X, Z), ising(6), (2,) * 6, 3)


def test_operators_that_begin_alike_share_their_beginning() -> None:
    one = plan((Z,), (((0, 0), (1, 0), (5, 0)),), (2,) * 8, 0)
    both = plan((Z,), (((0, 0), (1, 0), (5, 0)), ((0, 0), (1, 0), (6, 0))), (2,) * 8, 0)
    assert products(both.program) <= products(one.program) + 4  # one site more


def test_factors_are_shift_and_rest_where_that_saves_a_projection() -> None:
    assert Z.shift == 1.0
    assert Z.rest == ((1, 1, -2.0),)
    assert X.shift == 0.0
    assert X.rest == X.entries == ((0, 1, 1.0), (1, 0, 1.0))
    assert Factor.of(np.eye(3)).rest == ()


def test_the_sign_of_a_factor_is_proven_by_its_entries() -> None:
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert [Factor.of(m).sign for m in (np.eye(2), 1j * np.eye(2), turn, 1j * turn)] == [
        1,
        -1,
        -1,
        1,
    ]
    assert Factor.of(np.array([[0.0, 1.0], [1.0 + 1e-16, 0.0]])).sign == 1  # the same number
    assert Factor.of(np.array([[0.0, 1.0], [1.0 + 1e-15, 0.0]])).sign == 0
    assert Factor.of(np.zeros((2, 2))).sign == 0


def test_a_known_sign_saves_traces() -> None:
    """Σ_pq X_pq Tr(E A_q A_p†) needs one trace where E† = ±E, two where nothing is known."""
    ladder = Factor.of(np.array([[0.0, 1.0], [0.0, 0.0]]))

    def traces(first: Factor) -> int:
        program = plan((first, X), (((0, 0), (3, 1)),), (2,) * 4, 0).program
        return int((program[:, 0] == kernel.DOT).sum())

    assert traces(X) == traces(Factor.of(np.array([[0.0, -1.0], [1.0, 0.0]]))) == 1
    assert traces(ladder) == 2
