"""Which boxes a sentence passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.applications.sequences.architecture import Architecture


def shaped(arch: str = "tree", sharing: str = "uniform", longest: int = 40) -> Architecture:
    return Architecture(arch, sharing, "discard", 1, 1, longest)


@given(st.integers(1, 40), st.sampled_from(["tree", "path"]))
def test_every_register_is_joined_once(length: int, arch: str) -> None:
    merges = [m for level in shaped(arch).levels(length) for m in level]
    assert len(merges) == length - 1
    used = [side for m in merges for side in (m.left, m.right)]
    assert sorted(used) == list(range(2 * length - 2))  # all but the last register
    assert all(max(m.left, m.right) < length + k for k, m in enumerate(merges))


def test_a_tree_keeps_the_order_of_the_tokens() -> None:
    spans = [(k, k) for k in range(11)]
    for level in shaped().levels(11):
        for m in level:
            assert spans[m.left][1] + 1 == spans[m.right][0]
            spans.append((spans[m.left][0], spans[m.right][1]))
    assert spans[-1] == (0, 10)


def test_a_path_meets_one_token_after_the_other() -> None:
    merges = [m for level in shaped("path").levels(4) for m in level]
    assert [(m.left, m.right) for m in merges] == [(0, 1), (4, 2), (5, 3)]


@pytest.mark.parametrize(
    ("arch", "sharing", "boxes"),
    [("tree", "uniform", 1), ("tree", "level", 8), ("tree", "position", 191),
     ("path", "uniform", 1), ("path", "position", 191)],
)  # fmt: skip
def test_boxes_are_counted_and_all_used(arch: str, sharing: str, boxes: int) -> None:
    shape = shaped(arch, sharing, 192)
    assert shape.boxes == boxes
    assert {m.box for level in shape.levels(192) for m in level} == set(range(boxes))


@given(st.integers(2, 40))
def test_shorter_sentences_find_their_boxes(length: int) -> None:
    for sharing in ("level", "position"):
        shape = shaped(sharing=sharing)
        assert all(m.box < shape.boxes for level in shape.levels(length) for m in level)
    assert not shaped().limited
    assert shaped(sharing="level").limited


def test_neighbouring_levels_share_a_box() -> None:
    shape = Architecture("tree", "level", "discard", 1, 1, 192, groups=3)
    used = [{m.box for m in level} for level in shape.levels(192)]
    assert used == [{0}, {0}, {0}, {1}, {1}, {1}, {2}, {2}]
    assert shape.boxes == 3
    assert Architecture("tree", "level", "discard", 1, 1, 4, groups=3).boxes == 2
