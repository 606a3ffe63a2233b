import time

import numpy as np
import pytest
from aqc.dense import circuit_vector, random_gates

from qtn.aqc.kernels.gates import parted
from qtn.aqc.result import Record, Status
from qtn.aqc.search import keeper as module
from qtn.aqc.search.keeper import Keeper, Stop
from qtn.aqc.shape.ansatz import brickwall_shape


def test_the_best_of_every_shape_is_kept_unless_a_shorter_one_beats_it():
    rng = np.random.default_rng(0)
    short, middle, long = (brickwall_shape(5, layers) for layers in (1, 2, 3))
    keeper = Keeper()
    gates = {shape: random_gates(rng, shape.size, False) for shape in (short, middle, long)}
    for shape, infidelity in ((short, 0.5), (middle, 0.6), (long, 0.3), (long, 0.1), (long, 0.2)):
        keeper.keep(shape, parted(gates[shape]), infidelity)
    kept = keeper.circuits()
    assert [infidelity for _, infidelity in kept] == [0.5, 0.1]
    assert [blocks.ansatz for blocks, _ in kept] == [short, long]
    found = circuit_vector(long, kept[1][0].matrices)
    assert np.allclose(found, circuit_vector(long, gates[long]), atol=1e-12)


def test_real_gates_stay_real():
    shape = brickwall_shape(4, 2)
    keeper = Keeper()
    keeper.keep(shape, parted(random_gates(np.random.default_rng(1), shape.size, True)), 0.1)
    assert keeper.circuits()[0][0].matrices.dtype == np.float64


def record_for_ever(keeper):
    for _ in range(10**6):
        keeper.record(Record(time.process_time() - keeper.started, 1, 0.5))


def test_a_method_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.0)
    keeper = Keeper(asked=lambda: True)
    keeper.record(Record(0.0, 1, 0.5))
    with pytest.raises(Stop) as caught:
        record_for_ever(keeper)
    assert caught.value.status is Status.INTERRUPTED
    assert keeper.cut_short
    late = Keeper()
    late.deadline = late.started
    with pytest.raises(Stop) as caught:
        record_for_ever(late)
    assert caught.value.status is Status.TIME


def test_one_for_another_target_keeps_nothing_of_the_first():
    seen = []
    keeper = Keeper(seen.append, deadline=0.0)
    shape = brickwall_shape(4, 2)
    keeper.keep(shape, parted(random_gates(np.random.default_rng(2), shape.size, True)), 0.1)
    other = keeper.aside()
    other.keep(brickwall_shape(3, 1), parted(np.eye(4)[None]), 0.0)
    assert len(keeper.circuits()) == 1
    assert keeper.circuits()[0][0].n == 4
    assert other.late
    assert not other.interrupted
