"""What is evaluated, in which order, and each once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import qtn
from qtn.devices import LocalQueue
from qtn.hybrid import QuantumClassifier
from qtn.models.mps import MPSClassifier
from qtn.reports import steps as evaluating
from qtn.reports.entrants import Entrant
from qtn.reports.parameters import count_parameters
from qtn.reports.steps import exactly, steps_of


def names(model: Any, **changes: Any) -> list[str]:
    entrant = Entrant("quantum", "quantum", replace(model, **changes))
    return [step.row_name for step in steps_of(entrant, np.zeros((1, 4)))]


def test_a_noiseless_device_has_no_noisy_row(comparison) -> None:
    quantum = comparison.quantum
    both = ["quantum, ideal", "quantum, shots"]
    assert names(quantum) == [*both, "noisy", "mitigated"]
    assert names(quantum, mitigation=()) == [*both, "noisy"]
    assert names(quantum, device="tensor", mitigation=()) == both
    assert names(quantum, device="aer") == [*both, "mitigated"]


def test_steps_of_other_names_bear_these(comparison) -> None:
    steps = steps_of(Entrant("deep", "quantum", comparison.quantum), np.zeros((1, 4)))
    assert [s.row_name for s in steps][2:] == ["deep, noisy", "deep, mitigated"]


def test_nothing_is_evaluated_twice(comparison, data, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def counted(kind: type, name: str) -> Any:
        own = getattr(kind, name)

        def call(self: Any, *args: Any) -> Any:
            calls[f"{kind.__name__}.{name}"] += 1
            return own(self, *args)

        return call

    for kind, name in (
        (MPSClassifier, "predict"),
        (MPSClassifier, "scores"),
        (QuantumClassifier, "ideal_scores"),
        (QuantumClassifier, "scores"),
        (QuantumClassifier, "plan"),
        (QuantumClassifier, "measure"),
    ):
        monkeypatch.setattr(kind, name, counted(kind, name))
    x, y = data.x_test[:3], data.y_test[:3]
    qtn.compare(comparison.model, comparison.quantum, x, y, progress=False)
    assert calls == {
        "MPSClassifier.predict": 1,
        "MPSClassifier.scores": 1,
        "QuantumClassifier.ideal_scores": 1,
        "QuantumClassifier.scores": 3,  # shots, noisy, mitigated
        "QuantumClassifier.measure": 3,
        "QuantumClassifier.plan": 3,
    }


def test_a_device_that_charges_is_planned_before_it_runs(
    comparison, data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('["queue:"]\ncurrency = "EUR"\nper_shot = 0.01\n')
    monkeypatch.setenv("QTN_PRICES", str(prices))
    queue = LocalQueue(tmp_path / "queue", "FakeManilaV2")
    quantum = replace(comparison.quantum, device=queue, mitigation=(), shots=100)
    x, y = data.x_test[:2], data.y_test[:2]
    table = qtn.compare(comparison.model, quantum, x, y, progress=False)
    costs = table["noisy"].costs
    assert costs.shots == 2 * 2 * 100
    assert costs.money == pytest.approx(4.0)
    assert costs.currency == "EUR"
    assert costs.predicted is not None
    assert costs.predicted > 0
    assert table["quantum, shots"].costs.money is None
    assert "4.00 EUR" in str(table)


def test_scores_are_held_against_the_network_that_they_are_of(comparison, data) -> None:
    other = qtn.MPSClassifier(bond=2, epochs=1, seed=5, progress=False)
    other.fit(data.x_train, data.y_train)
    x, y = data.x_test[:4], data.y_test[:4]
    quantum = replace(comparison.quantum, device="tensor", mitigation=())
    for models in ([other, comparison.model], [comparison.model, other]):
        table = qtn.compare(models, quantum, x, y, progress=False)
        assert float(table["quantum, ideal"].score_error) < 1e-3
    alone = qtn.compare((), quantum, x, y, progress=False)
    assert float(alone["quantum, ideal"].score_error) == 0.0
    assert float(alone["quantum, shots"].score_error) > 0.0


def test_exact_scores_have_no_error() -> None:
    found = exactly(np.array([[0.2, 0.3]]))
    assert found.shots == 0
    assert np.all(found.stderr == 0)


def test_a_network_inside_a_pipeline_is_the_reference(data) -> None:
    pipeline = make_pipeline(
        MinMaxScaler(feature_range=(0.1, 0.9)),
        qtn.MPSClassifier(bond=2, epochs=2, seed=0, progress=False),
    ).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(pipeline, qtn.Staircase(2), device="tensor", shots=500, progress=False)
    table = qtn.compare(pipeline, quantum, data.x_test[:4], data.y_test[:4], progress=False)
    assert float(table["classical"].score_error) == 0.0
    assert float(table["quantum, ideal"].score_error) < 1e-6
    assert table["classical"].costs.parameters == count_parameters(pipeline[-1])


def test_what_all_steps_take_is_said_first(
    comparison, data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum of the seconds in the table; how long a queue keeps a job waiting nobody knows."""
    bars: list[tuple[Any, float | None, str]] = []
    real = evaluating.progress_bar

    def kept(*args: Any, seconds: float | None = None, word: str = "") -> Any:
        bars.append((args[1], seconds, word))
        return real(*args, seconds=seconds, word=word)

    monkeypatch.setattr(evaluating, "progress_bar", kept)
    x, y = data.x_test[:2], data.y_test[:2]
    quantum = replace(comparison.quantum, mitigation=(), shots=100)
    table = qtn.compare((), quantum, x, y, progress=False)
    predicted = [row.costs.predicted for row in table.rows]
    assert bars == [("compare", pytest.approx(sum(p for p in predicted if p)), "about")]
    queue = LocalQueue(tmp_path / "queue", "FakeManilaV2")
    qtn.compare((), replace(quantum, device=queue), x, y, progress=False)
    assert bars[1][2] == "at least"
