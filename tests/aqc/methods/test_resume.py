from dataclasses import replace

import numpy as np
import pytest
from aqc.dense import random_vector
from aqc.random_states import random_chain, random_tree

import qtn
import qtn.aqc as aqc
from qtn.aqc.methods.resume import by_registers
from qtn.errors import ArgumentError


def test_resuming_goes_on(tmp_path):
    vector = random_vector(np.random.default_rng(0), 6, False)
    first = qtn.compile(vector, aqc.Brickwall(3, steps=10, sweeps=0))
    assert first.status is aqc.Status.STEPS
    loaded = qtn.load(qtn.save(first, tmp_path / "c.qtn"))
    second = qtn.compile(vector, aqc.Resume(loaded, steps=50))
    assert second.infidelity < first.infidelity
    assert second.history[: len(first.history)] == first.history


def test_another_target_is_refused():
    rng = np.random.default_rng(1)
    first = qtn.compile(random_vector(rng, 4, False), aqc.Staircase(1))
    for n in (4, 5):
        with pytest.raises(ArgumentError, match="compiled for another target"):
            qtn.compile(random_vector(rng, n, False), aqc.Resume(first))


def test_only_results_can_be_resumed():
    with pytest.raises(ArgumentError, match="`previous` must be a Compiled result"):
        aqc.Resume("circuit.qtn")


def test_the_basis_is_that_of_the_previous_circuit_unless_another_is_given():
    vector = random_vector(np.random.default_rng(2), 4, False)
    first = qtn.compile(vector, aqc.Staircase(1, basis="cz"))
    assert qtn.compile(vector, aqc.Resume(first, steps=5)).basis == "cz"
    other = qtn.compile(vector, aqc.Resume(first, steps=5, basis="ecr"))
    assert other.basis == "ecr"
    assert "ecr" in other.circuit.count_ops()


@pytest.mark.parametrize("auto", [False, True])
def test_windows_go_on_as_windows(auto, tmp_path):
    state = random_chain(10, 4, 0)
    method = aqc.Auto() if auto else aqc.Window(0.9, tries=1, steps=30)
    first = qtn.compile(state, method)
    loaded = qtn.load(qtn.save(first, tmp_path / "window.qtn"))
    assert type(by_registers(loaded)) is aqc.Window
    second = qtn.compile(state, aqc.Resume(loaded, steps=300))
    # that of Auto is exact already
    assert second.infidelity <= first.infidelity if auto else second.infidelity < first.infidelity
    assert second.two_qubit_gates <= first.two_qubit_gates
    assert second.sequence.as_layers()[0] == first.sequence.as_layers()[0]


def test_trees_go_on_as_trees():
    state = random_tree(3, 4, 0)
    first = qtn.compile(state, aqc.Tree(0.8, tries=1, steps=20))
    second = qtn.compile(state, aqc.Resume(first, steps=200))
    assert second.infidelity < first.infidelity
    assert second.two_qubit_gates == first.two_qubit_gates


@pytest.mark.parametrize("name", ["Window(", "Window(1)", "Window(x=f())", "exit()", "Window(a=1)"])
def test_names_of_other_methods_are_no_windows(name):
    vector = random_vector(np.random.default_rng(3), 3, True)
    made = qtn.compile(vector, aqc.Staircase(1))
    pareto = tuple(replace(p, method=name) for p in made.pareto)
    assert by_registers(replace(made, pareto=pareto)) is None
