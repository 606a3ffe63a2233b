"""Starts whose bulk repeats."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn._random import generator
from qtn.aqc.kernels.gates import parted
from qtn.aqc.search.improve import turned
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import brickwall_shape, identity_gates
from qtn.aqc.starts import tied
from qtn.aqc.starts.tied import Tied, tied_groups, tied_start
from qtn.aqc.target import as_target


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TRIES", 2), ("KEPT", 1), ("STEPS", 60), ("LONGER", 100)):
        monkeypatch.setattr(tied, name, value)


def ising(n: int) -> qtn.MPS:
    return qtn.ground_state(qtn.chain("tfim", n, field=1.5), max_bond=8)


def test_groups_hold_the_bulk_of_each_layer() -> None:
    shape = brickwall_shape(12, 3)
    groups = tied_groups(shape, 4)
    bonds = np.array([bond for layer in shape.layers for bond in layer.bonds])
    layers = np.repeat(np.arange(3), [len(layer.bonds) for layer in shape.layers])
    for layer in range(3):
        bulk = (layers == layer) & (bonds >= 4) & (bonds <= 6)
        assert len(set(groups[bulk])) == 1
    ends = (bonds < 4) | (bonds > 6)
    assert len(set(groups[ends])) == ends.sum()
    assert set(groups) == set(range(groups.max() + 1))


def test_the_gradient_is_that_of_tied_angles() -> None:
    shape = brickwall_shape(10, 3)
    groups = tied_groups(shape, 2)
    moves = Tied(groups)
    rng = generator(1, "test-tied")
    one = turned(parted(identity_gates(shape, False)), 0.4, rng, False)
    first = {group: k for k, group in reversed(list(enumerate(groups)))}
    gates = one[[first[group] for group in groups]]
    job = Job(as_target(ising(10))).as_complex()
    kernel = job.kernel(shape)
    overlap, environments = kernel.evaluate(gates)
    slope = moves.gradient(gates, environments, overlap)
    noise = rng.normal(size=one.shape)
    matrix = noise[:, 0] + 1j * noise[:, 1]
    step = parted(0.5 * (matrix - matrix.conj().transpose(0, 2, 1)))
    step = step[[first[group] for group in groups]]
    small = 1e-5
    values = [
        -2.0 * np.log(abs(kernel.evaluate(moves.moved(gates, sign * small * step))[0]))
        for sign in (1, -1)
    ]
    assert (values[0] - values[1]) / (2 * small) == pytest.approx(np.sum(slope * step), rel=1e-5)
    for group in set(groups):
        alike = moves.moved(gates, slope)[groups == group]
        assert np.array_equal(alike, np.broadcast_to(alike[0], alike.shape))


@pytest.mark.parametrize("n", [9, 48, 49])
def test_short_correlated_states_start_near(n: int) -> None:
    job = Job(as_target(ising(n)))
    shape = brickwall_shape(n, 4)
    gates = tied_start(job, shape)
    overlap = job.as_complex().kernel(shape).evaluate(gates)[0]
    assert 1.0 - abs(overlap) ** 2 < 0.004 * n


def test_long_chains_repeat_their_bulk() -> None:
    shape = brickwall_shape(60, 3)
    gates = tied_start(Job(as_target(ising(60))), shape)
    bonds = np.array([bond for layer in shape.layers for bond in layer.bonds])
    layers = np.repeat(np.arange(3), [len(layer.bonds) for layer in shape.layers])
    for layer in range(3):
        bulk = gates[(layers == layer) & (bonds >= 20) & (bonds < 40)]
        assert np.array_equal(bulk, np.broadcast_to(bulk[0], bulk.shape))


def test_states_that_do_not_repeat_are_refused() -> None:
    field = generator(0, "test-tied").uniform(0.5, 3.0, 60)
    state = qtn.ground_state(qtn.chain("tfim", 60, field=field), max_bond=8)
    with pytest.raises(qtn.ArgumentError, match="does not repeat after two sites"):
        qtn.compile(state, qtn.Brickwall(3, start="tied"), progress=False)
