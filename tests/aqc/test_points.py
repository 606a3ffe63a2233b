import pytest
from matplotlib.figure import Figure

import qtn
from qtn.aqc.points import Front, Limits, Point, checked_limits, front
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError


def point(name, gates, depth, infidelity):
    return Point(name, gates, gates, depth, infidelity, Blocks(2, ()))


class Halves:
    """A device on which every gate halves the fidelity."""

    def fidelity(self, one):
        return (1.0 - one.infidelity) * self.survival(one)

    def survival(self, one):
        return 0.5**one.two_qubit_gates


def test_points_stay_unless_one_beats_them_in_gates_depth_and_infidelity():
    points = [
        point("few", 3, 9, 0.1),
        point("flat", 4, 2, 0.1),
        point("good", 5, 9, 0.01),
        point("beaten", 6, 9, 0.01),
        point("twin", 5, 9, 0.01),
    ]
    assert [p.method for p in front(points)] == ["few", "flat", "good"]


def test_budgets_are_kept_and_the_noise_decides_where_a_device_is_given():
    few, many = point("few", 1, 1, 0.2), point("many", 2, 2, 0.0)
    assert Limits(two_qubit_depth=1).kept(few)
    assert not Limits(two_qubit_depth=1).kept(many)
    assert min([few, many], key=Limits().rank) is many
    assert min([few, many], key=Limits(rating=Halves()).rank) is few
    assert min([few, many], key=Limits(0.1, rating=Halves()).rank) is many


def test_a_point_writes_its_circuit_in_its_basis():
    made = qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(1)).pareto[0]
    assert made.circuit.count_ops()["cx"] == made.two_qubit_gates == 1
    for basis in ("cz", "rzz"):
        other = made.with_basis(basis)
        assert other.circuit.count_ops()[basis] == other.two_qubit_gates
    assert qtn.verify(made, [0.6, 0, 0, 0.8]).fidelity == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ((0, None, None), "max_two_qubit_gates"),
        ((None, 1.5, None), "max_depth"),
        ((None, None, -0.1), "infidelity"),
    ],
)
def test_limits_out_of_range_are_refused(limits, name):
    with pytest.raises(ArgumentError, match=f"`{name}` must be"):
        checked_limits(*limits)


def test_a_front_is_drawn_with_the_point_chosen_and_listed():
    points = Front((point("few", 3, 9, 0.1), point("good", 5, 9, 0.01)))
    axes = Figure().subplots()
    assert points.plot(axes, chosen=points[1]) is axes
    assert list(axes.lines[0].get_xdata()) == [3, 5]
    assert axes.lines[-1].get_xdata()[0] == 5
    assert points.to_frame()["infidelity"].tolist() == [0.1, 0.01]
    assert Front().plot().get_xlabel() == "CX gates"
    with pytest.raises(ArgumentError, match="`chosen` must be a point of a front"):
        points.plot(chosen=3)
    with pytest.raises(ArgumentError, match="`ax` must be the axes"):
        points.plot("axes")
