"""Measurements from shots: bases that serve several, parts of the shots, agreement in the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest
from pennylane.measurements import Shots

from qtn.plugins.pennylane_exact import exact
from qtn.plugins.pennylane_samples import _groups, accepts, sampled
from qtn.plugins.pennylane_state import chain_of

WIRES = [0, 1, 2]
RNG = np.random.default_rng(8)
VECTOR = RNG.normal(size=8) + 1j * RNG.normal(size=8)
STATE, _ = chain_of([qml.StatePrep(VECTOR / np.linalg.norm(VECTOR), WIRES)], WIRES, None, 1e-14)
MEANS = [
    qml.expval(qml.X(0) @ qml.Y(2)),
    qml.expval(0.5 * qml.Z(1) + 0.25 * qml.X(0) + 3.0 * qml.I(0)),
    qml.expval(qml.sum(qml.Projector([1], [2]), qml.Y(1))),
]


def test_means_agree_with_the_exact_ones() -> None:
    shots = 40_000
    found = sampled(MEANS, STATE, WIRES, Shots(shots), seed=0)
    for measurement, (value,) in zip(MEANS, found, strict=True):
        assert value == pytest.approx(exact(measurement, STATE, WIRES), abs=5 / np.sqrt(shots))


def test_parts_of_the_shots_have_results_of_their_own() -> None:
    measurements: list[Any] = [qml.sample(wires=[0, 2]), qml.counts(wires=1), qml.expval(qml.Z(0))]
    samples, counts, values = sampled(measurements, STATE, WIRES, Shots([10, 30]), seed=1)
    assert [part.shape for part in samples] == [(10, 2), (30, 2)]
    assert [sum(part.values()) for part in counts] == [10, 30]
    # All three read the same basis, so the same shots.
    for part, value in zip(samples, values, strict=True):
        assert value == pytest.approx(1 - 2 * np.mean(part[:, 0]))


def test_the_same_seed_gives_the_same_shots() -> None:
    runs = [sampled([qml.sample()], STATE, WIRES, Shots(50), seed)[0][0] for seed in (3, 3, 4)]
    assert (runs[0] == runs[1]).all()
    assert (runs[0] != runs[2]).any()


def test_one_basis_serves_what_does_not_contradict() -> None:
    measurements = [
        qml.expval(qml.X(0)),
        qml.expval(qml.X(0) @ qml.Z(1)),
        qml.expval(qml.Z(0)),
        qml.probs(wires=[2]),
    ]
    bases = [basis for basis, _ in _groups(measurements, WIRES)]
    assert bases == [{0: "X", 1: "Z", 2: "Z"}, {0: "Z"}]


def test_an_identity_needs_no_shots() -> None:
    assert sampled([qml.expval(2.0 * qml.I(1))], STATE, WIRES, Shots(5), seed=0) == [[2.0]]


def test_shadows_are_accepted_and_states_are_not() -> None:
    assert accepts(qml.classical_shadow(wires=[0]))
    assert accepts(qml.expval(qml.X(0) + qml.Z(1)))
    assert not accepts(qml.state())
    shadow = sampled([qml.classical_shadow(wires=[0, 1])], STATE, WIRES, Shots(20), seed=0)[0][0]
    assert np.asarray(shadow).shape == (2, 20, 2)
