from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation import Readout, Variant
from qtn.mitigation.techniques.base import Context
from qtn.mitigation.techniques.readout_forms import Pairs, Tensored, Twirled, pattern_circuit
from qtn.mitigation.values.execute import Executor


def context() -> Context:
    return Context(Executor.of("FakeManila"), 1)


def ready() -> Variant:
    circuit = QuantumCircuit(5, 2)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return Variant(circuit)


def test_only_flips_change_a_circuit():
    one = ready()
    assert list(Tensored().dress(one, context())) == [one]
    assert list(Pairs(None).dress(one, context())) == [one]
    copies = Twirled(6).dress(one, context())
    assert len(copies) == 6
    # patterns come with their complements: every bit is flipped in half of the copies
    assert [a.flips ^ b.flips for a, b in zip(copies[::2], copies[1::2], strict=True)] == [3] * 3
    for copy in copies:
        assert copy.circuit.count_ops()["cx"] == 1
        assert copy.circuit.count_ops().get("x", 0) == copy.flips.bit_count()


def test_circuits_of_the_calibration():
    qubits = (3, 1, 0)
    zero, one = Tensored().calibration(5, qubits, context())
    assert (zero.circuit.count_ops().get("x", 0), one.circuit.count_ops()["x"]) == (0, 3)
    four = Pairs(None).calibration(5, qubits, context())
    assert [v.circuit.count_ops().get("x", 0) for v in four] == [0, 2, 1, 3]
    assert [v.flips for v in four] == [0] * 4
    twirled = Twirled(4).calibration(5, qubits, context())
    assert [v.circuit.count_ops().get("x", 0) for v in twirled] == [
        v.flips.bit_count() for v in twirled
    ]


def test_pairs_leave_single_qubits_over_and_are_disjoint():
    assert Pairs(None).clusters(3) == ((0, 1), (2,))
    assert Pairs(((0, 2),)).clusters(3) == ((0, 2), (1,))
    with pytest.raises(ArgumentError, match="disjoint pairs of the qubits 0 to 2"):
        Pairs(((0, 1), (1, 2))).check(3)
    circuit = pattern_circuit(4, (2, 3), ((0, 1),), 2)
    assert circuit.find_bit(circuit.data[0].qubits[0]).index == 3


def test_the_options_say_which_form_it_is():
    assert Readout().form == Tensored()
    assert Readout(method="twirled", copies=3).form == Twirled(3)
    assert Readout(method="correlated", pairs=[(0, 1)]).form == Pairs(((0, 1),))
    with pytest.raises(ArgumentError, match="planned with readout or other options"):
        Readout(method="subspace").adopt(Readout())
    planned = Readout(shots=7)
    assert Readout().adopt(planned) is planned
