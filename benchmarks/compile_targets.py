"""The named targets of the compiler benchmark, made from scratch and checked.

Open chains, nearest neighbours. Product formulas of second order start and end with half a step on
the bonds (0,1), (2,3), …, and those layers are merged between steps; a "shape" is such a circuit
with few steps, every layer of it one brickwall layer of general two-qubit gates. Blocks are
numbered by their left site; the row index of a 4x4 block is 2 bit(k) + bit(k+1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.physics import TEBD, Evolution, product_state, tebd
from qtn.physics.suzuki import layers as formula
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states import MPS
from qtn.states.operators import FACTORS

Blocks = NDArray[np.complex128]
Layer = tuple[int, Blocks]

X, Z = FACTORS["X"], FACTORS["Z"]
ONE = np.eye(2, dtype=complex)
KCUF3_ANGLES = {
    50: (-0.28755065, 2.85716469, -0.07517687, 1.37030155, -0.14367152, 1.24780225, -0.45282708,
         1.33023871, -0.10755275, 1.48421526),
    10: (-0.31287304, 2.38904538, -0.51675882, 1.52578889, -0.00319859, 1.24835368),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A start circuit of two-qubit blocks on |0…0>: bonds and 4x4 matrices in time order."""

    n: int
    bonds: tuple[int, ...]
    gates: Blocks
    layers: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A target state, and the start circuit that all engines share where there is one."""

    name: str
    state: MPS
    shape: Shape | None = None

    @property
    def layers(self) -> int:
        return self.shape.layers if self.shape else 0


# --- building blocks


def exponentials(matrices: NDArray[np.complex128], factor: complex) -> Blocks:
    """Return exp(factor h) for a stack of Hermitian 4x4 matrices."""
    values, vectors = np.linalg.eigh(matrices)
    return (vectors * np.exp(factor * values)[:, None, :]) @ vectors.conj().transpose(0, 2, 1)


def trotter_layers(bonds: NDArray[np.complex128], time: float, steps: int) -> list[Layer]:
    """Second-order formula of a chain of bond Hamiltonians, merged."""
    step = time / steps
    return [(part, exponentials(bonds, -1j * step * share)) for part, share in formula(2, steps)]


def run_layers(start: MPS, sequence: Sequence[Layer], cutoff: float, max_bond: int = 0) -> MPS:
    """Apply layers of blocks to a state and normalise."""
    keeps_charge = all(_conserves(gates[part::2]) for part, gates in sequence)
    chain = tebd.open_chain(start.tensors, keeps_charge)
    for part, gates in sequence:
        clean = np.where(np.abs(gates) < 1e-15, 0.0, gates)
        tebd.apply_layer(chain, np.ascontiguousarray(clean), part, cutoff, max_bond)
    tebd.canonicalise(chain)
    return MPS(tuple(chain.arrays()))


def _conserves(gates: Blocks) -> bool:
    charge = np.array([0, 1, 1, 2])
    return bool((np.abs(gates[:, charge[:, None] != charge[None, :]]) < 1e-14).all())


def as_shape(n: int, sequence: Sequence[Layer], prepare: Sequence[NDArray] | None = None) -> Shape:
    """Flatten layers to blocks; one-qubit preparations are absorbed in the first layer."""
    bonds, gates = [], []
    for k, (part, blocks) in enumerate(sequence):
        for b in range(part, n - 1, 2):
            block = blocks[b]
            if k == 0 and prepare is not None:
                block = block @ np.kron(prepare[b], prepare[b + 1])
            bonds.append(b)
            gates.append(block)
    return Shape(n, tuple(bonds), np.array(gates), len(sequence))


def neel_gates(n: int) -> list[NDArray]:
    return [X if i % 2 else ONE for i in range(n)]


def chain_bonds(operator: SparsePauliOp) -> NDArray[np.complex128]:
    return bond_matrices(read_terms(operator))


def pauli_chain(
    n: int, x: NDArray | float, y: NDArray | float, z: NDArray | float
) -> SparsePauliOp:
    """Return sum_b x_b XX + y_b YY + z_b ZZ in Pauli matrices."""
    words = []
    for letters, values in (("XX", x), ("YY", y), ("ZZ", z)):
        each = np.broadcast_to(np.asarray(values, dtype=float), (n - 1,))
        words += [(letters, [b, b + 1], each[b]) for b in range(n - 1)]
    return SparsePauliOp.from_sparse_list(words, num_qubits=n)


def _with_origin(state: MPS, operator: SparsePauliOp, time: float, start: str, step: float) -> MPS:
    n = state.n
    origin = Evolution(
        operator, time, product_state(start, n), TEBD(2, step), step, 0.0, np.zeros(n - 1)
    )
    return MPS(state.tensors, origin=origin)


# --- quenches


@cache
def heisenberg_quench(n: int, time: float, layers: int) -> Problem:
    """Heisenberg chain (spin operators) from Néel: fourth order, step 0.1, cutoff 1e-12."""
    operator = qtn.chain("heisenberg", n)
    state = qtn.evolve(operator, "neel", time, cutoff=1e-12, method=TEBD(order=4, step=0.1))
    sequence = trotter_layers(chain_bonds(operator), time, (layers - 1) // 2)
    shape = as_shape(n, sequence, neel_gates(n)) if layers % 2 else None
    return Problem(f"Heisenberg n={n} t={time:g} D={layers}", state, shape)


@cache
def tutorial(name: str, n: int) -> Problem:
    """The named Trotter problems: "doc", "xxz", "heis" (Néel) and "tfim" (|0…0>)."""
    if name == "tfim":
        return _tfim(n)
    time, steps, short, ratio = {
        "doc": (0.2, 32, 1, None),
        "xxz": (0.5, 40, 2, 0.5),
        "heis": (0.5, 40, 3, 1.0),
    }[name]
    if ratio is None:
        # One draw for all bonds; even bonds take theirs first.
        strength = np.empty(n - 1)
        order = [*range(0, n - 1, 2), *range(1, n - 1, 2)]
        strength[order] = np.random.RandomState(0).rand(n - 1) + 0.5
        operator = pauli_chain(n, strength / 2, strength / 2, strength)
    else:
        operator = pauli_chain(n, 1.0, 1.0, ratio)
    bonds = chain_bonds(operator)
    state = run_layers(product_state("neel", n), trotter_layers(bonds, time, steps), 1e-13)
    shape = as_shape(n, trotter_layers(bonds, time, short), neel_gates(n))
    state = _with_origin(state, operator, time, "neel", time / steps)
    return Problem(f"{name}-{n}", state, shape)


def _tfim(n: int) -> Problem:
    """H = sum ZZ + sum X, t = 1, target 40 steps, shape 3 steps; X halves outside, ZZ inside."""
    operator = SparsePauliOp.from_sparse_list(
        [("ZZ", [b, b + 1], 1.0) for b in range(n - 1)] + [("X", [i], 1.0) for i in range(n)], n
    )
    state = run_layers(product_state("zeros", n), _tfim_layers(n, 1.0, 40), 1e-13)
    shape = as_shape(n, _tfim_layers(n, 1.0, 3))
    return Problem("tfim-" + str(n), _with_origin(state, operator, 1.0, "zeros", 1 / 40), shape)


def _tfim_layers(n: int, time: float, steps: int) -> list[Layer]:
    """Two layers per step; X rotations are absorbed where they meet a block."""
    step = time / steps
    zz = np.tile(np.diag(np.exp(-1j * step * np.diag(np.kron(Z, Z)))), (n - 1, 1, 1))

    def rotation(angle: float) -> NDArray[np.complex128]:
        return np.cos(angle) * ONE - 1j * np.sin(angle) * X

    sequence: list[Layer] = []
    for k in range(steps):
        before = rotation(step / 2 if k == 0 else step)
        even, odd = zz.copy(), zz.copy()
        for b in range(0, n - 1, 2):
            even[b] = even[b] @ np.kron(before, before)
        if n % 2:  # the last site has no even block: its rotation goes to the odd one
            odd[n - 2] = odd[n - 2] @ np.kron(ONE, before)
        if k == steps - 1:
            last = rotation(step / 2)
            for b in range(1, n - 1, 2):
                odd[b] = np.kron(last, last) @ odd[b]
            # Sites without an odd block end after the even one; ZZ commutes with nothing there.
            even[0] = np.kron(last, ONE) @ even[0]
            if n % 2 == 0:
                even[n - 2] = np.kron(ONE, last) @ even[n - 2]
        sequence += [(0, even), (1, odd)]
    return sequence


# --- KCuF3 neutron scattering


@cache
def kcuf3(n: int, steps: int) -> Problem:
    """Checkpoint `steps` of the neutron-scattering tutorial (S.S chain, dt = 0.6)."""
    limit, short = (128, 1 if steps <= 6 else 2) if n == 50 else (32, 1 if steps <= 3 else 2)
    target = run_layers(product_state("zeros", n), _kcuf3_layers(n, steps), 4e-8, limit)
    sequence = _kcuf3_layers(n, short)
    return Problem(f"KCuF3-{n} k={steps}", target, as_shape(n, sequence))


def _kcuf3_layers(n: int, steps: int) -> list[Layer]:
    exchange = chain_bonds(qtn.chain("heisenberg", n))
    singlet = np.zeros((4, 4), dtype=complex)
    root = np.sqrt(0.5)
    # Columns are the images of |00>, |01>, |10>, |11>; only the first one matters.
    singlet[:, 0] = [0, root, -root, 0]
    singlet[:, 1] = [0, root, root, 0]
    singlet[0, 2] = singlet[3, 3] = 1.0
    sequence: list[Layer] = [(0, np.tile(singlet, (n - 1, 1, 1)))]
    angles = KCUF3_ANGLES[n]
    for k, angle in enumerate(angles):
        # XX + YY + ZZ = 4 S.S
        sequence.append(((k + 1) % 2, exponentials(exchange, -2j * angle)))
    kick = np.diag(np.exp([-0.25j * np.pi, 0.25j * np.pi]))
    site = n // 2 - 1
    part, gates = sequence[-1]
    local = np.kron(kick, ONE) if site % 2 == part else np.kron(ONE, kick)
    bond = site if site % 2 == part else site - 1
    gates[bond] = local @ gates[bond]
    for part, share in formula(2, steps):
        gates = exponentials(exchange, -0.6j * share)
        if sequence[-1][0] == part:
            sequence[-1] = (part, gates @ sequence[-1][1])
        else:
            sequence.append((part, gates))
    return sequence


# --- ground states and data


@cache
def critical_ising(n: int = 50) -> Problem:
    """Ground state of the critical transverse-field Ising chain by DMRG, checked by its energy."""
    state = qtn.ground_state(qtn.chain("tfim", n), max_bond=32, cutoff=1e-12)
    exact = 1 - 1 / np.sin(np.pi / (4 * n + 2))
    check(abs(state.origin.energy - exact) < 1e-7, "TFIM energy", state.origin.energy, exact)
    return Problem(f"critical TFIM ground state n={n}", state)


@cache
def antiferromagnet(n: int = 50) -> Problem:
    """Ground state of the XXZ chain at anisotropy 2.5, pinned at both edges, bond at most 32."""
    field = np.zeros(n)
    # Fields like those of one more fixed spin at each end pick one of the two Néel orders.
    field[0], field[-1] = -1.25, 1.25 if n % 2 == 0 else -1.25
    operator = qtn.chain("xxz", n, anisotropy=2.5, field=field)
    state = qtn.ground_state(operator, max_bond=32, cutoff=1e-12, start="neel")
    staggered = np.mean([(-1) ** i * magnetisation(state, i) for i in range(n)])
    check(0.40 < abs(staggered) < 0.42, "staggered magnetisation", abs(staggered), 0.412)
    return Problem(f"XXZ antiferromagnet n={n}", state)


@cache
def bars_and_stripes(rows: int = 4) -> Problem:
    """Uniform superposition of all bars and all stripes on a square, row by row."""
    bits = np.array(list(np.ndindex(*(2,) * rows)))
    patterns = {tuple(np.repeat(row, rows)) for row in bits} | {
        tuple(np.tile(row, rows)) for row in bits
    }
    check(len(patterns) == 2 ** (rows + 1) - 2, "patterns", len(patterns), 2 ** (rows + 1) - 2)
    return Problem(f"bars and stripes {rows}x{rows}", from_strings(sorted(patterns), 64))


@cache
def digits() -> Problem:
    """Distribution of the 4x4 digit images in snake order, bond at most 16."""
    from sklearn.datasets import load_digits

    images = load_digits().images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) > 7
    images[:, 1::2] = images[:, 1::2, ::-1]
    strings = [tuple(row) for row in images.reshape(-1, 16).astype(int)]
    return Problem("digits n=16", from_strings(strings, 16))


def from_strings(strings: Sequence[tuple[int, ...]], max_bond: int) -> MPS:
    """Superposition of bit strings (site order), each as often as it occurs, as an MPS."""
    n = len(strings[0])
    weights = np.zeros(2**n)
    for string in strings:
        weights[sum(bit << site for site, bit in enumerate(string))] += 1.0
    amplitudes = weights / np.linalg.norm(weights)
    return MPS.from_dense(amplitudes, max_bond=max_bond, cutoff=1e-14).normalised()


def magnetisation(state: MPS, site: int) -> float:
    centre = state.canonical(site).tensors[site]
    return 0.5 * float(np.einsum("asb,s,asb->", centre.conj(), np.array([1.0, -1.0]), centre).real)


def check(good: bool, what: str, found: float, expected: float) -> None:
    if not good:
        raise RuntimeError(f"The target is wrong: {what} is {found}, expected {expected}.")


def shape_state(shape: Shape) -> MPS:
    """Return the state that a start circuit prepares."""
    sequence: list[Layer] = []
    for bond, gate in zip(shape.bonds, shape.gates, strict=True):
        if not sequence or sequence[-1][0] != bond % 2:
            sequence.append((bond % 2, np.tile(np.eye(4, dtype=complex), (shape.n - 1, 1, 1))))
        sequence[-1][1][bond] = gate
    return run_layers(product_state("zeros", shape.n), sequence, 1e-13)


NAMED: dict[str, Callable[[], Problem]] = {
    "heisenberg-20": lambda: heisenberg_quench(20, 2.0, 9),
    "heisenberg-50": lambda: heisenberg_quench(50, 2.0, 9),
    "doc-50": lambda: tutorial("doc", 50),
    "tfim-50": lambda: tutorial("tfim", 50),
    "heis-50": lambda: tutorial("heis", 50),
    "critical-ising": critical_ising,
    "antiferromagnet": antiferromagnet,
    "bars-and-stripes": bars_and_stripes,
    "digits": digits,
}
