"""Steps of ways over a device."""

import numpy as np

from qtn.devices.placement.walks import steps

LINE = np.array([[1, -1], [0, 2], [1, 3], [2, 4], [3, -1]])  # 0 - 1 - 2 - 3 - 4


def walk(used, end, *lines):
    found, values = np.empty((10, 3), np.int64), np.empty(10)
    flags = np.isin(np.arange(5), used)[None]
    gates, readout = np.full((5, 5), 0.5), np.arange(5.0)
    ways = flags, np.array([end]), np.array([1.0])
    number = steps(ways, LINE, gates, readout, lines, found, values)
    assert (flags[0] == np.isin(np.arange(5), used)).all()
    return [tuple(row) for row in found[:number].tolist()], values[:number].tolist()


def test_a_step_costs_its_gates_and_a_measurement():
    assert walk([0], 0, 1, 3, 0, 0) == ([(0, 1, 0)], [1.0 + 0.5 + 1.0])


def test_what_has_no_room_for_the_rest_is_given_up():
    assert walk([0], 0, 1, 4, 0, 0) == ([], [])
    assert walk([2], 2, 1, 1, 1, 2)[0] == [(0, 1, 0), (0, 3, 0)]
    assert walk([2], 2, 1, 1, 1, 3)[0] == []


def test_a_line_begins_anywhere_on_unused_qubits():
    found, values = walk([0, 1], 1, 0, 2, 0, 0)
    assert found == [(0, 2, 0), (0, 4, 0)]
    assert values == [3.0, 5.0]


def test_pieces_too_small_are_left_behind():
    (step,), _ = walk([1], 1, 1, 2, 0, 0)
    assert step == (0, 2, 1)  # qubit 0 stays alone
