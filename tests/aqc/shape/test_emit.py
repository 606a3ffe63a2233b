import numpy as np
import pytest
from aqc.dense import blocks_vector, circuit_vector, random_blocks, random_gates, turned
from qiskit.quantum_info import Statevector

from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import BASES, controlled_reflection, to_circuit
from qtn.errors import ArgumentError

MIXED = Ansatz(5, (Layer((0, 1, 3), True), Layer((0, 2, 3), False)))


def two_qubit_gates(circuit):
    return sum(len(i.qubits) == 2 for i in circuit.data)


@pytest.mark.parametrize(
    "shape", [brickwall_shape(5, 3), staircase_shape(5, 2), staircase_shape(2, 1), MIXED]
)
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("real", [False, True])
def test_circuits_prepare_the_state_with_its_phase(shape, basis, real):
    rng = np.random.default_rng(0)
    gates = random_gates(rng, shape.size, real)
    circuit = to_circuit(Blocks.of(shape, gates), basis)
    found = turned(Statevector(circuit).data)
    assert np.allclose(found, circuit_vector(shape, gates), atol=1e-11)
    assert set(circuit.count_ops()) <= {basis, "u", "ry"}


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("seed", range(4))
def test_blocks_on_any_sites_are_written_there(basis, seed):
    blocks = random_blocks(np.random.default_rng(seed), 5, 9)
    circuit = to_circuit(blocks, basis)
    assert np.allclose(turned(Statevector(circuit).data), blocks_vector(blocks), atol=1e-11)
    used = {frozenset(circuit.find_bit(q).index for q in i.qubits) for i in circuit.data}
    assert {pair for pair in used if len(pair) == 2} <= {frozenset(s) for s, _ in blocks.gates}


@pytest.mark.parametrize("basis", BASES)
def test_special_gates_are_recognised(basis):
    shape = Ansatz(3, (Layer((0,)), Layer((1,)), Layer((0,)), Layer((1,))))
    cx, swap = np.eye(4)[[0, 1, 3, 2]], np.eye(4)[[0, 2, 1, 3]]
    gates = np.array([np.kron([[0, 1], [1, 0]], np.eye(2)), cx, swap, np.eye(4)], complex)
    circuit = to_circuit(Blocks.of(shape, gates), basis)
    found = turned(Statevector(circuit).data)
    assert np.allclose(found, circuit_vector(shape, gates), atol=1e-11)
    assert two_qubit_gates(circuit) <= 4


@pytest.mark.parametrize(("real", "count"), [(False, 1 + 2 + 2 + 3 + 3 + 3), (True, 1 + 5 * 2)])
def test_fresh_qubits_and_real_gates_save_cx(real, count):
    shape = staircase_shape(4, 2)
    circuit = to_circuit(Blocks.of(shape, random_gates(np.random.default_rng(1), 6, real)))
    assert two_qubit_gates(circuit) == count


def test_one_cx_per_block_in_the_first_brickwall_layer():
    shape = brickwall_shape(8, 2)
    circuit = to_circuit(
        Blocks.of(shape, random_gates(np.random.default_rng(2), shape.size, False))
    )
    assert two_qubit_gates(circuit) == 4 * 1 + 3 * 3


def test_a_product_state_takes_no_two_qubit_gate():
    rng = np.random.default_rng(3)
    local = [np.linalg.qr(rng.normal(size=(2, 2)))[0] for _ in range(4)]
    gates = np.array([np.kron(local[0], local[1]), np.kron(local[2], local[3])])
    circuit = to_circuit(Blocks.of(staircase_shape(3, 1), gates))
    assert two_qubit_gates(circuit) == 0


def test_a_thousand_real_blocks_lose_no_precision():
    rng = np.random.default_rng(4)
    shape = Ansatz(2, (Layer((0,)),) * 200)
    gates = random_gates(rng, 200, True)
    found = turned(Statevector(to_circuit(Blocks.of(shape, gates), "cz")).data)
    assert np.allclose(found, circuit_vector(shape, gates), atol=1e-9)


@pytest.mark.parametrize("first", [False, True])
def test_a_block_on_a_fresh_qubit_may_take_one_cx(first):
    rng = np.random.default_rng(7)
    local = [
        np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0] for _ in range(4)
    ]
    cx = np.eye(4)[[0, 1, 3, 2]] if not first else np.eye(4)[[0, 3, 2, 1]]
    hidden = np.kron(local[0], local[1]) @ cx @ np.kron(local[2], local[3])
    # What the block does to |1> on the fresh qubit is noise that hides its class.
    mix = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0]
    kept, free = ([0, 1], [2, 3]) if first else ([0, 2], [1, 3])
    gate = hidden.copy()
    gate[:, free] = hidden[:, free] @ mix
    found = controlled_reflection(gate, first)
    assert np.allclose(found[:, kept], gate[:, kept], atol=1e-12)
    assert np.allclose(found.conj().T @ found, np.eye(4), atol=1e-12)
    shape = Ansatz(3, (Layer((1,)), Layer((0,)))) if first else staircase_shape(3, 1)
    gates = np.array([random_gates(rng, 1, False)[0], gate])
    circuit = to_circuit(Blocks.of(shape, gates))
    assert two_qubit_gates(circuit) == 2
    assert np.allclose(turned(Statevector(circuit).data), circuit_vector(shape, gates), atol=1e-11)


def test_a_general_block_on_a_fresh_qubit_takes_two():
    gate = random_gates(np.random.default_rng(8), 1, False)[0]
    assert controlled_reflection(gate, False) is None
    assert controlled_reflection(np.eye(4, dtype=complex), True) is None


def test_unknown_basis_is_refused():
    with pytest.raises(ArgumentError, match="`basis` must be one of 'cx', 'cz', 'ecr', 'rzz'"):
        to_circuit(Blocks.of(staircase_shape(2, 1), np.eye(4)[None]), "iswap")


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("pair", [(1, 2), (2, 1)])
def test_a_state_carried_past_zero_leaves_zero_behind(basis, pair):
    rng = np.random.default_rng(6)
    one = [random_gates(rng, 2, False) for _ in range(2)]
    carry = random_locals(rng) @ np.eye(4)[[0, 2, 1, 3]] @ random_locals(rng)
    gates = [((0, 1), one[0][0]), (pair, carry), ((1, 2), one[1][0])]
    blocks = Blocks(3, gates)
    circuit = to_circuit(blocks, basis)
    assert np.allclose(turned(Statevector(circuit).data), blocks_vector(blocks), atol=1e-11)
    assert two_qubit_gates(circuit) == two_qubit_gates(to_circuit(Blocks(3, gates[:1]), basis)) + 4


def random_locals(rng):
    """Return two one-qubit unitaries side by side."""
    matrices = rng.normal(size=(2, 2, 2)) + 1j * rng.normal(size=(2, 2, 2))
    return np.kron(*(np.linalg.qr(m)[0] for m in matrices))
