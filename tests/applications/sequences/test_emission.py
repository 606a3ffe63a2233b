"""Circuits of sentences: their outcomes have the network's probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from sentences import SHAPES, drawn

from qtn.applications.sequences.architecture import Architecture
from qtn.applications.sequences.emission import Parts, _schmidt_angles
from qtn.hybrid.forms.channels import exact_distribution


def parts_of(network: Any) -> Parts:
    return Parts(network.shape, network.states().numpy(), network.unitaries().numpy(), network.read)


def measured(circuit: Any) -> Any:
    """Return the probabilities of "label" together with 0 in every bit of "zero"."""
    where = {
        circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
        for i in circuit.data if i.operation.name == "measure"
    }  # fmt: skip
    bare = circuit.remove_final_measurements(inplace=False)
    weights = Statevector(bare).probabilities()
    bits = np.arange(len(weights))[:, None] >> [where[k] for k in sorted(where)] & 1
    label = circuit.cregs[0].size
    kept = ~bits[:, label:].any(axis=1)
    return np.bincount(bits[kept, :label] @ 2 ** np.arange(label), weights[kept], 2**label)


@pytest.mark.parametrize(("arch", "sharing", "closure", "wires", "memory"), SHAPES)
def test_probabilities_are_the_networks(
    arch: str, sharing: str, closure: str, wires: int, memory: int
) -> None:
    network = drawn(Architecture(arch, sharing, closure, wires, memory, 5), read=min(2, memory))
    parts = parts_of(network)
    for length in (1, 2, 5) if closure == "discard" else (1, 2, 4):
        codes = np.random.default_rng(length).integers(0, 4, (2, length))
        p, logs = network.outcomes(torch.from_numpy(codes))
        for row, expected in zip(parts.values(codes), p * logs.exp()[:, None], strict=True):
            circuit = parts.circuit(length).assign_parameters(row)
            if closure == "discard":
                found = exact_distribution(circuit, np.zeros((1, 0)))[0]
            else:
                found = measured(circuit)
            assert np.abs(found - expected.numpy()).max() < 1e-12


def test_without_reset_it_is_the_same_distribution_on_more_qubits() -> None:
    network = drawn(Architecture("tree", "level", "discard", 1, 1, 6))
    parts, codes = parts_of(network), np.array([[0, 1, 2, 3, 0, 1]])
    values = parts.values(codes)[0]
    short, long = (parts.circuit(6, reset).assign_parameters(values) for reset in (True, False))
    assert (short.num_qubits, long.num_qubits) == (3, 6)
    assert "reset" not in long.count_ops()
    both = [exact_distribution(c, np.zeros((1, 0)))[0] for c in (short, long)]
    assert np.abs(both[0] - both[1]).max() < 1e-13


def test_192_letters_take_8_qubits_and_381_cx() -> None:
    """96 pairs of one CX, 95 boxes of three: depth first, discarded wires used again."""
    parts = parts_of(drawn(Architecture("tree", "uniform", "discard", 1, 1, 192)))
    circuit = parts.circuit(192)
    assert circuit.num_qubits == 8
    assert circuit.count_ops()["cx"] == 381


def test_a_path_takes_two_qubits_however_long() -> None:
    parts = parts_of(drawn(Architecture("path", "uniform", "discard", 1, 1, 3000)))
    circuit = parts.circuit(1500)
    assert circuit.num_qubits == 2
    assert circuit.count_ops()["cx"] == 1 + 3 * 1498


def test_angles_of_a_two_qubit_state() -> None:
    rng = np.random.default_rng(0)
    special = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 1j, 0], [1, 0, 0, -1], [1, 1, 1, 1]]
    states = [*rng.normal(size=(6, 4, 2)) @ [1, 1j], *np.array(special, dtype=complex)]
    for psi in states:
        psi = psi / np.linalg.norm(psi)
        alpha, a, b, c, d, e = _schmidt_angles(psi.reshape(2, 2))
        circuit = QuantumCircuit(2)  # qubit 1 leads, as in Qiskit's labels
        circuit.ry(alpha, 1)
        circuit.cx(1, 0)
        circuit.u(a, b, c, 1)
        circuit.u(d, e, 0, 0)
        assert abs(abs(np.vdot(Statevector(circuit).data, psi)) - 1) < 1e-14
