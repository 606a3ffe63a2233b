"""A Born machine on a device: rows as the trained machine has them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.utils import get_tags

import qtn
from qtn.errors import ArgumentError, BudgetError, DeviceError
from qtn.hybrid import Born, QuantumBornMachine

RNG = np.random.default_rng(3)
COLOUR = RNG.integers(0, 3, 300)
# A column of three values, its copy with noise, and a bit that depends on both.
ROWS = np.stack([COLOUR, (COLOUR + (RNG.random(300) < 0.2)) % 3, COLOUR % 2], axis=1)
GRID = np.array(list(np.ndindex(3, 3, 2)))


def machine(kind: type = qtn.MPSBornMachine, **options: object) -> qtn.MPSBornMachine:
    return kind(bond=4, sweeps=4, progress=False, **options).fit(ROWS)


@pytest.fixture(scope="module")
def quantum() -> QuantumBornMachine:
    return qtn.deploy(
        machine(order=[2, 0, 1], mixture=0.05), device="tensor", shots=20_000, progress=False
    )


@pytest.mark.parametrize("register", [None, "background"])
@pytest.mark.parametrize("kind", [qtn.MPSBornMachine, qtn.TTNBornMachine])
def test_the_circuit_has_the_density_of_the_machine(kind: type, register: str | None) -> None:
    options = {"order": [2, 0, 1]} if kind is qtn.MPSBornMachine else {}
    model = machine(kind, mixture=0.05, **options)
    quantum = qtn.deploy(model, form=Born(register), device="tensor", progress=False)
    assert quantum.n == 5 + (register is not None) == quantum.form.qubits(model)
    found = np.exp(quantum.ideal_log_prob(GRID))
    if register:
        expected = np.exp(model.score_samples(GRID))
    else:
        state = model.state()
        order = model._site_columns()
        expected = np.abs(state.amplitudes(GRID[:, order])) ** 2
    assert found == pytest.approx(expected, abs=5 * np.sqrt(quantum.compiled[0].infidelity) + 1e-9)
    assert found.sum() == pytest.approx(1, abs=2 * quantum.compiled[0].infidelity + 1e-9)


def test_samples_are_rows_of_that_density(quantum: QuantumBornMachine) -> None:
    rows = quantum.sample(4000, seed=1)
    assert rows.shape == (4000, 3)
    assert (rows.max(axis=0) == (2, 2, 1)).all()
    seen = Counter(map(tuple, rows))
    p = np.exp(quantum.ideal_log_prob(GRID))
    counts = np.array([seen[tuple(row)] for row in GRID])
    often = p > 1e-3
    counts, p = counts[often], p[often]
    assert chisquare(counts, counts.sum() * p / p.sum()).pvalue > 1e-4
    assert np.array_equal(rows, quantum.sample(4000, random_state=1))
    assert not np.array_equal(rows, quantum.sample(4000))


def test_columns_can_be_held_fixed(quantum: QuantumBornMachine) -> None:
    rows = quantum.sample(500, given={0: 2, 2: 0})
    assert rows.shape == (500, 3)
    assert (rows[:, [0, 2]] == (2, 0)).all()
    grid = GRID[(GRID[:, 0] == 2) & (GRID[:, 2] == 0)]
    p = np.exp(quantum.ideal_log_prob(grid))
    share = p[2] / p.sum()
    error = np.sqrt(share * (1 - share) / 500)
    assert (rows[:, 1] == 2).mean() == pytest.approx(share, abs=5 * error)


def test_measured_probabilities_lie_within_their_errors(quantum: QuantumBornMachine) -> None:
    found = quantum.probabilities(GRID)
    assert found.shape == (18,)
    assert found.shots == 20_000
    exact = np.exp(quantum.ideal_log_prob(GRID))
    assert np.abs((found.value - exact) / np.maximum(found.stderr, 1e-4)).max() < 5
    often = GRID[exact > 1e-3]
    logs = quantum.log_prob(often)
    assert np.abs((logs.value - np.log(exact[exact > 1e-3])) / logs.stderr).max() < 5
    assert quantum.score_samples(often) == pytest.approx(logs.value)
    assert quantum.score(often) == pytest.approx(logs.value.mean())
    assert quantum.plan(GRID).shots == 20_000
    assert get_tags(quantum).estimator_type == "density_estimator"


def test_what_no_column_holds_is_impossible_and_not_measured(quantum: QuantumBornMachine) -> None:
    rows = np.array([[0, 0, 0], [3, 0, 0], [0, 70, 0]])
    assert quantum.ideal_log_prob(rows)[1:] == pytest.approx([-np.inf, -np.inf])
    found = quantum.log_prob(rows)
    assert np.isfinite(found.value).tolist() == [True, False, False]
    assert found.stderr[1:] == pytest.approx(0)
    assert quantum.probabilities(rows[1:]).shots == 0
    assert quantum.ideal_log_prob(rows[1:]) == pytest.approx(-np.inf)


def test_rare_rows_have_no_logarithm(quantum: QuantumBornMachine) -> None:
    few = replace(quantum, shots=20)
    with pytest.raises(ArgumentError, match=r"Row \d+ of `x` .*takes some .* shots without noise"):
        few.log_prob(GRID)
    with pytest.raises(ArgumentError, match="Raise `shots`, or take ideal_log_prob"):
        few.score(GRID)


def test_read_out_is_mitigated_on_probabilities() -> None:
    rows = np.array([[0, 0, 0], [1, 1, 1], [0, 1, 1]])[RNG.integers(0, 3, 60)]
    model = qtn.MPSBornMachine(bond=3, sweeps=4, progress=False).fit(rows)
    raw = qtn.deploy(model, device="FakeManilaV2", shots=20_000, progress=False)
    grid = np.array(list(np.ndindex(2, 2, 2)))
    exact = np.exp(raw.ideal_log_prob(grid))
    mitigated = replace(raw, mitigation=(qtn.Readout(),))
    far, near = (np.abs(q.probabilities(grid).value - exact).sum() for q in (raw, mitigated))
    assert near < 0.6 * far
    assert raw.sample(50).shape == (50, 3)


def test_columns_of_numbers_are_bins() -> None:
    x = np.random.default_rng(0).normal(size=(200, 2))
    model = qtn.MPSBornMachine(bond=3, sweeps=3, bins=3, progress=False).fit(x)
    quantum = qtn.deploy(model, qtn.Isometries(), device="tensor", progress=False)
    expected = np.log(np.abs(model.state().amplitudes(model._levels.apply(x[:6]))) ** 2)
    assert quantum.ideal_log_prob(x[:6]) == pytest.approx(expected, abs=1e-3)
    assert quantum.sample(100).max() == 2


def test_budgets_count_all_shots(quantum: QuantumBornMachine) -> None:
    bound = replace(quantum, budget=qtn.Budget(shots=1000))
    assert len(bound.sample(500)) == 500
    with pytest.raises(BudgetError):
        bound.sample(1001)
    with pytest.raises(BudgetError):
        bound.probabilities(GRID)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({3: 0}, "`given` must be an integer of at least 0 and at most 2"),
        ({0: 3}, r"`given\[0\]` must be an integer of at least 0 and at most 2"),
        ([0], "`given` must be a mapping of columns to values"),
    ],
)
def test_what_cannot_be_held_fixed_is_refused(
    quantum: QuantumBornMachine, given: object, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        quantum.sample(2, given=given)  # type: ignore[arg-type]


def test_values_that_never_meet_are_refused() -> None:
    model = qtn.MPSBornMachine(bond=2, sweeps=60, fraction=1.0, progress=False).fit(
        [[0, 1], [1, 0]]
    )
    quantum = qtn.deploy(model, qtn.Isometries(), device="tensor", progress=False)
    with pytest.raises(ArgumentError, match="`given` must name values that occur together"):
        quantum.sample(1, given={0: 0, 1: 0})


def test_noise_that_hides_the_rows_is_an_error(
    quantum: QuantumBornMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtn.hybrid.born._ROUNDS", 1)
    with pytest.raises(DeviceError, match="show rows as wanted, and 4000 are needed"):
        replace(quantum, form=replace(quantum.form, places=((3, 4), (0, 1), (2,)))).sample(4000)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (qtn.MPSBornMachine(), "`model` must be a fitted Born machine, .* Call fit"),
        (ROWS, "`model` must be a fitted Born machine"),
    ],
)
def test_what_is_no_fitted_machine_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        qtn.deploy(wrong, form="born")


def test_rows_that_are_none_are_refused(quantum: QuantumBornMachine) -> None:
    with pytest.raises(ArgumentError, match="3 features per row, but has 2"):
        quantum.ideal_log_prob(ROWS[:, :2])
    with pytest.raises(ArgumentError, match="`x` must hold integers"):
        quantum.probabilities(ROWS + 0.5)
    with pytest.raises(ArgumentError, match="`n_samples` must be a positive integer"):
        quantum.sample(0)


def bars_and_stripes(side: int) -> np.ndarray:
    bits = np.array(list(np.ndindex((2,) * side)))
    bars = bits.repeat(side, axis=1)
    return np.unique(np.vstack([bars, np.tile(bits, (1, side))]), axis=0)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_refinement_finds_rows_that_the_circuit_misses(layers: int) -> None:
    rows = bars_and_stripes(3)
    model = qtn.MPSBornMachine(bond=8, sweeps=6, seed=1, progress=False).fit(rows)
    quantum = qtn.deploy(model, qtn.Staircase(layers=layers), device="tensor", progress=False)
    refined = quantum.refine(rows, validation=0.0, steps=100)
    before, after = (q.ideal_log_prob(rows) for q in (quantum, refined))
    assert before.min() < -30
    assert after.min() > -9
    assert after.mean() > before.mean() + 4
    assert refined.two_qubit_gates <= quantum.two_qubit_gates
    judged = quantum.refine(rows, validation=0.4, steps=10)
    assert len(judged.compiled[0].provenance["losses"]) >= 1
