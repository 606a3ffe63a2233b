"""Gates are the products of their parts, with as few rotations as they need."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator, random_clifford, random_unitary
from scipy.linalg import expm

from qtn.states.pauli_sums import gate_split as gs

STANDARD = {
    name: gate
    for name, gate in get_standard_gate_name_mapping().items()
    if gate.num_qubits in (1, 2) and gate.num_clbits == 0 and name not in ("delay", "reset")
}
ANGLES = (0.3, -1.1, 0.7, 2.5)
# rotations that are left of gates with the angles above
COUNTS = {"rx": 1, "rzz": 1, "t": 1, "h": 0, "cx": 0, "ecr": 0, "iswap": 0, "cp": 3, "cs": 3,
          "crx": 2, "rzx": 1, "ch": 6, "u3": 3, "xx_plus_yy": 6, "csx": 3}  # fmt: skip


def _matrix(name: str) -> np.ndarray:
    gate = STANDARD[name].to_mutable()
    gate.params = list(ANGLES[: len(gate.params)])
    return Operator(gate).data


def _heisenberg(parts, operator):
    """Carry an operator through parts, the last one first."""
    size = len(operator)
    qubits = size.bit_length() - 1
    for part in reversed(parts):
        if isinstance(part, gs.Rotation):
            string = gs.local_string(part.letters)
            turn = np.cos(part.angle / 2) * np.eye(size) - 1j * np.sin(part.angle / 2) * string
            operator = turn.conj().T @ operator @ turn
            continue
        out = np.zeros_like(operator)
        for letters in np.ndindex((4,) * qubits):
            weight = np.trace(gs.local_string(letters) @ operator) / size
            if abs(weight) > 1e-15:
                out += weight * _image(part, letters)
        operator = out
    return operator


def _image(clifford, letters):
    """Return the image of i^{xz} X^x Z^z … under a Clifford."""
    size, power = 2 ** len(letters), 0
    out = np.eye(size, dtype=complex)
    for qubit, letter in enumerate(letters):
        power += (letter & 1) & (letter >> 1)
        for wanted, place in ((letter & 1, 2 * qubit), (letter >> 1, 2 * qubit + 1)):
            if wanted:
                x, z, sign = clifford.images[place]
                own = tuple((x >> q & 1) + 2 * (z >> q & 1) for q in range(len(letters)))
                out = out @ gs.local_string(own) * (-1) ** sign
    return 1j**power * out


def _check(matrix):
    parts = gs.split_gate(matrix)
    rng = np.random.default_rng(1)
    operator = rng.normal(size=matrix.shape) + 1j * rng.normal(size=matrix.shape)
    operator += operator.conj().T
    wanted = matrix.conj().T @ operator @ matrix
    assert _heisenberg(parts, operator) == pytest.approx(wanted, abs=1e-12)
    return sum(
        abs(p.angle - gs.quarters(p.angle) * np.pi / 2) > gs.NONE
        for p in parts
        if isinstance(p, gs.Rotation)
    )


@pytest.mark.parametrize("name", STANDARD)
def test_standard_gates(name):
    count = _check(_matrix(name))
    assert count <= COUNTS.get(name, 15)


@pytest.mark.parametrize("qubits", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_any_gate(qubits, seed):
    count = _check(random_unitary(2**qubits, seed=seed).data)
    assert count <= (3 if qubits == 1 else 15)


@pytest.mark.parametrize("seed", range(6))
def test_cliffords_are_recognised_whatever_their_phase(seed):
    matrix = np.exp(0.3j * seed) * random_clifford(1 + seed % 2, seed=seed).to_matrix()
    assert _check(matrix) == 0
    assert isinstance(gs.split_gate(matrix)[0], gs.Clifford)


@pytest.mark.parametrize("angle", [1e-6, 1e-8, 1e-11])
def test_what_is_almost_a_clifford_is_none(angle):
    turned = np.diag(np.exp(1j * angle * np.array([1, -1, -1, 1])))
    assert _check(Operator(STANDARD["cx"]).data @ turned) >= 1


@pytest.mark.parametrize("mixture", gs.MIXTURES)
def test_phases_that_look_alike_in_a_mixture_are_told_apart(mixture):
    xx, yy, zz = (gs.local_string((letter, letter)) for letter in (1, 3, 2))
    core = expm(1j * (mixture / 2 * xx + 0.7 * yy + 0.2 * zz))
    before, after = (
        np.kron(random_unitary(2, seed=k).data, random_unitary(2, seed=k + 1).data) for k in (0, 2)
    )
    assert _check(after @ core @ before) <= 15


def test_what_is_almost_a_product_is_none():
    core = expm(3e-13j * gs.local_string((2, 2)))
    product = np.kron(random_unitary(2, seed=0).data, random_unitary(2, seed=1).data)
    left = np.kron(random_unitary(2, seed=2).data, random_unitary(2, seed=3).data)
    parts = gs.split_gate(product @ core @ left)
    assert sum(isinstance(p, gs.Rotation) and 0 not in p.letters for p in parts) >= 1


def test_products_and_degenerate_gates():
    z = np.diag([1.0, np.exp(0.4j)])
    assert _check(np.kron(z, z)) == 2
    assert _check(np.eye(4)) == 0
    assert _check(np.kron(random_unitary(2, seed=0).data, np.eye(2))) <= 3


@pytest.mark.parametrize("name", ["rx", "ry", "rz"])
@pytest.mark.parametrize("seed", range(5))
def test_a_rotation_between_cliffords_stays_one(name, seed):
    before, after = (random_clifford(1, seed=k).to_matrix() for k in (seed, seed + 50))
    assert _check(after @ _matrix(name) @ before) == 1
