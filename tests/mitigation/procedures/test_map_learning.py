from __future__ import annotations

import pytest
from mitigation.examples import energy, quench
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, Twins, learn_map, mitigate

ENERGY = energy(4, -0.25, -0.2, shift=0.0)


def test_a_map_learned_once_serves_other_circuits():
    training = [quench(a) for a in (0.4, 0.6)]
    techniques = [Readout(), ZNE((1, 3))]
    learned = learn_map(training, ENERGY, techniques, device="FakeManila", shots=10_000)
    target = quench(0.8)
    exact = Statevector(target).expectation_value(ENERGY).real
    raw = mitigate(target, ENERGY, device="FakeManila", shots=10_000)
    found = mitigate(
        target, ENERGY, [*techniques, Twins(known=learned)], device="FakeManila", shots=10_000
    )
    assert abs(found.value - exact) < 0.4 * abs(raw.value - exact)
    with pytest.raises(ArgumentError, match="learned map takes 2 noise factors"):
        mitigate(target, ENERGY, [Readout(), Twins(known=learned)], device="FakeManila", shots=100)


def test_a_map_needs_circuits():
    with pytest.raises(ArgumentError, match="at least one circuit, but is empty"):
        learn_map([], ENERGY, device="aer")
