"""What chains, trees and operators show of themselves."""

from __future__ import annotations

import numpy as np

import qtn
from qtn.states.summary import bonds_text, bytes_text, levels_of


def test_a_chain_shows_its_sizes_and_where_it_came_from() -> None:
    state = qtn.evolve(qtn.chain("heisenberg", 4), "neel", 0.1, progress=False)
    text = str(state)
    assert text.startswith("Matrix product state\nsites            4\nlevels per site  2\nbonds")
    assert "complex128" in text
    assert "origin           Evolved: TEBD to time 0.1: step" in text
    assert "\n" not in repr(state)
    assert ">Matrix product state<" in state._repr_html_()
    page = state.origin._repr_html_()
    assert "Pauli terms on 4 qubits" in page
    assert "MPS(4 sites, max bond 1, float64)" in page


def test_trees_operators_and_blocks_show_what_is_particular_to_them() -> None:
    tree = qtn.TTN.product([[1, 0]] * 3, ((0, 1), (3, 2)))
    assert "bond at the root  1, 2" in str(tree)
    assert "levels per site  2" in str(qtn.MPO.from_dense(np.eye(4)))
    blocks = qtn.BlockMPS.product([0, 1, 0])
    assert "total charge       1" in str(blocks)
    lost = blocks.truncated(1)
    assert repr(lost) == (
        "BlockTruncation(BlockMPS(3 sites, max bond 1, charge (1,)), distance at most 0)"
    )
    assert "fidelity, product of the cuts  1" in str(lost)


def test_a_truncation_is_one_line() -> None:
    lost = qtn.MPS.from_dense([0.6, 0, 0, 0.8]).truncated(1)
    assert repr(lost) == "Truncation(MPS(2 sites, max bond 1, float64), fidelity at least 0.64)"
    assert "weight lost                    0.36" in str(lost)


def test_numbers_in_words() -> None:
    assert levels_of((2, 2, 2)) == 2
    assert levels_of((2, 3)) == (2, 3)
    assert bonds_text(()) == ""
    assert [bytes_text(b) for b in (0, 999, 1e3, 5e12)] == ["0 B", "999 B", "1 kB", "5e+03 GB"]
