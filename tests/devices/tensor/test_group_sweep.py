"""Exact probabilities with resets and measurements anywhere, against dense density matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import DensityMatrix, Kraus, SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    depolarizing_error,
    pauli_error,
)

from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.group_blocks import group_plan
from qtn.devices.tensor.group_sweep import GroupSweep

READ = np.array([[0.95, 0.08], [0.05, 0.92]])  # [read, true]
PAIR = depolarizing_error(0.06, 2)
ONE = amplitude_damping_error(0.05)
RESET = pauli_error([("X", 0.04), ("I", 0.96)])
MEASURE = pauli_error([("X", 0.03), ("I", 0.97)])


def noise() -> NoiseModel:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(PAIR, ["cx", "cz"])
    model.add_all_qubit_quantum_error(ONE, ["ry", "h"])
    model.add_all_qubit_quantum_error(RESET, ["reset"])
    model.add_all_qubit_quantum_error(MEASURE, ["measure"])
    model.add_all_qubit_readout_error(ReadoutError(READ.T))
    return model


def errors(name: str) -> Any:
    return {
        "cx": PAIR, "cz": PAIR, "ry": ONE, "h": ONE, "reset": RESET, "measure": MEASURE
    }.get(name)  # fmt: skip


def reference(circuit: QuantumCircuit, noisy: bool) -> np.ndarray:
    """Probabilities of the classical bits, one density matrix per history of outcomes."""
    histories = {(0,) * circuit.num_clbits: DensityMatrix.from_label("0" * circuit.num_qubits)}
    for item in circuit.data:
        places = [circuit.find_bit(q).index for q in item.qubits]
        name = item.operation.name
        error = SuperOp(errors(name)) if noisy and errors(name) is not None else None
        if name == "measure":
            bit = circuit.find_bit(item.clbits[0]).index
            after: dict[tuple[int, ...], Any] = {}
            for bits, state in histories.items():
                state = state if error is None else state.evolve(error, places)
                for true in (0, 1):
                    projector = np.diag([1.0 - true, float(true)])
                    left = state.evolve(Kraus([projector]), places)
                    for read in (0, 1):
                        weight = READ[read, true] if noisy else float(read == true)
                        key = (*bits[:bit], read, *bits[bit + 1 :])
                        part = left.data * weight
                        after[key] = after.get(key, 0.0) + part
            histories = {key: DensityMatrix(data) for key, data in after.items()}
            continue
        for bits, state in histories.items():
            done = state.reset(places) if name == "reset" else state.evolve(item.operation, places)
            histories[bits] = done if error is None else done.evolve(error, places)
    out = np.zeros(2**circuit.num_clbits)
    for bits, state in histories.items():
        out[sum(b << k for k, b in enumerate(bits))] = np.real(state.trace())
    return out


def circuits() -> list[QuantumCircuit]:
    tree = QuantumCircuit(4, 2)
    for qubit in range(4):
        tree.ry(0.4 + 0.3 * qubit, qubit)
    tree.cx(0, 1)
    tree.cz(2, 3)
    tree.reset(1)
    tree.reset(3)
    tree.h(1)
    tree.cx(1, 2)
    tree.cx(2, 0)
    tree.ry(0.3, 2)
    tree.measure([0, 2], [1, 0])
    middle = QuantumCircuit(3, 3)
    middle.h(0)
    middle.cx(0, 1)
    middle.measure(1, 2)
    middle.cx(1, 2)
    middle.ry(0.7, 1)
    middle.measure(1, 0)
    middle.reset(1)
    middle.cx(2, 1)
    middle.measure(1, 1)
    again = QuantumCircuit(2, 2)
    again.ry(1.1, 0)
    again.measure(0, 0)
    again.h(0)
    again.cx(0, 1)
    again.measure(0, 0)
    again.measure(1, 1)
    return [tree, middle, again]


def probabilities(sweep: GroupSweep, binding: int) -> np.ndarray:
    total = np.ones(1 << sweep.clbits)
    numbers = np.arange(1 << sweep.clbits)
    seen: set[int] = set()
    for clbits, table in sweep._outcomes(binding // sweep._portion):
        row = table[binding % sweep._portion if len(table) > 1 else 0]
        index = np.zeros_like(numbers)
        for clbit in clbits:
            index = 2 * index + ((numbers >> clbit) & 1)
        total = total * row[index]
        seen |= set(clbits)
    for clbit in set(range(sweep.clbits)) - seen:
        total = total * (((numbers >> clbit) & 1) == 0)
    return total


def swept(circuit: QuantumCircuit, noisy: bool, values: np.ndarray) -> GroupSweep:
    plan = group_plan(circuit)
    assert plan is not None
    return GroupSweep(plan, ChannelTable(noise() if noisy else None), circuit, values)


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_probabilities_are_exact(number: int, noisy: bool) -> None:
    circuit = circuits()[number]
    found = probabilities(swept(circuit, noisy, np.zeros((1, 0))), 0)
    assert np.allclose(found, reference(circuit, noisy), atol=1e-12)


@pytest.mark.parametrize("portion", [1, 2, 100])
def test_bindings_are_those_of_bound_circuits(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free parameters before, between and behind gates on pairs, in portions of any size."""
    monkeypatch.setattr("qtn.devices.tensor.group_sweep.PORTION", 256 * portion)
    x = ParameterVector("x", 4)
    circuit = QuantumCircuit(3, 2)
    circuit.h(2)
    circuit.cx(2, 1)
    circuit.ry(x[0] + 2 * x[1], 0)
    circuit.cx(0, 1)
    circuit.rzz(x[2], 0, 1)
    circuit.reset(0)
    circuit.rx(x[1], 0)
    circuit.cx(1, 0)
    circuit.ry(x[3], 1)
    circuit.measure([0, 1], [0, 1])
    values = np.random.default_rng(0).normal(size=(5, 4))
    sweep = swept(circuit, True, values)
    for row, bound in enumerate(values):
        exact = reference(circuit.assign_parameters(bound), True)
        assert np.allclose(probabilities(sweep, row), exact, atol=1e-12)


