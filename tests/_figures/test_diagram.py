"""Circuits and light cones."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn._figures.diagram import columns_of, draw_circuit, light_cone

GATES = [(0,), (0, 1), (2, 3), (1, 2), (3,)]


def test_gates_cross_no_other_in_their_column() -> None:
    assert columns_of(GATES) == [0, 1, 0, 2, 1]
    assert columns_of([(0, 2), (1,)]) == [0, 1]  # the line of the first crosses qubit 1


@pytest.mark.parametrize("seed", range(4))
def test_a_light_cone_is_what_changes_the_reduced_state(seed: int) -> None:
    """Against the reduced state itself: gates outside may be left out, some inside may not."""
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import UnitaryGate
    from qiskit.quantum_info import Statevector, partial_trace, random_unitary

    rng = np.random.default_rng(seed)
    gates = [tuple(int(q) for q in rng.permutation(4)[:2]) for _ in range(6)]
    circuit, cut = QuantumCircuit(4), QuantumCircuit(4)
    for k, (gate, inside) in enumerate(zip(gates, light_cone(gates, [2]), strict=True)):
        unitary = UnitaryGate(random_unitary(4, seed=10 * seed + k))
        circuit.append(unitary, gate)
        if inside:
            cut.append(unitary, gate)
    reduced = [partial_trace(Statevector(c), [0, 1, 3]).data for c in (circuit, cut)]
    assert np.allclose(*reduced, atol=1e-12)
    assert light_cone(gates, range(4)) == [True] * 6


def test_gates_are_drawn_on_their_wires() -> None:
    ax = Figure().subplots()
    inside = light_cone(GATES, [0])
    assert draw_circuit(ax, 4, GATES, inside, "light cone of Z") is ax
    dots = {line.get_marker(): set() for line in ax.lines}
    for line in ax.lines:
        dots[line.get_marker()] |= set(
            zip(map(int, line.get_xdata()), map(int, line.get_ydata()), strict=True)
        )
    assert dots["o"] == {(1, 0), (1, 1), (0, 2), (0, 3), (2, 1), (2, 2)}
    assert dots["s"] == {(0, 0), (1, 3)}
    assert {y for _, y in dots[">"]} == {0, 1}  # where the cone comes from
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["outside: cancels", "light cone of Z"]


def test_a_circuit_without_gates_is_drawn() -> None:
    assert draw_circuit(Figure().subplots(), 2, []).get_ylabel() == "qubit"
