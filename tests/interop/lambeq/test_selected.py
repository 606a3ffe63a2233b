"""Bookkeeping of outcomes: values by hand, counts, hostile input."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

import qtn
from qtn.errors import ArgumentError, DeviceError
from qtn.interop.lambeq import SentenceCircuit


def example() -> SentenceCircuit:
    """cos(πp)|00⟩ + sin(πp)|11⟩ and a qubit in |+⟩ that is discarded; qubit 1 selected as 1."""
    circuit = QuantumCircuit(3, 2)
    circuit.ry(2 * np.pi * Parameter("p"), 0)
    circuit.cx(0, 1)
    circuit.h(2)
    circuit.measure(1, 0)
    circuit.measure(0, 1)
    return SentenceCircuit(circuit, {0: 1}, (1,), {1: 0}, 1, 2.0)


def test_values_by_hand():
    made = example()
    assert made.names == ("p",)
    assert repr(made) == (
        "SentenceCircuit(3 qubits, 1 parameters, 1 post-selected, 1 discarded, 1 read)"
    )
    sin2 = np.sin(0.1 * np.pi) ** 2
    np.testing.assert_allclose(made.exact([0.1]), np.diag([0, 4 * sin2]), atol=1e-15)
    np.testing.assert_allclose(made.probabilities({"p": 0.1, "other": 3.0}), [0, 1], atol=1e-15)
    assert made.success([0.1]) == pytest.approx(sin2, abs=1e-15)


def test_a_discarded_partner_leaves_a_mixed_state():
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.x(0)
    circuit.measure(1, 0)
    made = SentenceCircuit(circuit, {}, (0,), {0: 1}, 2, 1j)
    np.testing.assert_allclose(made.exact(), np.eye(2) / 2, atol=1e-15)
    np.testing.assert_allclose(made.probabilities(), [0.5, 0.5], atol=1e-15)
    assert made.resets == 1


def test_a_measured_wire_that_goes_on():
    circuit = QuantumCircuit(2, 2)
    circuit.ry(0.4, 0)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    circuit.measure(1, 1)
    made = SentenceCircuit(circuit, {}, (1, 0), {1: 1}, 0, 1.0)
    sin2 = np.sin(0.2) ** 2
    expected = np.zeros((2, 2, 2))  # the bit, then rows and columns of the open wire
    expected[0, 0, 0], expected[1, 1, 1] = 1 - sin2, sin2
    np.testing.assert_allclose(made.exact(), expected, atol=1e-15)
    np.testing.assert_allclose(made.probabilities(), np.diag([1 - sin2, sin2]), atol=1e-15)


def test_counts_agree_with_the_exact_value():
    made = example()
    shots = 4000
    bound = made.circuit.assign_parameters([0.2])
    counts = qtn.run(bound, shots=shots, seed=3).counts()
    read = made.read(counts)
    assert read.shots == shots
    assert read.method == "counts + post-selection"
    np.testing.assert_allclose(read.value, made.probabilities([0.2]), atol=1e-12)
    kept = sum(n for key, n in counts.items() if key[-1] == "1") / shots
    error = np.sqrt(made.success([0.2]) * (1 - made.success([0.2])) / shots)
    assert abs(kept - made.success([0.2])) < 5 * error


def test_projectors_ask_for_the_same():
    made = example()
    bare, labels = made.projectors()
    assert labels == ["I10", "I11"]
    assert not bare.num_clbits
    found = qtn.run((bare, [[0.2]]), labels, device="tensor", shots=4000, seed=0).values[0]
    sin2 = np.sin(0.2 * np.pi) ** 2
    np.testing.assert_allclose(np.ravel(found.value), [0, sin2], atol=5 * np.sqrt(sin2 / 4000))


def test_what_cannot_be_read():
    made = example()
    again = QuantumCircuit(1, 1)
    again.measure(0, 0)
    again.h(0)
    with pytest.raises(ArgumentError, match="reuse=False"):
        SentenceCircuit(again, {0: 0}, (), {}, 0, 1.0).projectors()
    with pytest.raises(ArgumentError, match=r"lacks 'p' \(1 of 1 names\)"):
        made.exact({})
    with pytest.raises(ArgumentError, match="must have 1 entries"):
        made.exact([1.0, 2.0])
    with pytest.raises(ArgumentError, match="no chance"):
        made.probabilities([0.0])
    with pytest.raises(ArgumentError, match="a mapping of bit strings"):
        made.read({})
    with pytest.raises(ArgumentError, match="bit strings of 2 digits"):
        made.read({"0": 3})
    with pytest.raises(ArgumentError, match="counts"):
        made.read({"00": -3})
    with pytest.raises(DeviceError, match="kept none of 7 shots"):
        made.read({"00": 7})
    wide = QuantumCircuit(25, 25)
    wide.measure(range(25), range(25))
    everything = dict(enumerate(range(25)))
    with pytest.raises(ArgumentError, match="more than 24 wires at once"):
        SentenceCircuit(wide, {}, tuple(range(25)), everything, 0, 1.0).exact()