OPERATIONS = ("h", "ry", "cx", "cz", "swap", "reset", "measure", "barrier", "delay")


@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.permutations(range(3))), max_size=14))
@settings(max_examples=40, deadline=None)
def test_any_order_of_operations_is_exact(steps: list[tuple[str, list[int]]]) -> None:
    circuit = QuantumCircuit(3, 2)
    for number, (name, places) in enumerate(steps):
        if name == "measure":
            circuit.measure(places[0], number % 2)
        elif name == "ry":
            circuit.ry(0.3 + number, places[0])
        elif name == "delay":
            circuit.delay(10, places[0])
        elif name == "barrier":
            circuit.barrier()
        else:
            width = 1 if name in ("h", "reset") else 2
            getattr(circuit, name)(*places[:width])
    circuit.measure([0, 1], [0, 1])
    found = probabilities(swept(circuit, True, np.zeros((1, 0))), 0)
    bare = QuantumCircuit(3, 2)
    for item in circuit.data:
        if item.operation.name not in ("barrier", "delay"):
            bare.append(item)
    assert np.allclose(found, reference(bare, True), atol=1e-12)


def test_shots_have_these_probabilities() -> None:
    circuit = circuits()[1]
    sweep = swept(circuit, True, np.zeros((1, 0)))
    bits = sweep.sample(0, 40_000, np.random.default_rng(3))
    counts = np.bincount(bits @ (1 << np.arange(3)), minlength=8) / len(bits)
    assert np.abs(counts - reference(circuit, True)).max() < 0.01
    # shots of one circuit come in random order
    half = bits[:20_000] @ (1 << np.arange(3))
    assert np.abs(np.bincount(half, minlength=8) / len(half) - counts).max() < 0.015
    assert sweep.report().discarded == 0.0


def test_what_is_measured_in_the_middle_has_no_value() -> None:
    with pytest.raises(NotImplementedError):
        swept(circuits()[0], False, np.zeros((1, 0))).values(0, [{"ZZZZ": 1.0}])
