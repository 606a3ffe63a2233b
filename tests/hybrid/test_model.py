"""What all deployed models have in common: rows, plans, measurements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import QuantumModel

DATA = qtn.load_digits(size=2, classes=(0, 1), seed=0)


@pytest.fixture(scope="module")
def quantum() -> qtn.QuantumClassifier:
    model = qtn.MPSClassifier(4, epochs=4, progress=False).fit(DATA.x_train, DATA.y_train)
    return qtn.deploy(model, qtn.Staircase(layers=1), device="tensor", shots=50, progress=False)


def test_a_deployed_model_is_one(quantum: QuantumModel) -> None:
    assert isinstance(quantum, QuantumModel)
    with pytest.raises(TypeError, match="abstract"):
        QuantumModel(compiled=())  # type: ignore[abstract]


def test_a_plan_counts_all_circuits_together(quantum: QuantumModel) -> None:
    x = DATA.x_test[:3]
    plan = quantum.plan(x)
    assert plan.shots == 2 * 3 * 50 == sum(o.shots for o in quantum.measure(x))
    mitigated = replace(quantum, device="FakeManilaV2", mitigation=(qtn.Readout(),))
    assert mitigated.plan(x).shots > plan.shots
    with pytest.raises(ArgumentError, match="4 features per row, but has 3"):
        quantum.plan(x[:, :3])


def test_rows_are_what_the_circuits_bind(quantum: QuantumModel) -> None:
    assert quantum.rows(DATA.x_test[:3]) == pytest.approx(DATA.x_test[:3])
    with pytest.raises(ArgumentError, match=r"values in \[0, 1\]"):
        replace(quantum, scaling=None).rows(DATA.x_test + 2)
    with pytest.raises(ArgumentError, match="`x` must hold finite numbers"):
        quantum.rows(np.full((1, 4), np.nan))


def test_every_circuit_has_random_numbers_of_its_own(quantum: QuantumModel) -> None:
    same = replace(quantum, compiled=(quantum.compiled[0],) * 2, shots=5000)
    one, other = same.measure(DATA.x_test[:3])
    assert not np.array_equal(one.value, other.value)
