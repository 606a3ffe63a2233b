"""Export of diagrams: every ansatz by every reader as lambeq itself evaluates it, and where lambeq
is wrong, as a dense calculation by hand has it."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import ArgumentError, MissingExtraError
from qtn.interop.lambeq import Grammar, from_lambeq, sentence_diagram
from qtn.interop.lambeq.export import ANSATZE

lambeq = pytest.importorskip("lambeq", reason="lambeq is not installed")
quantum = lambeq.backend.quantum
S, N = lambeq.AtomicType.SENTENCE, lambeq.AtomicType.NOUN
Ket, Bra, Id, H, CX = quantum.Ket, quantum.Bra, quantum.Id, quantum.H, quantum.CX
Measure, Discard, qubit = quantum.Measure, quantum.Discard, quantum.qubit
SENTENCE = "she cooks tasty dinner"
READERS = {
    "stairs": "stairs",
    "cups": "cups",
    "spiders": "spiders",
    "pregroup": Grammar({"she": "n", "cooks": "n.r s n.l", "dinner": "n", "tasty": "n n.l"}),
    "tree": Grammar({"she": "n", "cooks": "v", "dinner": "n", "tasty": "a"},
                    {("a", "n"): "n", ("v", "n"): "p", ("n", "p"): "s"}, boxes="height"),
}  # fmt: skip


def drawn(names, seed=0) -> dict[str, float]:
    values = np.random.default_rng(seed).uniform(-1, 1, len(names))
    return dict(zip(names, values.tolist()))


def evaluated(circuit, values) -> np.ndarray:
    """lambeq's own value of its circuit."""
    symbols = sorted(circuit.free_symbols)
    return circuit.lambdify(*symbols)(*[values[s.name] for s in symbols]).eval()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("ansatz", ANSATZE)
@pytest.mark.parametrize("discard", [False, True])
def test_every_ansatz_by_every_reader_as_lambeq_has_it(ansatz, reader, discard):
    """The array of amplitudes, or the unnormalised state, to 1e-12; resets change nothing."""
    diagram = sentence_diagram(SENTENCE, READERS[reader])
    theirs = getattr(lambeq, ANSATZE[ansatz])({S: 1, N: 1}, 2, discard=discard)
    options = {"layers": 2, "discard": discard}
    ours = from_lambeq(diagram, ansatz, **options)
    values = drawn(ours.names)
    expected = evaluated(theirs(diagram), values)
    np.testing.assert_allclose(ours.exact(values), expected, atol=1e-12)
    np.testing.assert_allclose(from_lambeq(diagram, theirs).exact(values), expected, atol=1e-12)
    again = from_lambeq(diagram, ansatz, **options, reuse=True)
    assert again.circuit.num_qubits <= 4
    assert again.success(values) == pytest.approx(ours.success(values), abs=1e-12)
    np.testing.assert_allclose(again.probabilities(values), ours.probabilities(values), atol=1e-11)


@pytest.mark.parametrize("ansatz", ANSATZE)
@pytest.mark.parametrize("reader", ["stairs", "pregroup"])
def test_several_qubits_on_a_wire(ansatz, reader):
    diagram = sentence_diagram("she cooks dinner", READERS[reader])
    ours = from_lambeq(diagram, ansatz, qubits={"s": 2, "n": 1})
    values = drawn(ours.names)
    theirs = getattr(lambeq, ANSATZE[ansatz])({S: 2, N: 1}, 1)(diagram)
    np.testing.assert_allclose(ours.exact(values), evaluated(theirs, values), atol=1e-12)


def test_the_ansatz_options_of_lambeq():
    """Ancillas, a basis to post-select in, ranges of entanglers: the ansatz comes as an object."""
    diagram = sentence_diagram("she cooks dinner")
    for ansatz in (
        lambeq.IQPAnsatz({S: 1}, 1, n_ancillas=1),
        lambeq.Sim15Ansatz({S: 1}, 1, n_ancillas=1, discard=True),
        lambeq.Sim14Ansatz({S: 1}, 1, postselection_basis=H.to_diagram()),
        lambeq.StronglyEntanglingAnsatz({S: 2}, 2, ranges=[1, 1]),
    ):
        ours = from_lambeq(diagram, ansatz)
        values = drawn(ours.names)
        np.testing.assert_allclose(ours.exact(values), evaluated(ansatz(diagram), values),
                                   atol=1e-12)  # fmt: skip


def test_the_circuit_itself_is_what_exact_says():
    """The gates without the final measurement, by Qiskit's state vector."""
    made = from_lambeq(sentence_diagram("she cooks dinner"), "iqp")
    values = drawn(made.names)
    bound = made.circuit.assign_parameters(values)
    pairs = [(bound.find_bit(i.qubits[0]).index, bound.find_bit(i.clbits[0]).index)
             for i in bound.data if i.operation.name == "measure"]  # fmt: skip
    bound.remove_final_measurements()
    state = Statevector(bound).data.reshape((2,) * 3).T  # axis i is qubit i
    index = [slice(None)] * 3
    for place, bit in pairs:
        if bit in made.selected:
            index[place] = made.selected[bit]
    np.testing.assert_allclose(made.exact(values), state[tuple(index)], atol=1e-12)


