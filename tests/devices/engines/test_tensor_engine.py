"""The tensor-network sampler as a device."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorSampler

from qtn.devices.engines.base import Pub
from qtn.devices.engines.tensor_engine import TensorEngine, sampler_bits


def pubs() -> list[Pub]:
    sweep = QuantumCircuit(2, 2)
    sweep.ry(Parameter("a"), 0)
    sweep.cx(0, 1)
    sweep.measure([0, 1], [1, 0])
    flip = QuantumCircuit(1, 1)
    flip.x(0)
    flip.measure(0, 0)
    return [Pub(sweep, np.array([[0.0], [np.pi]])), Pub(flip)]


def test_bits_of_every_circuit_and_binding() -> None:
    engine = TensorEngine()
    (swept, flipped), how = engine.sample(pubs(), 20, seed=1)
    assert (swept.shape, flipped.shape) == ((2,), ())
    assert [dict(swept.get_counts(k)) for k in range(2)] == [{"00": 20}, {"11": 20}]
    assert dict(flipped.get_counts()) == {"1": 20}
    assert how == "tensor network: asked for"
    assert (engine.local, engine.paid, engine.target) == (True, False, None)


def test_any_sampler() -> None:
    swept, flipped = sampler_bits(StatevectorSampler(seed=1), pubs(), 5)
    assert (swept.num_shots, flipped.num_bits) == (5, 1)
