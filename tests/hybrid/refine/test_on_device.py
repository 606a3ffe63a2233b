"""Searches on a device: within the budget, resumable, never worse by what is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bowls import bowl

import qtn
from qtn.errors import ArgumentError, BudgetError
from qtn.hybrid.refine.descents.base import Job
from qtn.hybrid.refine.descents.parameter_shift import ParameterShift
from qtn.hybrid.refine.descents.spsa import SPSA
from qtn.hybrid.refine.energy import Energy, lower_energy
from qtn.hybrid.refine.losses import CrossEntropy
from qtn.hybrid.refine.moved import moved_on
from qtn.hybrid.refine.on_device import descend, refine_on_device
from qtn.hybrid.refine.starts import Extended, extended, started

H = qtn.chain("tfim", 4)


@pytest.fixture(scope="module")
def short() -> qtn.Compiled:
    return qtn.compile(qtn.ground_state(H, max_bond=2), qtn.Staircase(1))


def test_the_end_is_taken_only_where_it_is_measured_to_be_lower() -> None:
    down = descend(bowl(np.full(4, 1.0), 0.01), SPSA(), 100, None)
    assert down.better
    assert down.gain[0] > 1.64 * down.gain[1]
    at_rest = bowl(np.zeros(4), 0.3)
    stays = descend(at_rest, SPSA(), 20, None)
    assert not stays.better
    assert np.array_equal(stays.angles, at_rest.angles)


def test_chance_passes_one_of_twenty() -> None:
    taken = [
        descend(replace(bowl(np.zeros(2), 1.0), seed=seed), SPSA(calibration=1), 2, None).better
        for seed in range(100)
    ]
    assert sum(taken) < 14


def test_most_shots_decides_how_many_steps() -> None:
    job = bowl(np.full(4, 1.0))
    found = descend(job, SPSA(most_shots=100 * (13 + 16 + 2 * 7)), 50, None)
    assert found.state.step == 7
    assert found.shots == 100 * (13 + 16 + 14)
    with pytest.raises(BudgetError, match="One step takes 3100 shots with calibration"):
        descend(job, SPSA(most_shots=3000), 50, None)


def test_the_budget_is_held_before_the_first_shot() -> None:
    def forbidden(*_: object) -> tuple[np.ndarray, np.ndarray]:
        raise AssertionError("something was measured")

    job = replace(bowl(np.ones(2)), outputs=forbidden)
    with pytest.raises(BudgetError, match="nothing was submitted"):
        descend(job, SPSA(), 50, qtn.Budget(shots=1000))


@pytest.mark.parametrize("method", [SPSA, ParameterShift])
def test_a_search_goes_on_where_it_was_cut(method: type, tmp_path: Path) -> None:
    whole = descend(bowl(np.full(3, 1.0), 0.1), method(), 9, None)
    path, calls = tmp_path / "search.qtn", 0

    def cut(job: Job) -> Job:
        def outputs(*told: object) -> tuple[np.ndarray, np.ndarray]:
            nonlocal calls
            calls += 1
            if calls == 6:
                raise KeyboardInterrupt
            return job.outputs(*told)  # type: ignore[arg-type]

        return replace(job, outputs=outputs)

    with pytest.raises(KeyboardInterrupt):
        descend(cut(bowl(np.full(3, 1.0), 0.1)), method(checkpoint=path), 9, None)
    again = descend(bowl(np.full(3, 1.0), 0.1), method(checkpoint=path), 9, None)
    assert np.array_equal(again.state.angles, whole.state.angles)
    assert again.gain == whole.gain
    with pytest.raises(ArgumentError, match="checkpoint of this very search"):
        descend(bowl(np.full(3, 1.1), 0.1), method(checkpoint=path), 9, None)


@pytest.mark.parametrize("method", [SPSA(shots=400), ParameterShift(shots=400)])
def test_energies_fall_on_aer(short: qtn.Compiled, method: object) -> None:
    steps = 80 if isinstance(method, SPSA) else 4
    lower = lower_energy(short, H, start="random", method=method, steps=steps, seed=1)
    notes = lower.provenance
    assert notes["end taken"]
    assert notes["energy"] < notes["energy of the start"] - 1.0
    assert notes["energy"] == pytest.approx(Energy(H).value(lower))
    assert lower.two_qubit_gates <= short.two_qubit_gates
    assert len(notes["losses measured"]) == steps


def test_energies_on_a_noisy_device_with_mitigation(short: qtn.Compiled) -> None:
    method = SPSA(shots=200, device="FakeManilaV2", mitigation=[qtn.Readout()], validation=2)
    lower = lower_energy(short, H, method=method, steps=2)
    assert lower.provenance["energy"] <= lower.provenance["energy of the start"] + 0.5


def test_an_energy_keeps_its_own_budget(short: qtn.Compiled) -> None:
    method = SPSA(budget=qtn.Budget(shots=100))
    with pytest.raises(BudgetError, match="nothing was submitted"):
        lower_energy(short, H, method=method, steps=2)


def test_extensions_move_on_the_device() -> None:
    hamiltonian = qtn.chain("tfim", 2)
    zeros = qtn.compile([1.0, 0.0, 0.0, 0.0], qtn.Staircase(1))
    lower = lower_energy(
        zeros, hamiltonian, start=Extended(1), method=ParameterShift(shots=500), steps=8
    )
    notes = lower.provenance
    assert notes["energy of the start"] == pytest.approx(-1.0)
    assert notes["end taken"]
    assert notes["energy"] < -2.0  # the ground state has -2.236
    assert lower.two_qubit_gates <= 2 * 2  # the one block of the zeros is the identity too
    method = SPSA(shots=10, validation=2)
    stays = lower_energy(extended(zeros), {"ZZ": -1.0}, method=method, steps=1)
    assert not stays.provenance["end taken"]
    assert stays.two_qubit_gates == 0


def test_a_real_start_is_left() -> None:
    heisenberg = qtn.chain("heisenberg", 4)
    begun = qtn.compile(qtn.ground_state(heisenberg, max_bond=2), qtn.Staircase(1), progress=False)
    method = ParameterShift(shots=1000, validation=16)
    found = lower_energy(begun, heisenberg, start=Extended(2), method=method, steps=3, seed=1)
    notes = found.provenance
    assert notes["energy of the start"] == pytest.approx(Energy(heisenberg).value(begun), abs=1e-12)
    assert notes["end taken"]
    assert notes["energy"] < notes["energy of the start"] - 0.01


def test_other_methods_are_refused(short: qtn.Compiled) -> None:
    with pytest.raises(ArgumentError, match="`method` must be"):
        lower_energy(short, H, method="spsa")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def begun() -> tuple[qtn.QuantumClassifier, np.ndarray, np.ndarray]:
    data = qtn.load_digits(size=2, classes=(3, 8), seed=0)
    model = qtn.MPSClassifier(bond=4, epochs=5).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(1), shots=100, progress=False)
    worse = tuple(
        moved_on(c, started(c.sequence, "random", seed), {}, 0.0)
        for seed, c in enumerate(quantum.compiled)
    )
    return replace(quantum, compiled=worse), data.x_train, data.y_train


@pytest.mark.parametrize("method", [SPSA(shots=200), ParameterShift(shots=200, rows=4)])
def test_classifiers_learn_on_aer(
    begun: tuple[qtn.QuantumClassifier, np.ndarray, np.ndarray], method: object
) -> None:
    quantum, x, y = begun
    labels = np.searchsorted(quantum.classes, y)
    rows = quantum.rows(x)

    def losses(scores: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        return CrossEntropy(0.1).measured(scores, labels[numbers], 200)

    better = refine_on_device(
        quantum, rows, losses, method, held=np.arange(0, len(rows), 5),
        steps=40 if isinstance(method, SPSA) else 2,
    )  # fmt: skip
    every = np.arange(len(rows))
    exact = [float(losses(m.ideal_scores(x), every).mean()) for m in (quantum, better)]
    assert exact[1] < exact[0] - 0.1
    assert better.two_qubit_gates <= quantum.two_qubit_gates
    assert better.compiled[0].provenance["refined"].endswith("on a device")


def test_the_budget_of_a_model_is_that_of_the_search(
    begun: tuple[qtn.QuantumClassifier, np.ndarray, np.ndarray],
) -> None:
    quantum, x, y = begun
    poor = replace(quantum, budget=qtn.Budget(shots=10_000))
    with pytest.raises(BudgetError, match="nothing was submitted"):
        poor.refine(x, y, method=SPSA(), steps=3)
