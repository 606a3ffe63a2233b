"""The same request has the same hash."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.devices.record.fingerprints import intent_hash


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(1, 1)
    made.rx(0.3, 0)
    made.measure(0, 0)
    return made


@pytest.mark.parametrize("change", [{"shots": 11}, {"seed": 1}, {"device": "b"}])
def test_terms_of_the_request_matter(change: dict[str, object]) -> None:
    terms = {"device": "a", "shots": 10, "seed": 0}
    values = np.zeros((2, 1))
    base = intent_hash([(circuit(), values)], (), **terms)
    assert base == intent_hash([(circuit(), values.copy())], (), **terms)
    assert base != intent_hash([(circuit(), values)], (), **{**terms, **change})
    assert base != intent_hash([(circuit(), values + 1e-9)], (), **terms)
