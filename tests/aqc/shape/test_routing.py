"""Routing: the same state on coupled qubits, for few two-qubit gates."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_tree
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Statevector, random_unitary
from qiskit.transpiler import CouplingMap

import qtn
from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.couplings import Couplings, heavy_hex, line
from qtn.aqc.shape.emit import to_circuit
from qtn.aqc.shape.routing import Routed, route_circuit
from qtn.errors import ArgumentError


def random_blocks(n: int, pairs: list[tuple[int, int]], seed: int) -> Blocks:
    rng = np.random.default_rng(seed)
    gates = [(pair, random_unitary(4, seed=rng).data) for pair in pairs]
    return Blocks(n, [*gates, ((0,), random_unitary(2, seed=rng).data)])


def on_sites(found: Routed) -> np.ndarray:
    """Amplitudes of the sites, all other qubits in |0⟩."""
    vector = Statevector(found.circuit).data.reshape((2,) * found.circuit.num_qubits)
    axes = [vector.ndim - 1 - qubit for qubit in found.sites]
    rest = [a for a in range(vector.ndim) if a not in axes]
    return vector.transpose(*rest, *reversed(axes)).reshape(2 ** len(rest), -1)[0]


def assert_coupled(found: Routed, device: Couplings) -> None:
    for item in found.circuit.data:
        if len(item.qubits) == 2:
            places = [found.circuit.find_bit(q).index for q in item.qubits]
            a, b = sorted(found.device_qubits[p] for p in places)
            assert (a, b) in device.pairs


DEVICES = [
    line(6),
    heavy_hex(6),
    Couplings.of(7, [(0, k) for k in range(1, 7)]),
    Couplings.of(9, [(5, 3), (3, 7), (7, 1), (1, 0), (0, 8), (8, 5), (2, 4)]),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("basis", ["cx", "rzz"])
def test_the_same_state_on_coupled_qubits(device: Couplings, seed: int, basis: str) -> None:
    rng = np.random.default_rng(seed)
    pairs = [tuple(map(int, rng.choice(6, 2, replace=False))) for _ in range(9)]
    blocks = random_blocks(6, pairs, seed)
    found = route_circuit(blocks, basis, device, seed)
    assert_coupled(found, device)
    overlap = np.vdot(Statevector(to_circuit(blocks)).data, on_sites(found))
    assert abs(overlap) == pytest.approx(1.0, abs=1e-11)
    assert len(set(found.sites)) == 6


def test_a_swap_past_zero_takes_two_and_one_beside_a_block_one_more() -> None:
    blocks = random_blocks(3, [(0, 1), (0, 2), (1, 2)], 0)
    whole = to_circuit(blocks)
    found = route_circuit(blocks, "cx", line(3), 0)
    assert found.whole == (whole.count_ops()["cx"], whole.depth(lambda i: len(i.qubits) == 2))
    assert found.two_qubit_gates <= found.whole[0] + 1  # the block of three takes a swap for none


def test_what_is_on_neighbours_stays_as_it_is() -> None:
    short = qtn.compile(qtn.MPS.product([[1, 1]] * 6).normalised(), qtn.Brickwall(2, steps=1))
    found = short.routed("line")
    assert (found.swaps, found.two_qubit_gates) == (0, short.two_qubit_gates)


def test_names_of_leaves_do_not_matter_and_qiskit_needs_more() -> None:
    state = random_tree(4, 4, 0)
    name = [int(k) for k in np.random.default_rng(5).permutation(16)]
    pairs = tuple(tuple(name[c] if c < 16 else c for c in pair) for pair in state.pairs)
    shape = tree_target(qtn.TTN(state.tensors, pairs), beside=True).shape.filled(1.05)
    entanglers = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(0))
    blocks = shape.blocks(plain(unitary(entanglers), False))
    found = route_circuit(blocks, "cx", line(16), 0)
    lattice = CouplingMap.from_line(16)
    theirs = [
        transpile(
            to_circuit(blocks), coupling_map=lattice, basis_gates=["cx", "u"], optimization_level=3,
            seed_transpiler=seed,
        ).count_ops()["cx"]
        for seed in range(3)
    ]  # fmt: skip
    assert found.whole[0] == 172
    assert found.two_qubit_gates <= 190 < min(theirs)
    assert route_circuit(blocks, "cx", heavy_hex(16), 0).two_qubit_gates <= 182


def test_measured_bits_are_sites() -> None:
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    cx = np.eye(4)[[0, 1, 3, 2]]
    ring = Blocks(
        4, [((0,), flip), ((0, 2), cx), ((2, 1), cx), ((1, 2), cx), ((3, 2), cx), ((0, 3), cx)]
    )
    whole = to_circuit(ring)
    whole.measure_all()
    expected = qtn.run(whole, shots=10).counts()
    found = route_circuit(ring, "cx", line(4), 0)
    assert qtn.run(found.measured(), shots=10).counts() == expected
    assert repr(found).startswith("Routed(4 sites, ")
    assert "all qubits coupled: " in repr(found)


def test_through_the_result() -> None:
    short = qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(layers=1))
    assert short.routed().two_qubit_gates == 1
    assert isinstance(short.routed([(4, 7), (7, 5)]).measured(), QuantumCircuit)
    assert set(short.routed([(4, 7), (7, 5)]).device_qubits) <= {4, 5, 7}
    assert short.routed("FakeManilaV2").two_qubit_gates == 1
    with pytest.raises(ArgumentError, match=r"is 'ring', which is no known device"):
        short.routed("ring")
    with pytest.raises(ArgumentError, match="`seed`"):
        short.routed("line", seed=-1)
