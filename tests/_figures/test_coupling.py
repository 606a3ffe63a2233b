"""Coupling maps: lattices come out as themselves, and what is drawn is what was told."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn._figures.coupling import draw_coupling, positions

SQUARES = [(3 * r + c, 3 * r + c + 1) for r in range(2) for c in range(2)]
SQUARES += [(c, c + 3) for c in range(3)]


@pytest.mark.parametrize(
    ("n", "couplings"),
    [(5, [(k, k + 1) for k in range(4)]), (6, [(k, (k + 1) % 6) for k in range(6)]), (6, SQUARES)],
)
def test_couplings_are_the_shortest_lines(n: int, couplings: list[tuple[int, int]]) -> None:
    places = positions(n, couplings)
    lengths = np.linalg.norm(places[:, None] - places, axis=-1)
    coupled = {tuple(sorted(pair)) for pair in couplings}
    longest = max(lengths[pair] for pair in coupled)
    others = [lengths[i, j] for i in range(n) for j in range(i) if (j, i) not in coupled]
    assert longest < 1.2 * min(others)
    assert places[:, 0].std() >= places[:, 1].std() - 1e-9  # the longer direction lies level


def test_parts_that_nothing_joins_lie_apart() -> None:
    places = positions(4, [(0, 1), (2, 3)])
    assert np.linalg.norm(places[0] - places[2]) > 0.5
    assert positions(1, []).shape == (1, 2)


def test_errors_are_colours_and_a_circuit_is_marked() -> None:
    ax = Figure().subplots()
    errors = {(0, 1): 1e-2, (1, 2): np.nan}
    assert draw_coupling(ax, [0.01, 0.02, np.nan], errors, {1: "0", 2: "1"}, [(1, 2)]) is ax
    path, _, lines, dots = ax.collections
    assert len(path.get_segments()) == 1
    assert np.ma.filled(lines.get_array(), -1).tolist() == [0.01, -1]
    assert np.ma.filled(dots.get_array(), -1).tolist() == [0.01, 0.02, -1]
    assert [text.get_text() for text in ax.texts] == ["0", "1"]
    labels = {axes.get_ylabel() for axes in ax.figure.axes}
    assert {"error of readout", "error of two-qubit gates"} <= labels


def test_a_device_that_tells_nothing_is_grey() -> None:
    ax = draw_coupling(Figure().subplots(), [np.nan, np.nan], {(0, 1): np.nan})
    assert [text.get_text() for text in ax.texts] == ["0", "1"]
    assert ax.figure.axes == [ax]
    ax.figure.canvas.draw()


def test_qubits_of_a_line_have_room() -> None:
    ax = Figure(layout="constrained").subplots()
    draw_coupling(ax, [0.01] * 5, {(i, i + 1): 0.01 for i in range(4)})
    ax.figure.draw_without_rendering()
    assert ax.get_window_extent().height > 50
