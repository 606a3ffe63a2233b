from __future__ import annotations

import pytest

from qtn.models.networks.trees import balanced, layers, patches, tree_pairs


@pytest.mark.parametrize("sites", [2, 3, 5, 8, 13])
def test_every_number_is_used_once(sites: int) -> None:
    pairs = tree_pairs(balanced(sites), sites, None)
    assert len(pairs) == sites - 1


@pytest.mark.parametrize(("height", "width"), [(1, 3), (2, 2), (3, 5), (14, 14)])
def test_patches_cover_the_image(height: int, width: int) -> None:
    pairs = patches(height, width)
    assert tree_pairs(pairs, height * width, None) == pairs


def test_patches_join_neighbours() -> None:
    # 4x4: first along rows, then along columns: the first four nodes of height 2 are 2x2 patches.
    pairs = patches(4, 4)
    below = {i: {i} for i in range(16)}
    for k, (a, b) in enumerate(pairs):
        below[16 + k] = below[a] | below[b]
    assert below[16 + 8] == {0, 1, 4, 5}
    assert below[16 + 14] == set(range(16))


def test_layers_contract_every_node_once() -> None:
    pairs = balanced(7)
    found = [number for layer in layers(pairs, 7) for number in layer.numbers]
    assert sorted(found) == list(range(7, 13))
