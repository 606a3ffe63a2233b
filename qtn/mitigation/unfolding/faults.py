r"""What the faults of a circuit's gates do to its outcomes.

A Pauli fault F before a gate is the Pauli F' = V F V† at the end of the circuit, V the gates that
follow; measured in Z, its X and Y letters flip bits: outcome y becomes y ⊕ m(F'). If every V maps
Paulis to Paulis (a Clifford circuit), the outcomes are those of the ideal circuit, flipped by
independent random patterns, one per gate:

    p_noisy = N ∗ p_ideal,    N = D_1 ∗ D_2 ∗ …,    D_g(m) = Σ_P p_g(P) [m(P') = m],

∗ the convolution over ⊕. A gate that is no Clifford maps P to Σ_Q R_QP Q with Σ_Q R_QP² = 1; the
fault is then followed along Q with probability R_QP², which leaves the interference of the branches
out. Neighbouring one-qubit gates are multiplied first, so that rotations which make a Clifford gate
together branch nowhere; of the last ones only matters whether the fault flips the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.devices import Transpiled
from qtn.interop.circuits import operation_matrix
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.values.pauli_noise import COMMUTATION, PAIRS, Key, PauliNoise, key_of
from qtn.states.operators import FACTORS

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Masks = NDArray[np.uint64]
LETTERS = "IXYZ"
ONE = np.array([FACTORS[letter] for letter in LETTERS], dtype=np.complex128)
TWO = np.array([np.kron(second, first) for first in ONE for second in ONE])  # 4 first + second
SIGNS = 1 - 2 * np.pad(COMMUTATION, ((1, 0), (1, 0)))  # [P, Q]: -1 where they anticommute
CODES = np.array([[LETTERS.index(letter) for letter in pair] for pair in PAIRS])
SHARP = 1e-9  # a branch that is this close to certain is taken


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Flip patterns of the faults of every noisy gate.

    Args:
        n: measured bits.
        masks: per gate, the different patterns (bit i is bit i of the outcome).
        chances: per gate, the probability of each; the rest is no flip.
        certain: whether every fault flips one pattern on all its branches. Then it is, at the end,
            these flips times a diagonal unitary, and the convolution is exact, also in circuits
            that are not Clifford.
    """

    n: int
    masks: tuple[Masks, ...]
    chances: tuple[Floats, ...]
    certain: bool

    @property
    def none(self) -> float:
        """Probability that no gate flips anything."""
        return float(np.prod([1 - c.sum() for c in self.chances]))


