from dataclasses import dataclass, field

import pytest

from qtn.aqc import Auto, Brickwall, Method, Resume, Staircase
from qtn.aqc.methods.base import SHOWN, described


@dataclass(frozen=True, slots=True)
class Options(Method):
    layers: int = field(default=2, metadata=SHOWN)
    steps: int = 5
    start: object = None
    basis: str = "cz"

    def solve(self, job):
        raise NotImplementedError


def test_a_method_without_solve_is_none():
    class Nothing(Method):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()


def test_options_are_named_as_they_would_be_typed():
    assert described(Options()) == "Options(layers=2)"
    assert described(Options(3, 7, object(), "cx")) == (
        "Options(layers=3, steps=7, start=..., basis='cx')"
    )
    assert described(object()) == "object()"


def test_the_usual_limits_are_the_goal_and_the_basis():
    assert (Options().limits(None).infidelity, Options().limits(0.1).infidelity) == (0.0, 0.1)
    assert Options().limits(None).basis == "cz"


def test_methods_say_what_the_door_keeps():
    auto = Auto(20, infidelity=1e-2, seconds=3.0)
    limits = auto.limits(1e-4)
    assert (limits.infidelity, limits.two_qubit_gates, limits.seconds) == (1e-4, 20, 3.0)
    assert (auto.limits(None).infidelity, Auto().limits(None).infidelity) == (1e-2, 1e-3)
    assert Staircase(blocks=7).limits(0.2).blocks == 7
    assert all(issubclass(m, Method) for m in (Auto, Brickwall, Resume, Staircase))
