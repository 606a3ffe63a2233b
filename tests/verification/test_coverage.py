"""What is called an estimate holds in 95 % of draws, a bound always; circuits with known values.

Free-fermion circuits (values by Pfaffians) and random Clifford circuits (values by stabilizers), of
seeds, sizes and kinds that the rule of `qtn.verification.engines.truncated` was not set on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from gaussian import covariance, pauli_label, pauli_value
from qiskit import QuantumCircuit
from qiskit.quantum_info import Clifford, Operator, Pauli, StabilizerState, random_clifford

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification import verify
from qtn.verification.limits import Limits

Rng = np.random.Generator


@dataclass
class Tally:
    """How many intervals held, of which sort, and how wide they were."""

    held: list[bool] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)
    bounds: list[bool] = field(default_factory=list)
    silent: int = 0

    def add(self, error: float, width: float, *, rigorous: bool) -> None:
        if rigorous:
            self.bounds.append(error <= width + 1e-10)
        elif np.isinf(width):
            self.silent += 1
        else:
            self.held.append(error <= width + 1e-10)
            self.width.append(width)
            self.error.append(error)

    def __str__(self) -> str:
        return (
            f"{len(self.held)} estimates, {100 * np.mean(self.held or [1]):.1f} % hold; median "
            f"half-width {np.median(self.width or [0]):.1e}, median error "
            f"{np.median(self.error or [0]):.1e}; {len(self.bounds)} bounds, "
            f"{100 * np.mean(self.bounds or [1]):.1f} % hold; {self.silent} not certified"
        )


def hopping(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Staggered start, XX + YY gates of random strength, now and then none."""
    circuit, size, noise = QuantumCircuit(n), rng.uniform(0.15, 0.5), rng.uniform(0.0, 0.5)
    circuit.x(range(int(rng.integers(2)), n, 2))
    for layer in range(depth):
        for q in range(layer % 2, n - 1, 2):
            angle = size * (1 + noise * rng.normal())
            circuit.rxx(angle, q, q + 1)
            circuit.ryy(angle, q, q + 1)
    return circuit


