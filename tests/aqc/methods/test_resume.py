import numpy as np
import pytest
from aqc.dense import random_vector

import qtn
import qtn.aqc as aqc
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
