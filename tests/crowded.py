"""A comparison that no page likes: markup for names, thirty models, two hundred rows, gaps."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from qiskit import QuantumCircuit

import qtn
from qtn.hybrid.noise.points import NoisePoint
from qtn.hybrid.noise.uniform import NoiseLevel
from qtn.interop.qasm import to_qasm3
from qtn.reports import Comparison, Costs, Measure, Row
from qtn.reports.entrants import CLASSICAL, QUANTUM, Entrant
from qtn.reports.records import CircuitRecord, Made, ModelRecord, Placement
from qtn.reports.records.model_record import Entropies, gates_of
from qtn.reports.records.placed import Coupling
from qtn.statistics import Difference

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table></style><iframe src=//x>",
    "{{ 7 * 7 }}{% for x in y %}",
    "a_name_without_any_place_to_break_that_is_longer_than_a_phone_is_wide_" * 2,
    "$x^$ \\frac{",
    "naïve 量子 \N{GRINNING FACE} \u202eright to left",
)
MODELS, ROWS, INPUTS, CLASSES = 30, 200, 40, 12


def name(number: int) -> str:
    return f"{HOSTILE[number % len(HOSTILE)]} {number}"


@cache
def wide_circuit() -> CircuitRecord:
    circuit = QuantumCircuit(8)
    for layer in range(30):
        for q in range(layer % 2, 7, 2):
            circuit.cx(q, q + 1)
            circuit.ry(0.1 * q, q)
    nan = float("nan")
    count = circuit.num_nonlocal_gates()
    return CircuitRecord(to_qasm3(circuit), gates_of(circuit), 8, count, 30, nan, 0.0, 1.5)


def record(number: int) -> ModelRecord:
    if number % 3:
        states = tuple(Entropies(f"{name(k)}", tuple(0.1 * k for k in range(5))) for k in range(3))
        losses = {"loss": tuple(1.0 / k for k in range(1, 9))}
        return ModelRecord("MPSClassifier", name(number), number, losses, states)
    couplings = tuple(Coupling(q, q + 1, 0.01) for q in range(39))
    couplings += tuple(Coupling(q, q + 8, 0.02) for q in range(0, 32, 4))
    return ModelRecord(
        sort="QuantumClassifier",
        form=name(number),
        device=name(number + 1),
        mitigation=name(number + 2),
        n=8,
        shots=10**9,
        why=name(number + 3),
        compiled=(wide_circuit(),),
        placement=Placement(couplings, (0.03,) * 40, tuple(range(10, 18)), 99, 88),
    )


def row(number: int, rng: np.random.Generator) -> Row:
    model = number % MODELS
    low, value, high = sorted(rng.random(3))
    gap = number % 4 == 1
    gain = Difference(value - 0.5, -0.1, 0.2, 0.03, 3, 4)
    return Row(
        name=f"{name(number)}, step",
        kind=CLASSICAL if model % 3 else QUANTUM,
        model=name(model),
        step="",
        measures=(Measure("accuracy", value, 0.1, low, high),),
        predictions=rng.integers(CLASSES, size=INPUTS),
        costs=Costs(None if gap else number, 3, 2, float("nan"), number, None, 1e-3 * number),
        score_error=None if gap else qtn.Estimate(0.1 * value, 0.01),
        difference=None if gap or number == 0 else gain,
        adjusted=None if gap else 0.01 * value,
    )


def crowded() -> Comparison:
    """Return the comparison."""
    rng = np.random.default_rng(0)
    points = tuple(
        NoisePoint(name(m), NoiseLevel(g), 0.9 - g, 0.8 - g, 1.0 - g, 0.9, 0.1, 10, np.nan, 3)
        for m in range(2)
        for g in (0.0, 0.1)
    )
    labels = np.array([name(k) for k in range(CLASSES)])
    rows = tuple(row(k, rng) for k in range(ROWS))
    return Comparison(
        rows=tuple(_named(r, labels) for r in rows),
        labels=labels[rng.integers(CLASSES, size=INPUTS)],
        classes=labels,
        entrants=tuple(
            Entrant(name(k), CLASSICAL if k % 3 else QUANTUM, record(k)) for k in range(MODELS)
        ),
        notes=HOSTILE,
        title=HOSTILE[0],
        robustness=qtn.Robustness(points, "accuracy", name(1), 40),
        made=Made("2026-01-31 12:00:00", name(0), 1, name(2), {name(3): ""}, {name(1): 64 * "f"}),
    )


def _named(row: Row, labels: np.ndarray) -> Row:
    return replace(row, predictions=labels[row.predictions])
