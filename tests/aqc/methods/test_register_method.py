"""What windows and trees share."""

from __future__ import annotations

import pytest
from aqc.random_states import random_chain, random_tree

import qtn
from qtn.aqc.methods.register_method import RegisterMethod, laid_out
from qtn.aqc.methods.trees import Tree
from qtn.aqc.methods.window import Window
from qtn.aqc.search.job import Job
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.errors import ArgumentError


def test_the_cost_is_known_before_the_search() -> None:
    state = random_chain(10, 4, 0)
    few = {"steps": 5, "tries": 1}
    for options in ({}, {"fullness": 0.7}, {"per_node": 3}, {"bond": 2}):
        method = Window(**few, **options)
        shape = laid_out(method, chain_tree(state.tensors, method.bond))
        short = qtn.compile(state, method)
        assert short.blocks == shape.size


def test_what_does_not_fit_the_memory_is_refused_before_it_is_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qtn._memory.free_memory", lambda: 1e5)
    with pytest.raises(ArgumentError, match="A search of this bond needs"):
        Tree(fullness=4.0).solve(Job(random_tree(4, 4, 0)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fullness": 5.0}, "`fullness`"),
        ({"per_node": 0}, "`per_node`"),
        ({"bond": 0}, "`bond`"),
        ({"tries": 0}, "`tries`"),
        ({"start": 3}, "`start` must be a Compiled result or None"),
        ({"steps": -1}, "`steps`"),
        ({"real": 2}, "`real`"),
        ({"basis": "swap"}, "`basis`"),
        ({"tolerance": 2.0}, "`tolerance`"),
        ({"seconds": 0.0}, "`seconds`"),
    ],
)
@pytest.mark.parametrize("method", [Tree, Window])
def test_bad_options(
    method: type[RegisterMethod], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        method(**options)  # type: ignore[arg-type]
