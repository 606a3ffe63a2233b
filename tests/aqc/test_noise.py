import pytest
from qiskit.circuit import Parameter
from qiskit.circuit.library import CZGate, Measure, RZGate, RZZGate, SXGate, XGate, iSwapGate
from qiskit.transpiler import CouplingMap, InstructionProperties, Target

import qtn
from qtn.aqc.noise import Noise
from qtn.errors import ArgumentError

CZ = (CZGate(),)


def device(edges, error=0.01, gates=CZ):
    """A device of our own: couplings by hand, one error."""
    n = 1 + max(map(max, edges))
    target = Target(num_qubits=n)
    ones = {(q,): InstructionProperties(error=0.0, duration=1e-8) for q in range(n)}
    for gate in (SXGate(), XGate(), RZGate(Parameter("t"))):
        target.add_instruction(gate, ones)
    target.add_instruction(Measure(), {(q,): InstructionProperties(error=0.02) for q in range(n)})
    for gate in gates:
        both = {e: InstructionProperties(error=error) for a, b in edges for e in ((a, b), (b, a))}
        target.add_instruction(gate, both)
    return target


LINE = [(k, k + 1) for k in range(5)]
STAR = [(0, k) for k in range(1, 5)]


def compiled(n=4):
    return qtn.compile(qtn.evolve(qtn.chain("heisenberg", n), "neel", 0.5), qtn.Brickwall(3))


def test_errors_of_gates_and_readout_multiply():
    point = compiled().pareto[-1]
    noise = Noise.of(device(LINE))
    found = noise.expected(point)
    assert found.survival == pytest.approx(0.99**found.two_qubit_gates * 0.98**4)
    assert found.two_qubit_gates == point.two_qubit_gates
    assert noise.fidelity(point) == pytest.approx((1.0 - point.infidelity) * found.survival)
    assert noise.expected(point) is found
    assert noise.error == pytest.approx(0.01)


def test_the_better_of_the_device_s_gates_is_taken():
    target = device(LINE, gates=(CZGate(), RZZGate(Parameter("t"))))
    assert Noise.of(target).bases == ("cz", "rzz")
    ising = qtn.compile(qtn.evolve(qtn.chain("tfim", 4, field=0.4), "zeros", 0.4), qtn.Brickwall(2))
    point = ising.pareto[-1]
    found = Noise.of(target).expected(point)
    counts = {b: point.with_basis(b).two_qubit_gates for b in ("cz", "rzz")}
    assert found.two_qubit_gates == min(counts.values())
    assert counts[found.basis] == min(counts.values())
    assert Noise.of(target).written_in("rzz").expected(point).basis == "rzz"


def test_notes_say_what_was_chosen_and_why():
    made = compiled()
    notes = Noise.of(device(LINE)).notes(made.pareto[-1], made.pareto)
    assert set(notes) == set(Noise.NOTES)
    assert notes["expected fidelity"] == notes["expected fidelities"][-1]
    assert sorted(notes["device qubits"]) == sorted({*notes["device qubits"]})
    assert "survives the noise" in notes["chosen"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("aer", "must have gates, couplings and errors, but aer is a simulator without"),
        ("FakeNowhere", "no known device"),
        (7, "must be a device name"),
        (device(LINE, gates=(iSwapGate(),)), "must have one of the two-qubit gates"),
    ],
)
def test_devices_that_say_nothing_are_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        Noise.of(given)


def test_gates_that_the_device_lacks_are_refused():
    with pytest.raises(ArgumentError, match=r"`basis` and `device` exclude each other.*has cz"):
        Noise.of(device(LINE)).written_in("ecr")


def test_a_device_without_a_line_long_enough_is_refused():
    Noise.of(device(LINE)).check_line(6)
    with pytest.raises(ArgumentError, match=r"the longest line found .* has 6"):
        Noise.of(device(LINE)).check_line(7)
    with pytest.raises(ArgumentError, match=r"must have 4 coupled qubits in a line.* has 3"):
        Noise.of(device(STAR)).check_line(4)


def test_a_line_over_a_broken_coupling_is_no_line():
    target = device(LINE)
    for pair in ((2, 3), (3, 2)):
        target.update_instruction_properties("cz", pair, InstructionProperties(error=1.0))
    Noise.of(target).check_line(3)
    with pytest.raises(ArgumentError, match=r"must have 4 coupled qubits in a line.* has 3"):
        Noise.of(target).check_line(4)


def test_coupling_maps_without_errors_have_a_usual_one():
    target = Target.from_configuration(["cz", "sx", "rz"], coupling_map=CouplingMap(LINE))
    assert Noise.of(target).error == 1e-3
