"""Objects that options name."""

from __future__ import annotations

from pathlib import Path

import pytest

import qtn
from qtn import aqc, mitigation
from qtn.cli import named
from qtn.errors import ArgumentError


def test_methods(tmp_path: Path) -> None:
    assert named.method("Staircase(layers=3)") == qtn.Staircase(layers=3)
    assert named.method("Auto(max_two_qubit_gates=9)").max_two_qubit_gates == 9
    done = qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(1), progress=False)
    file = qtn.save(done, tmp_path / "c.qtn")
    assert named.method(f"Resume(load({str(file)!r}))").previous.two_qubit_gates == 1
    with pytest.raises(ArgumentError, match="must name a compile method"):
        named.method(f"load({str(file)!r})")
    with pytest.raises(ArgumentError, match="names 'eval', which is unknown"):
        named.method("eval('1')")


def test_techniques() -> None:
    assert named.techniques(["Readout,ZNE(factors=(1, 3))"]) == [
        qtn.Readout(),
        qtn.ZNE(factors=(1, 3)),
    ]
    assert named.techniques(["Readout", "ZNE"]) == [qtn.Readout(), qtn.ZNE()]
    assert named.techniques(["auto"]) == "auto"
    assert named.techniques([]) == named.techniques(["none"]) == []
    with pytest.raises(ArgumentError, match="Did you mean 'Readout'"):
        named.techniques(["Readuot"])


def test_shells_complete_all_that_there_is() -> None:
    assert set(named.METHODS) == set(named._subclasses(aqc, aqc.Method))
    known = set(named._subclasses(mitigation, mitigation.Technique))
    assert {*named.TECHNIQUES} - {"auto"} <= known
    assert {name for name in dir(qtn) if name in known} <= set(named.TECHNIQUES)
    assert named.words(*named.METHODS)("S") == ["Segments", "Staircase"]


def test_models() -> None:
    found = named.model("TTNRegressor(bond=3, epochs=2)")
    assert isinstance(found, qtn.TTNRegressor)
    assert found.bond == 3
    with pytest.raises(ArgumentError, match="Did you mean 'MPSClassifier'"):
        named.model("MPSClasifier")


def test_budgets() -> None:
    assert named.budget(None) is None
    assert named.budget("shots=10, money=2.5") == qtn.Budget(shots=10, money=2.5)
    with pytest.raises(ArgumentError, match="Did you mean 'shots'"):
        named.budget("shot=10")
    with pytest.raises(ArgumentError, match="`shots`"):
        named.budget("shots=-1")


def test_observables() -> None:
    assert named.observables(["ZZ ", '{"XX": 0.5}']) == ["ZZ", {"XX": 0.5}]
    with pytest.raises(ArgumentError, match="--observable cannot be read"):
        named.observables(["{open('x')}"])
