"""Auto on trees that no chain holds."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_tree

import qtn
from qtn.aqc.methods.portfolio.branches import is_wide
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.job import Job


def shuffled(height: int, bond: int) -> qtn.TTN:
    state = random_tree(height, bond, 0)
    name = np.random.default_rng(0).permutation(state.n).tolist()
    pairs = tuple(tuple(name[c] if c < state.n else c for c in pair) for pair in state.pairs)
    return qtn.TTN(state.tensors, pairs)


def test_which_trees_are_wide() -> None:
    assert is_wide(Scene(Job(shuffled(5, 2))))
    assert not is_wide(Scene(Job(random_tree(4, 2, 0))))
    assert not is_wide(Scene(Job(random_tree(3, 2, 0).to_mps())))


def test_auto_takes_a_tree_and_never_its_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qtn.TTN, "to_mps", None)
    short = qtn.compile(shuffled(5, 2), qtn.Auto(infidelity=1e-2))
    assert short.provenance["fidelity by"] == "exact tree contraction"
    assert short.infidelity <= 1e-2
    sizes = [point.two_qubit_gates for point in short.pareto]
    assert sizes == sorted(sizes)
