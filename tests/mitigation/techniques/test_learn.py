from __future__ import annotations

import numpy as np
import pytest
from mitigation.examples import energy, quench
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError
from qtn.interop.counting import two_qubit_gates
from qtn.mitigation import Readout, Twins, mitigate, plan
from qtn.mitigation.techniques.learn import fit_map

ENERGY = energy(4, -0.25, -0.2, shift=0.0)


def test_training_circuits_keep_the_gates_and_differ_in_angles():
    prepared = plan(quench(), ENERGY, Twins(circuits=3), device="FakeManila", shots=100)
    target, *training = prepared.programs
    assert len(training) == 3
    for program in training:
        assert two_qubit_gates(program.native.circuit) == two_qubit_gates(target.native.circuit)
        names = [i.operation.name for i in program.native.circuit.data]
        assert names == [i.operation.name for i in target.native.circuit.data]
    assert np.std([p.ideal for p in training], axis=0).max() > 0.01
    assert "training       3 circuits, 600 shots" in str(prepared)


def test_clifford_circuits_are_trained_with_other_angles_and_say_when_nothing_varies():
    ghz = QuantumCircuit(3)
    ghz.h(0)
    ghz.cx(0, 1)
    ghz.cx(1, 2)
    options = {"device": "FakePerth", "shots": 2000, "progress": False}
    varied = plan(ghz, "XXX", Twins(circuits=4), device="FakePerth", shots=100)
    assert np.std([p.ideal for p in varied.programs[1:]]) > 1e-3
    found = mitigate(ghz, "XXX", [Readout(), Twins(circuits=4)], **options)
    assert "do not vary" not in found.method
    assert abs(found.value - 1) < 5 * found.stderr
    flipped = QuantumCircuit(2)
    flipped.x(0)
    flipped.cx(0, 1)
    same = mitigate(flipped, "ZZ", [Readout(), Twins(circuits=4)], **options)
    assert "whose values do not vary: they are the target's own" in same.method


def test_a_learned_map_removes_most_of_the_error():
    exact = Statevector(quench()).expectation_value(ENERGY).real
    raw = mitigate(quench(), ENERGY, device="FakeManila", shots=20_000)
    found = mitigate(quench(), ENERGY, [Readout(), Twins(4)], device="FakeManila", shots=20_000)
    assert abs(found.value - exact) < 0.35 * abs(raw.value - exact)
    assert found.method.endswith("linear map of 4 training circuits")


def test_the_map_of_pure_damping_is_its_inverse():
    rng = np.random.default_rng(0)
    ideal = rng.uniform(-1, 1, (30, 5))
    damping = np.array([0.9, 0.7])
    noisy = ideal[:, None, :] * damping[:, None]
    learned = fit_map(noisy, np.full_like(noisy, 1e-8), ideal, 0, np.zeros(5))
    value, _ = learned.apply(noisy[3], np.zeros(5))
    assert value == pytest.approx(ideal[3], abs=1e-3)
    assert learned.residual.max() < 1e-3
    assert repr(learned) == "LearnedMap(5 terms, 2 noise factors, 30 circuits, 0 shots)"


def test_bad_options_and_sweeps_are_refused():
    with pytest.raises(ArgumentError, match="every training circuit would be the target"):
        Twins(spread=0.0)
    with pytest.raises(ArgumentError, match="`circuits` must be a positive integer"):
        Twins(circuits=0)
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="takes a circuit without free parameters"):
        mitigate((free, np.zeros((2, 1))), "Z", Twins(), device="aer")