def anisotropic(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """XY chain with pairing in a field, quenched from all up or from random bits."""
    circuit, (a, b, h) = QuantumCircuit(n), rng.uniform(0.05, 0.5, 3)
    if rng.random() < 0.5:
        circuit.x([q for q in range(n) if rng.random() < 0.5])
    for layer in range(depth):
        for q in range(layer % 2, n - 1, 2):
            circuit.rxx(a, q, q + 1)
            circuit.ryy(-b, q + 1, q)
        circuit.rz(h * rng.uniform(0.5, 1.5), range(n))
    return circuit


def walls(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Several domain walls that melt in a random field."""
    circuit, size, field_ = QuantumCircuit(n), rng.uniform(0.2, 0.9), rng.uniform(0.0, 0.8)
    width = int(rng.integers(5, 13))
    circuit.x([q for q in range(n) if (q // width) % 2])
    for layer in range(depth):
        for q in range(layer % 2, n - 1, 2):
            circuit.rxx(size, q, q + 1)
            circuit.ryy(size, q, q + 1)
            circuit.rz(field_ * rng.normal(), q)
    return circuit


def sparse(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Few strong gates of any free-fermion kind at random places."""
    circuit = QuantumCircuit(n)
    for _ in range(depth * n // 5):
        q = int(rng.integers(n - 1))
        angles = rng.uniform(0, 1.5, 4)
        circuit.rxx(angles[0], q, q + 1)
        circuit.ryy(angles[1], q, q + 1)
        circuit.rz(angles[2], q)
        circuit.rz(angles[3], q + 1)
    return circuit


FAMILIES = (hopping, anisotropic, walls, sparse)


def words(n: int, rng: Rng) -> list[dict[int, str]]:
    """Local, far and long Pauli words."""
    found: list[dict[int, str]] = [{int(q): "Z"} for q in rng.integers(n, size=6)]
    for pair in ("ZZ", "XX", "YY", "XY", "YX"):
        q = int(rng.integers(n - 1))
        found.append({q: pair[0], q + 1: pair[1]})
    for _ in range(3):
        a, b = sorted(int(q) for q in rng.choice(n, 2, replace=False))
        found.append({a: "Z", b: "Z"})
    found.append({a: "X", **dict.fromkeys(range(a + 1, b), "Z"), b: "X"})
    found.append(dict.fromkeys(range(n), "Z"))
    for _ in range(4):
        q = int(rng.integers(n - 4))
        letters = rng.choice(list("IXYZ"), 5)
        word = {q + k: str(x) for k, x in enumerate(letters) if x != "I"}
        found += [word] if word else []
    return found


def gates_of(circuit: QuantumCircuit) -> list[tuple[tuple[int, ...], np.ndarray]]:
    return [
        (tuple(circuit.find_bit(q).index for q in item.qubits), Operator(item.operation).data)
        for item in circuit.data
    ]


def ask(circuit: QuantumCircuit, asked: list[dict[int, str]], exact: list[float], bond: int,
        tally: Tally) -> None:  # fmt: skip
    labels = [pauli_label(circuit.num_qubits, word) for word in asked]
    limits = Limits(max_bond=bond, seconds=1e5)
    try:
        check = verify(circuit, observables=labels, method="chain", limits=limits)
    except VerificationError:
        tally.silent += len(asked)
        return
    for value, truth in zip(check.values, exact, strict=True):
        tally.add(abs(value.value - truth), float(value.stderr), rigorous=check.rigorous)


def draw_free(tally: Tally, seed: int, sizes: tuple[int, int], bonds: tuple[int, ...]) -> None:
    rng = np.random.default_rng([seed, 77])
    n, depth = int(rng.integers(*sizes)), int(rng.integers(8, 41))
    circuit = FAMILIES[seed % len(FAMILIES)](n, depth, rng)
    asked = words(n, rng)
    gamma = covariance(n, gates_of(circuit))
    exact = [pauli_value(gamma, word) for word in asked]
    ask(circuit, asked, exact, int(rng.choice(bonds)), tally)


def draw_clifford(tally: Tally, seed: int, bonds: tuple[int, ...]) -> None:
    """Random two-qubit Cliffords; values on stabilizers of the state and at random."""
    rng = np.random.default_rng([seed, 78])
    n = int(rng.integers(40, 101))
    circuit, rate = QuantumCircuit(n), rng.uniform(0.1, 0.9)
    for layer in range(int(rng.integers(8, 41))):
        for q in range(layer % 2, n - 1, 2):
            if rng.random() < rate:
                gate = random_clifford(2, seed=int(rng.integers(2**31)))
                circuit.append(gate.to_instruction(), [q, q + 1])
    state = StabilizerState(Clifford(circuit))
    stabilizers = list(state.clifford.to_labels(mode="S"))
    chosen = [str(x)[1:] for x in rng.choice(stabilizers, 6)]
    asked = [{k: x for k, x in enumerate(reversed(label)) if x != "I"} for label in chosen]
    asked += words(n, rng)
    exact = [float(state.expectation_value(Pauli(pauli_label(n, word))).real) for word in asked]
    ask(circuit, asked, exact, int(rng.choice(bonds)), tally)


def test_estimates_hold_for_free_fermions() -> None:
    tally = Tally()
    for seed in range(16):
        draw_free(tally, seed, (40, 49), (16, 24))
    assert len(tally.held) >= 60, tally
    assert np.mean(tally.held) >= 0.95, tally
    assert all(tally.bounds), tally


def test_clifford_values_are_right_or_not_certified() -> None:
    tally = Tally()
    for seed in range(6):
        draw_clifford(tally, seed, (16, 32))
    assert all(tally.held), tally
    assert all(tally.bounds), tally
    assert tally.silent + len(tally.bounds) > 0


@pytest.mark.slow
def test_estimates_hold_on_long_runs() -> None:
    free, clifford = Tally(), Tally()
    for seed in range(1000, 1240):
        draw_free(free, seed, (40, 101), (16, 24, 32, 48, 64))
    for seed in range(1000, 1060):
        draw_clifford(clifford, seed, (16, 32, 64))
    assert np.mean(free.held) >= 0.95, free
    assert all(free.bounds), free
    assert np.mean(clifford.held or [1.0]) >= 0.95, clifford
    assert all(clifford.bounds), clifford


def undone(n: int, depth: int, rng: Rng) -> tuple[QuantumCircuit, MPS, float]:
    """Gates, almost undone, on a basis state; with that state and the exact fidelity.

    One particle moves by a unitary u per gate, so the overlap of N particles is a determinant.
    """
    circuit, one = QuantumCircuit(n), np.eye(n, dtype=complex)
    filled = [q for q in range(n) if rng.random() < 0.5]
    circuit.x(filled)
    size, error = rng.uniform(0.2, 0.5), rng.uniform(0.0, 0.06)
    angles = [(q, size) for layer in range(depth) for q in range(layer % 2, n - 1, 2)]
    back = [(q, -size * (1 + error * rng.normal())) for q, _ in reversed(angles)]
    for q, angle in angles + back:
        circuit.rxx(angle, q, q + 1)
        circuit.ryy(angle, q, q + 1)
        turn = [[np.cos(angle), -1j * np.sin(angle)], [-1j * np.sin(angle), np.cos(angle)]]
        one[[q, q + 1]] = np.array(turn) @ one[[q, q + 1]]
    target = MPS.product([[0.0, 1.0] if q in filled else [1.0, 0.0] for q in range(n)])
    fidelity = abs(np.linalg.det(one[np.ix_(filled, filled)])) ** 2
    return circuit, target, float(fidelity)


def draw_undone(tally: Tally, seed: int, bonds: tuple[int, ...], depth: tuple[int, int]) -> None:
    rng = np.random.default_rng([seed, 79])
    circuit, target, exact = undone(int(rng.integers(40, 61)), int(rng.integers(*depth)), rng)
    limits = Limits(max_bond=int(rng.choice(bonds)), seconds=1e5)
    try:
        check = verify(circuit, target, method="chain", limits=limits)
    except VerificationError:
        tally.silent += 1
        return
    low, high = float(check.low or 0.0), float(check.high or 0.0)
    middle, width = (low + high) / 2, (high - low) / 2
    tally.add(abs(exact - middle), width, rigorous=check.rigorous)


def test_fidelities_of_truncated_chains_hold() -> None:
    tally = Tally()
    for seed in range(8):
        draw_undone(tally, seed, (16, 24), (10, 17))
    assert len(tally.held) >= 3, tally
    assert all(tally.held), tally
    assert all(tally.bounds), tally


@pytest.mark.slow
def test_fidelities_of_truncated_chains_hold_on_long_runs() -> None:
    tally = Tally()
    for seed in range(1000, 1080):
        draw_undone(tally, seed, (16, 24, 32, 48), (6, 21))
    assert len(tally.held) >= 20, tally
    assert np.mean(tally.held) >= 0.95, tally
    assert all(tally.bounds), tally