def faults_of(
    native: Transpiled, noise: PauliNoise | None, branches: int, rng: np.random.Generator
) -> Faults:
    """Follow the faults of all two-qubit gates to the end of a circuit.

    Args:
        native: native gates without measurements.
        noise: rates of its two-qubit gates; None where it has none.
        branches: paths that are drawn for every fault (one decides in Clifford circuits).
        rng: generator of the paths.

    Cost: gates × 15 × gates × branches table look-ups, vectorised; memory 15 × gates × branches
        × qubits bytes.
    """
    steps = list(_steps(native))
    used = sorted({q for step in steps for q in step.qubits} | set(native.qubits))
    column = {q: k for k, q in enumerate(used)}
    per_fault = 1 if all(_is_sharp(step.table) for step in _after_noise(steps)) else branches
    rows = np.zeros((0, len(used)), dtype=np.int8)
    chances = []
    for step in steps:
        places = [column[q] for q in step.qubits]
        if step.key is not None and noise is not None:
            fresh = np.zeros((len(PAIRS) * per_fault, len(used)), dtype=np.int8)
            fresh[:, places] = np.repeat(CODES, per_fault, axis=0)
            rows = np.concatenate([rows, fresh])
            fidelities = noise.fidelities(*step.key)
            chances.append(np.repeat((SIGNS @ fidelities)[1:] / 16, per_fault) / per_fault)
        moved = _drawn(_joined(rows[:, places]), step.table, rng)
        rows[:, places] = np.stack([moved // 4, moved % 4], 1)[:, -len(places) :]
    columns = [column[q] for q in native.qubits]
    flips = (rows[:, columns] == 1) | (rows[:, columns] == 2)
    return _gathered(flips, chances, per_fault)


def branch_table(matrix: NDArray[np.complex128]) -> Floats:
    """Return the probabilities R_QP² (P, Q) with which a gate maps Pauli P to Q.

    Args:
        matrix: (2, 2) or (4, 4), the first qubit least significant.

    Example:
        >>> hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        >>> branch_table(hadamard)[1].round(12)  # X becomes Z
        array([0., 0., 0., 1.])
    """
    paulis = ONE if len(matrix) == 2 else TWO
    moved = matrix @ paulis @ matrix.conj().T
    overlaps = np.einsum("qab,pba->pq", paulis, moved) / len(matrix)
    return np.abs(overlaps) ** 2


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A gate: its branches, its qubits, and its key in a noise model if it has two of them."""

    table: Floats
    qubits: tuple[int, ...]
    key: Key | None = None


def _steps(native: Transpiled) -> Iterator[_Step]:
    """Yield the gates in time order, neighbouring one-qubit gates as one."""
    circuit, waiting = native.circuit, dict[int, NDArray[np.complex128]]()
    for instruction in circuit.data:
        if instruction.operation.name in ("barrier", "delay", "id"):
            continue
        qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        matrix = operation_matrix(instruction.operation)
        if not is_two_qubit(instruction):
            before = waiting.get(qubits[0], np.eye(2, dtype=np.complex128))
            waiting[qubits[0]] = np.asarray(matrix @ before, dtype=np.complex128)
            continue
        for q in qubits:
            if q in waiting:
                yield _Step(branch_table(waiting.pop(q)), (q,))
        yield _Step(branch_table(matrix), qubits, key_of(circuit, instruction))
    for q, matrix in waiting.items():
        yield _Step(_flips_alone(branch_table(matrix)), (q,))


def _flips_alone(table: Floats) -> Floats:
    """Join the images that flip an outcome (X, Y), and those that do not (I, Z)."""
    joined = np.zeros_like(table)
    joined[:, 0], joined[:, 1] = table[:, 0] + table[:, 3], table[:, 1] + table[:, 2]
    return joined


def _after_noise(steps: Sequence[_Step]) -> Sequence[_Step]:
    """Return the gates that a fault can meet: from the first two-qubit gate on."""
    first = next((k for k, step in enumerate(steps) if step.key is not None), len(steps))
    return steps[first:]


def _is_sharp(table: Floats) -> bool:
    return bool((table.max(axis=1) > 1 - SHARP).all())


def _joined(codes: NDArray[np.int8]) -> Codes:
    wide = codes.astype(np.int64)
    return wide[:, 0] if codes.shape[1] == 1 else 4 * wide[:, 0] + wide[:, 1]


def _drawn(codes: Codes, table: Floats, rng: np.random.Generator) -> Codes:
    """Draw the image of every Pauli; certain where the gate is a Clifford gate."""
    if _is_sharp(table):
        return table.argmax(axis=1)[codes]
    ends = table.cumsum(axis=1)[codes]
    points = rng.random(len(codes)) * ends[:, -1]
    return np.asarray((ends <= points[:, None]).sum(axis=1).clip(max=len(table) - 1))


def _gathered(flips: NDArray[np.bool_], chances: Sequence[Floats], branches: int) -> Faults:
    """Add up the chances of equal patterns, gate by gate; those without a flip are left out."""
    n, start = flips.shape[1], 0
    packed = pack_bits(flips)
    masks, totals = [], []
    for own in chances:
        found, index = np.unique(packed[start : start + len(own)], return_inverse=True)
        sums = np.bincount(index, own, len(found)).astype(np.float64)
        kept = (found > 0) & (sums > 0)
        masks.append(found[kept])
        totals.append(sums[kept])
        start += len(own)
    certain = bool((np.ptp(packed.reshape(-1, branches), axis=1) == 0).all())
    return Faults(n, tuple(masks), tuple(totals), certain)


def pack_bits(bits: NDArray[np.bool_]) -> Masks:
    """Return rows of at most 63 bits as numbers; column i is bit i.

    Example:
        >>> pack_bits(np.array([[True, False, True]]))
        array([5], dtype=uint64)
    """
    shifts = np.arange(bits.shape[1], dtype=np.uint64)
    return np.asarray((bits.astype(np.uint64) << shifts).sum(axis=1, dtype=np.uint64))
