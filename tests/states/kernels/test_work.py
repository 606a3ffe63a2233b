"""What a watch sees, and how it stops."""

from __future__ import annotations

import numpy as np
import oracles
import pytest

from qtn.errors import ArgumentError
from qtn.states.kernels.circuit import apply_gates
from qtn.states.kernels.work import STEP_WORK, Step, move_work, pair_work, refuse_above

CX = np.eye(4)[[0, 1, 3, 2]]
GATES = [((0,), np.array([[1, 1], [1, -1]]) / np.sqrt(2)), *(((i, i + 1), CX) for i in range(4))]
ZERO = [np.array([1.0, 0.0]).reshape(1, 2, 1)] * 5


def test_a_watch_sees_every_gate() -> None:
    seen: list[Step] = []
    build = apply_gates(ZERO, GATES, center=0, watch=seen.append)
    assert [(s.done, s.of, s.bond, s.size, s.rank) for s in seen] == [
        (k + 1, 4, k, 2, 2) for k in range(4)
    ]
    assert seen[-1].numbers == sum(t.size for t in build.tensors)
    work = [s.work for s in seen]
    assert work == sorted(work)
    assert work[0] >= STEP_WORK
    plain = apply_gates(ZERO, GATES, center=0)
    assert np.allclose(oracles.dense_chain(plain.tensors), oracles.dense_chain(build.tensors))


def test_bonds_above_a_limit_are_refused() -> None:
    apply_gates(ZERO, GATES, center=0, watch=refuse_above(2))
    with pytest.raises(ArgumentError, match="a bond dimension of 2 at site 0, above max_bond=1"):
        apply_gates(ZERO, GATES, center=0, watch=refuse_above(1))
    with pytest.raises(ArgumentError, match="`max_bond` must be a positive integer"):
        refuse_above(0)


def test_work_grows_with_the_third_power_of_the_bond() -> None:
    def work(bond: int, limit: int | None = None) -> float:
        return pair_work((bond, 2, bond), bond, 4, limit)

    assert 6 < work(1024) / work(512) < 8.1
    assert work(512, 256) < work(512)
    assert move_work(64, 2, 64) < work(64)
