"""Circuits sampled on few qubits: the same outcomes, as few qubits as the memory needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from aqc.random_states import random_chain, random_tree
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.shape.reuse import Reused, on_few_qubits


def random_circuit(n: int, pairs: list[tuple[int, int]], seed: int) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for a, b in pairs:
        for site in (a, b):
            circuit.u(*rng.uniform(0, 3, 3), site)
        circuit.cx(a, b)
    return circuit


def exact(circuit: QuantumCircuit) -> np.ndarray:
    """Probabilities of the classical bits, followed through measurements and resets."""
    branches = {0: Statevector.from_int(0, 2**circuit.num_qubits)}
    for item in circuit.data:
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        if item.operation.name not in ("measure", "reset"):
            branches = {b: v.evolve(item.operation, qubits) for b, v in branches.items()}
            continue
        split: dict[int, Statevector] = {}
        for bits, vector in branches.items():
            for outcome in (0, 1):
                index = np.arange(vector.dim) >> qubits[0] & 1
                kept = Statevector(np.where(index == outcome, vector.data, 0))
                if np.linalg.norm(kept.data) < 1e-12:
                    continue
                if item.operation.name == "measure":
                    split[bits | outcome << circuit.find_bit(item.clbits[0]).index] = kept
                else:
                    assert bits not in split  # measured before: nothing is left to chance
                    flip = QuantumCircuit(1)
                    if outcome:
                        flip.x(0)
                    split[bits] = kept.evolve(flip, qubits)
        branches = split
    found = np.zeros(2**circuit.num_clbits)
    for bits, vector in branches.items():
        found[bits] = np.linalg.norm(vector.data) ** 2
    return found


STAIRS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(
    ("n", "pairs", "qubits"),
    [
        (6, STAIRS, 2),
        (6, STAIRS[::-1], 2),
        (6, [(0, 1), (2, 3), (4, 5), (1, 2), (3, 4)], 3),
        (6, [(2, 3), (1, 2), (3, 4), (0, 1), (4, 5)], 3),
        (7, [(0, 3), (0, 1), (3, 5), (1, 2), (5, 6)], 3),  # a tree; site 4 idle
        (4, [(0, 1), (1, 2), (2, 3), (3, 0)], 4),
        (3, [], 1),
    ],
)
def test_same_outcomes_on_few_qubits(n: int, pairs: list[tuple[int, int]], qubits: int) -> None:
    whole = random_circuit(n, pairs, 3)
    few = on_few_qubits(whole)
    assert few.num_qubits <= qubits
    assert few.num_clbits == n
    assert few.count_ops().get("measure", 0) == n
    assert few.count_ops().get("reset", 0) == n - few.num_qubits
    assert np.allclose(exact(few), np.abs(Statevector(whole).data) ** 2, atol=1e-12)


@pytest.mark.parametrize(("bond", "qubits"), [(2, 2), (4, 3), (8, 4)])
def test_a_chain_takes_its_memory_and_one_more(bond: int, qubits: int) -> None:
    short = qtn.compile(random_chain(14, bond, 0), qtn.aqc.Window(steps=2, tries=1))
    few = short.reused()
    assert (few.qubits, few.resets) == (qubits, 14 - qubits)
    assert few.two_qubit_gates == short.two_qubit_gates
    assert few.two_qubit_depth >= short.two_qubit_depth


def test_a_tree_takes_few_qubits_per_level() -> None:
    short = qtn.compile(random_tree(5, 2, 0), qtn.aqc.Tree(steps=2, tries=1))
    assert short.reused().qubits <= 6


def test_the_bound_of_the_bias() -> None:
    few = Reused(random_circuit(2, [(0, 1)], 0), 1e-4)
    assert (few.bias, few.shots_to_bias) == pytest.approx((1e-2, 2500))
    assert Reused(few.circuit, 0.0).shots_to_bias == math.inf
    assert repr(qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(layers=1)).reused()).startswith(
        "Reused(2 sites on 2 qubits, 0 resets, 1 two-qubit gates, bias at most "
    )


@pytest.mark.parametrize("device", ["aer", "tensor", "FakeManilaV2"])
def test_it_runs_and_bits_are_sites(device: str) -> None:
    whole = QuantumCircuit(5)
    whole.x([0, 2])
    whole.cx(0, 1)
    whole.cx(0, 1)
    few = on_few_qubits(whole)
    assert few.num_qubits == 2
    counts = qtn.run(few, device=device, shots=200, seed=0).counts()
    assert max(counts, key=counts.__getitem__) == "00101"


def test_marginals_and_pairs_within_five_sigma() -> None:
    state = random_chain(10, 4, 1)
    few = qtn.compile(state, qtn.aqc.Window(1.1), min_fidelity=1 - 1e-6).reused()
    assert few.qubits == 3
    shots = 4000
    counts = qtn.run(few.circuit, device="aer", shots=shots, seed=2).counts()
    weights = np.abs(state.normalised().to_dense()) ** 2
    bits = np.arange(2**10)[:, None] >> np.arange(10) & 1
    rows = np.array([[int(c) for c in reversed(key)] for key in counts])
    shares = np.array(list(counts.values())) / shots
    for a, b in [(0, 0), (4, 4), (9, 9), (0, 1), (3, 7), (2, 9)]:
        p = weights[(bits[:, a] & bits[:, b]) == 1].sum()
        q = shares[(rows[:, a] & rows[:, b]) == 1].sum()
        assert abs(p - q) < 5 * math.sqrt(p * (1 - p) / shots) + few.bias