def test_counts_with_resets():
    """Sampled on two qubits, the sentence has the probabilities of four."""
    made = from_lambeq(sentence_diagram(SENTENCE), "sim15", discard=True, reuse=True)
    assert (made.circuit.num_qubits, made.resets) == (2, 2)
    values = drawn(made.names, seed=2)
    counts = qtn.run(made.circuit.assign_parameters(values), shots=4000, seed=1).counts()
    read = made.read(counts)
    exact = made.probabilities(values)
    assert abs(read.value - exact).max() < 5 * np.sqrt(exact.prod() / 4000)


def amplitudes(circuit) -> np.ndarray:
    return from_lambeq(circuit).exact()


def test_the_angle_of_a_controlled_y_rotation():
    """lambeq's exports lose it: `Gate.from_box` reads the angles of CRx and CRz only."""
    circuit = Ket(0, 0) >> H @ qubit >> quantum.CRy(0.2)
    half = np.pi * 0.2
    expected = np.array([[1, 0], [np.cos(half), np.sin(half)]]) / 2**0.5
    np.testing.assert_allclose(amplitudes(circuit), expected, atol=1e-14)


def test_an_angle_of_zero():
    """`if gate.phase:` takes 0 for no angle."""
    circuit = Ket(0, 1) >> quantum.Rx(0) @ quantum.Rz(0.0) >> quantum.CRz(0)
    np.testing.assert_allclose(amplitudes(circuit), [[0, 1], [0, 0]], atol=1e-14)


def test_daggered_phases_interfere():
    """H S† H |0⟩ is not H S H |0⟩: lambeq's way by PennyLane ignores the dagger."""
    for box, phase in ((quantum.S, np.pi / 2), (quantum.T, np.pi / 4)):
        circuit = Ket(0) >> H >> box.dagger() >> quantum.Rx(0.25)
        plus = np.array([1, np.exp(-1j * phase)]) / 2**0.5
        turn = np.array([[1, -1j], [-1j, 1]]) / 2**0.5
        np.testing.assert_allclose(amplitudes(circuit), turn @ plus, atol=1e-14)


def test_neighbouring_scalars():
    """Removing from the list that is walked through skips every second one."""
    circuit = quantum.Sqrt(2) @ quantum.Scalar(0.5j) @ quantum.Sqrt(8) @ Ket(0) >> H
    made = from_lambeq(circuit)
    assert made.scale == pytest.approx(2j)
    np.testing.assert_allclose(made.exact(), np.array([2j, 2j]) / 2**0.5, atol=1e-14)
    assert made.success() == pytest.approx(1.0)


def test_gates_with_two_controls_in_a_circuit():
    circuit = Ket(1, 1, 0) >> quantum.CCX >> quantum.CCZ >> quantum.CY @ qubit
    expected = np.zeros((2, 2, 2), complex)
    expected[1, 0, 1] = -1 * -1j  # CCX: |111⟩, CCZ: -|111⟩, CY: Y|1⟩ = -i|0⟩
    np.testing.assert_allclose(amplitudes(circuit), expected, atol=1e-14)


def test_numbers_keep_double_precision():
    """Constants go through float32 by PennyLane."""
    circuit = Ket(0) >> quantum.Ry(1 / 3)
    np.testing.assert_allclose(amplitudes(circuit), [0.5, 3**0.5 / 2], atol=1e-15)


def test_conjugated_words_after_cups_are_removed():
    """`Box._conjugate_array` fails with torch; circuits of such diagrams are right here."""
    diagram = sentence_diagram(SENTENCE, READERS["pregroup"], rewrite=["remove-cups"])
    assert any(box.z % 2 or "†" in box.name for box in diagram.boxes)
    made = from_lambeq(diagram, "strongly-entangling")
    plain = from_lambeq(sentence_diagram(SENTENCE, READERS["pregroup"]), "strongly-entangling")
    values = drawn(plain.names)
    np.testing.assert_allclose(made.probabilities(values), plain.probabilities(values), atol=1e-12)


def test_the_output_of_a_discarding_sentence_is_a_probability():
    """lambeq's models give the absolute entries of the state, scaled to add up to 1."""
    circuit = Ket(0, 0) >> quantum.Ry(0.1) @ quantum.Ry(0.17) >> CX >> qubit @ Discard()
    made = from_lambeq(circuit)
    cos, sin = np.cos(np.pi * 0.1), np.sin(np.pi * 0.1)
    np.testing.assert_allclose(made.probabilities(), [cos**2, sin**2], atol=1e-14)
    rho = made.exact()
    overlap = np.sin(2 * np.pi * 0.17)
    expected = [[cos**2, cos * sin * overlap], [cos * sin * overlap, sin**2]]
    np.testing.assert_allclose(rho, expected, atol=1e-14)
    entries = abs(rho) / abs(rho).sum()  # what their models return
    assert abs(np.diag(entries) - made.probabilities()).max() > 0.05


