"""A form written here runs through the doors like the house's own.

docs/extending.md shows the form as it stands here.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Deployed, Form, Measurement, Overlap


@dataclass(frozen=True)
class SwapTest(Form):
    """|⟨Φ(x)|V_l|0⟩|² by a swap test: 2n + 1 qubits, ⟨Z⟩ of the first is the overlap."""

    def circuits(self, model: Deployed, x: np.ndarray) -> Sequence[Measurement]:
        n, found = model.n, []
        for compiled in model.compiled:
            circuit = QuantumCircuit(2 * n + 1)
            circuit.compose(compiled.circuit, range(1, n + 1), inplace=True)
            for qubit, value in enumerate(ParameterVector("x", n), start=n + 1):
                circuit.ry(np.pi * value, qubit)
            circuit.h(0)
            for qubit in range(1, n + 1):
                circuit.cswap(0, qubit, qubit + n)
            circuit.h(0)
            found.append(Measurement(circuit, x, SparsePauliOp("I" * 2 * n + "Z")))
        return found

    def scores(self, model: Deployed, outcomes: Sequence[qtn.Estimate]) -> qtn.Estimate:
        values = np.concatenate([o.value for o in outcomes], axis=1) * model.weights
        errors = np.concatenate([o.stderr for o in outcomes], axis=1) * model.weights
        return qtn.Estimate(values, errors, sum(o.shots for o in outcomes), "swap test")

    def shots_needed(self, model: Deployed, x: np.ndarray, stderr: float) -> int:
        return int(np.ceil(np.max(model.weights) ** 2 / stderr**2))


@pytest.fixture(scope="module")
def trained() -> tuple[qtn.Dataset, qtn.MPSClassifier]:
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(bond=4, epochs=8, progress=False)
    return data, model.fit(data.x_train, data.y_train)


def deployed(model: Any, **options: Any) -> qtn.QuantumClassifier:
    return qtn.deploy(model, qtn.Staircase(layers=2), device="tensor", progress=False, **options)


def test_it_scores_as_the_form_of_the_house_does(trained: tuple[Any, Any]) -> None:
    data, model = trained
    own, known = deployed(model, form=SwapTest(), shots=20_000), deployed(model)
    x = data.x_test[:6]
    assert own.ideal_scores(x) == pytest.approx(known.ideal_scores(x), abs=1e-9)
    measured = own.scores(x)
    assert measured.shots == 20_000 * 6 * 2
    assert np.all(np.abs(measured.value - own.ideal_scores(x)) < 5 * measured.stderr + 1e-9)
    assert (own.predict(x) == known.predict(x)).all()
    assert repr(own).startswith("QuantumClassifier(2 classes, 4 qubits, SwapTest, device='tensor'")


def test_it_is_compared_mitigated_and_budgeted(trained: tuple[Any, Any]) -> None:
    data, model = trained
    own = deployed(model, form=SwapTest(), shots=500)
    table = qtn.compare(model, own, data.x_test[:3], data.y_test[:3], progress=False)
    assert [row.name for row in table.rows] == ["classical", "quantum, ideal", "quantum, shots"]
    assert table["quantum, ideal"].score_error.value < 0.01
    with pytest.raises(qtn.BudgetError):
        replace(own, budget=qtn.Budget(shots=10)).scores(data.x_test[:2])
    noisy = replace(own, device="FakeAlgiers", mitigation=(qtn.Readout(),), shots=100)
    assert np.isfinite(np.asarray(noisy.scores(data.x_test[:1]).value)).all()


def test_it_is_the_one_of_the_document_and_fits_on_a_page(root: Path) -> None:
    source = inspect.getsource(SwapTest)
    assert source in (root / "docs" / "extending.md").read_text(encoding="utf-8")
    assert source.count("\n") <= 40


def test_a_form_without_its_duties_and_what_is_none_are_refused(trained: tuple[Any, Any]) -> None:
    class Idle(Form):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Idle()  # type: ignore[abstract]
    for wrong in ("swap test", Overlap, None, 3):
        with pytest.raises(ArgumentError, match='`form` must be one of "auto", "overlap"'):
            deployed(trained[1], form=wrong)
    with pytest.raises(ArgumentError, match="`form` must be a form of a quantum model"):
        replace(deployed(trained[1]), form="auto")
