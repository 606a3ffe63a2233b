from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit

from qtn.devices import transpile_for
from qtn.interop.observables import parse_observables
from qtn.mitigation import (
    TEM,
    ZNE,
    DynamicalDecoupling,
    PostSelection,
    Readout,
    Task,
    Technique,
    Twirl,
    Variant,
)
from qtn.mitigation.techniques.base import METHODS, STAGES, Context, free_parameters, merged
from qtn.mitigation.values.execute import Executor


def test_defaults_change_nothing():
    native = transpile_for(QuantumCircuit(1), "aer")
    task, technique = Task(native, parse_observables("Z", 1)), Technique()
    context = Context(Executor.of("aer"))
    variant = Variant(native.circuit)
    assert technique.prepare(task, context) is technique.adopt(technique) is technique
    assert technique.variants(task, context) is task
    assert list(technique.dress(variant, context)) == [variant]
    assert technique.combine(None, None, lambda: 3) == 3
    assert not technique.overrides(*METHODS)


def test_every_technique_of_the_house_has_a_stage_and_does_something():
    names = {"readout": Readout, "select": PostSelection, "insert": Twirl, "noise": ZNE}
    names |= {"idle": DynamicalDecoupling, "measure": TEM}
    for stage, kind in names.items():
        assert kind.stage == stage
        assert stage in STAGES
        assert any(getattr(kind, m) is not getattr(Technique, m) for m in METHODS)
    assert ZNE().overrides("combine")
    assert not Twirl().overrides("variants", "correct", "combine")


def test_streams_of_random_numbers_are_named_and_independent():
    one, other = Context(Executor.of("aer"), 3), Context(Executor.of("aer"), 3)
    other.stream("twins").normal(size=5)
    assert (one.rng.normal(size=3) == other.rng.normal(size=3)).all()
    assert one.rng is one.stream("copies")
    assert one.stream("training").normal() != one.stream("twins").normal()


def test_an_error_about_parameters_names_the_technique():
    assert str(free_parameters(ZNE())).startswith("ZNE takes a circuit without free parameters")


def test_neighbouring_gates_merge_and_entangling_ones_stay():
    circuit = QuantumCircuit(2)
    for _ in range(4):
        circuit.sx(0)
    circuit.cx(0, 1)
    circuit.rz(0.1, 1)
    circuit.rz(0.2, 1)
    executor = Executor.of("FakeManila")
    found = merged(circuit, executor)
    assert found.count_ops() == {"cx": 1, "rz": 1}
    assert np.isclose(found.data[-1].operation.params[0], 0.3)
    assert merged(circuit, Executor.of("aer")) is circuit