@pytest.mark.parametrize(
    "circuit",
    [
        Ket(0, 1) >> H @ qubit >> CX >> Measure() @ qubit,
        Ket(0, 1) >> H @ qubit >> CX >> qubit @ Measure(),
        Ket(0) >> quantum.Ry(0.2) >> Measure() >> quantum.Encode() >> H,
        Ket(0, 0) >> H @ qubit >> CX >> quantum.SWAP >> quantum.Rx(0.1) @ Bra(1),
        (quantum.MixedState() @ Ket(0) >> CX >> Discard() @ qubit),
        Ket(0, 1, 0) >> H @ H @ H >> quantum.Controlled(quantum.Ry(0.3), -2) >> Discard() @ Bra(0)
        @ Measure(),
    ],
)  # fmt: skip
def test_measured_mixed_and_swapped_wires(circuit):
    expected = circuit.eval(mixed=True) if circuit.is_mixed else circuit.eval()
    for reuse in (False, True):
        made = from_lambeq(circuit, reuse=reuse)
        found = made.exact()
        if found.shape == expected.shape:
            np.testing.assert_allclose(found, expected, atol=1e-12)
        else:  # lambeq writes a mixed state of what is pure
            np.testing.assert_allclose(np.outer(found, found.conj()).reshape(expected.shape),
                                       expected, atol=1e-12)  # fmt: skip


def test_bits_that_are_given():
    """lambeq cannot evaluate them: its walk through mixed diagrams mistakes a bit for a wire."""
    made = from_lambeq(quantum.Bit(1) @ Ket(0) >> quantum.Encode() @ qubit >> CX)
    np.testing.assert_allclose(made.probabilities(), [[0, 0], [0, 1]], atol=1e-15)


def test_bits_are_selected_by_their_dagger():
    made = from_lambeq(Ket(0) >> quantum.Ry(0.2) >> Measure() >> quantum.Bit(1).dagger())
    assert made.selected == {0: 1}
    assert made.success() == pytest.approx(np.sin(0.2 * np.pi) ** 2)


def test_frames_are_refused():
    grammar = lambeq.backend.grammar
    frame = grammar.Frame("f", grammar.Ty(), S, components=[grammar.Word("a", S)])
    with pytest.raises(ArgumentError, match=r"does not suit this diagram: .* with frames"):
        from_lambeq(frame.to_diagram(), "iqp")


def test_bad_input(monkeypatch):
    sentence = sentence_diagram("she cooks", "stairs")
    for diagram, arguments, message in (
        ("she cooks", {}, "a diagram of lambeq"),
        (sentence, {}, "one of 'iqp'"),
        (sentence, {"ansatz": "iq"}, "one of 'iqp'"),
        (sentence, {"ansatz": "iqp", "layers": 0}, "layers"),
        (sentence, {"ansatz": "iqp", "qubits": 0}, "qubits"),
        (sentence, {"ansatz": "iqp", "qubits": {"n": 1}}, "lacks the type 's'"),
        (sentence, {"ansatz": "iqp", "qubits": {"s": -1}}, r"qubits\[s\]"),
        (sentence, {"ansatz": "iqp", "discard": 1}, "discard"),
        (sentence, {"ansatz": "iqp", "reuse": 1}, "reuse"),
        (sentence, {"ansatz": lambeq.IQPAnsatz({S: 1}, 1), "layers": 2}, "to your ansatz itself"),
        (sentence, {"ansatz": lambeq.IQPAnsatz({N: 1}, 1)}, "no number of qubits for the type"),
        (sentence, {"ansatz": lambeq.StronglyEntanglingAnsatz({S: 1}, 1, ranges=[5])}, "not suit"),
        (Ket(0) >> H, {"ansatz": "iqp"}, "a circuit already"),
        (H, {}, "has 1 inputs"),
        (sentence_diagram("she cooks", "spiders"), {"ansatz": "iqp", "qubits": 2}, "spiders"),
        (quantum.Box("b", quantum.Ty(), qubit, np.ones(2)), {}, "neither a ket"),
        (Ket(0) >> quantum.Box("c", qubit, quantum.bit, np.ones((2, 2))), {}, "not unitary"),
        (quantum.Bit(0) >> quantum.Box("d", quantum.bit, quantum.bit, np.eye(2)), {}, "no gate on"),
    ):
        with pytest.raises(ArgumentError, match=message):
            from_lambeq(diagram, **arguments)
    monkeypatch.setitem(__import__("sys").modules, "lambeq.backend.quantum", None)
    with pytest.raises(MissingExtraError, match="language"):
        from_lambeq(sentence)
