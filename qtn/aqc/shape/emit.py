r"""Emission: two-qubit unitaries to CX, CZ, ECR or RZZ and merged one-qubit gates.

A gate that acts on qubits still in a known product state needs less than its full decomposition:

* both qubits fresh: only the state :math:`G|00\rangle = \sum_i \sigma_i |a_i b_i\rangle` matters,
  one CX after one rotation;
* one qubit fresh: one is enough if the two product states in the span of the images of the other
  qubit's states are images of orthogonal states and orthogonal on that qubit (a GHZ state takes
  n - 1); else two: with :math:`D = e^{i\varphi Z\otimes Z}` the product :math:`GD` takes two CX for
  the right :math:`\varphi`, and on a fresh qubit D is a one-qubit rotation of the other. With
  :math:`\gamma(u) = u\,\sigma_{yy} u^T \sigma_{yy}`, two CX suffice when
  :math:`\mathrm{tr}\,\gamma(u)` is real for u of determinant 1, which fixes :math:`\varphi`;
* gates of SO(4) always take two CX.

One-qubit gates are collected per qubit and written as one gate before the next two-qubit gate.

Reference: Shende, Bullock and Markov, Phys. Rev. A 70, 012310 (2004), propositions III.1-III.3.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.synthesis import TwoQubitWeylDecomposition

from qtn._checks import choice
from qtn._machine import few_threads
from qtn.aqc.shape.blocks import Block, Blocks

BASES = ("cx", "cz", "ecr", "rzz")
_TOLERANCE = 1e-9  # Weyl angle below which an interaction is dropped
_YY = np.array([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]], dtype=complex)
_ZZ = np.diag([1.0, -1.0, -1.0, 1.0])
_HADAMARD = np.array([[1, 1], [1, -1]]) / math.sqrt(2.0)
_X = np.array([[0.0, 1.0], [1.0, 0.0]])
_V = np.array([[1, -1j], [-1j, 1]]) / math.sqrt(2.0)  # turns Z into Y
_TURNS = np.sin(np.arange(48.0).reshape(12, 4) ** 2 + 1.0)
_TURN = {"XX": _HADAMARD, "YY": _V, "ZZ": np.eye(2)}


@few_threads(1)
def to_circuit(blocks: Blocks, basis: str = "cx") -> QuantumCircuit:
    """Return the circuit of blocks written in a two-qubit `basis`.

    Args:
        blocks: gates on any one or two sites; site i becomes qubit i.
        basis: "cx", "cz", "ecr" or "rzz" (fractional).

    Returns:
        A circuit of the basis gate and `u` or `ry` gates that prepares U|0...0> from |0...0>, or
        is U itself if the blocks are an `operator`; global phase included.

    Raises:
        ArgumentError: unknown basis.
    """
    choice("basis", basis, BASES)
    writer = Writer(blocks.n, basis, fresh=not blocks.operator)
    for block in blocks.gates:
        writer.block(block)
    return writer.finish()


class Writer:
    """Writes gates one after another, holding back one-qubit gates until they are needed."""

    def __init__(self, n: int, basis: str, fresh: bool) -> None:
        self.circuit = QuantumCircuit(n)
        self.basis = basis
        self.fresh = [fresh] * n
        self.pending = [np.eye(2, dtype=complex) for _ in range(n)]

    def block(self, block: Block) -> None:
        """Write a block on one or two sites."""
        sites, matrix = block
        if len(sites) == 1:
            self.one(matrix, sites[0])
        else:
            self.gate(np.asarray(matrix, dtype=complex), *sites)

    def gate(self, gate: np.ndarray, a: int, b: int) -> None:
        """Write a 4x4 gate on sites a (most significant) and b, with few two-qubit gates."""
        gate = gate @ np.kron(self._taken(a), self._taken(b))
        if self.fresh[a] and self.fresh[b]:
            self._prepare(gate[:, 0].reshape(2, 2), a, b)
        elif self.fresh[a] or self.fresh[b]:
            if self._carried(gate, a, b):
                return
            reflection = controlled_reflection(gate, self.fresh[a])
            if reflection is not None or cx_count(gate) < 2:
                self._block(gate if reflection is None else reflection, a, b)
                return
            angle = _diagonal_angle(gate)
            turn = np.diag([cmath.exp(-1j * angle), cmath.exp(1j * angle)])
            self.one(turn, b if self.fresh[a] else a)
            self._block(gate @ np.diag(np.exp(1j * angle * np.diag(_ZZ))), a, b)
        else:
            self._block(gate, a, b)

    def _taken(self, qubit: int) -> np.ndarray:
        matrix, self.pending[qubit] = self.pending[qubit], np.eye(2, dtype=complex)
        return matrix

    def one(self, matrix: np.ndarray, qubit: int) -> None:
        """Hold back a one-qubit gate."""
        self.pending[qubit] = matrix @ self.pending[qubit]

    def _prepare(self, state: np.ndarray, a: int, b: int) -> None:
        u, s, vh = np.linalg.svd(state)
        if s[1] > _TOLERANCE:
            theta = math.atan2(s[1], s[0])
            c, d = math.cos(theta), math.sin(theta)
            self.one(np.array([[c, -d], [d, c]]), a)
            if self.basis == "rzz":
                # exp(-i t XX)|00> = cos t |00> - i sin t |11>; S on one qubit removes the -i.
                self.pending[a] = np.eye(2, dtype=complex)
                self._interact("XX", -theta, a, b)
                self.one(np.diag([1.0, 1.0j]), a)
            else:
                self._cx(a, b)
            self.fresh[a] = self.fresh[b] = False
        self.one(u, a)
        self.one(vh.T, b)

    def _carried(self, gate: np.ndarray, a: int, b: int) -> bool:
        """Write a gate that carries a state to a qubit in |0⟩ and leaves |0⟩ behind, if it does."""
        if self.fresh[a]:
            a, b, gate = b, a, gate.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2)
        images = gate.reshape(2, 2, 2, 2)[..., 0].reshape(2, 4)
        left, weights, right = np.linalg.svd(images)
        if weights[1] > 1e-12:
            return False
        self._cx(a, b)
        self._cx(b, a)
        self._flush(a)  # only then it is in |0⟩ itself
        self.fresh[a], self.fresh[b] = True, False
        self.one(left, a)
        self.one(weights[0] * right[0].reshape(2, 2), b)
        return True

    def _block(self, gate: np.ndarray, a: int, b: int) -> None:
        weyl = weyl_of(gate)
        angles = (weyl.a, weyl.b, weyl.c)
        # Qiskit's first qubit is the least significant, ours (site a) the most significant.
        self.one(weyl.K2l, a)
        self.one(weyl.K2r, b)
        if self.basis == "rzz":
            for axis, angle in zip(("XX", "YY", "ZZ"), angles):
                if abs(angle) > _TOLERANCE:
                    self._interact(axis, angle, a, b)
        else:
            self._canonical(angles, a, b)
        self.one(weyl.K1l, a)
        self.one(weyl.K1r, b)
        self.circuit.global_phase += weyl.global_phase
        if any(abs(angle) > _TOLERANCE for angle in angles):
            self.fresh[a] = self.fresh[b] = False

    def _canonical(self, angles: tuple[float, float, float], a: int, b: int) -> None:
        """Write exp(i(α XX + β YY + γ ZZ)) with as few CX as its angles need.

        One: exp(iπ/4 ZX) is a CX between local turns. Two: a CX turns XX into X on the control
        and ZZ into Z on the target. Three: Vatan and Williams, Phys. Rev. A 69, 032315 (2004).
        """
        alpha, beta, gamma = angles
        count, quarter = _count(angles), math.pi / 4
        if count == 1:
            self.one(_HADAMARD, a)
            self._cx(a, b)
            self.one(_HADAMARD @ np.diag([cmath.exp(1j * quarter), cmath.exp(-1j * quarter)]), a)
            self.one(_exp_x(quarter), b)
            self.circuit.global_phase -= quarter
        elif count == 2:
            for qubit in (a, b):
                self.one(_V.conj().T, qubit)
            self._cx(a, b)
            self.one(_exp_x(alpha), a)
            self.one(_rz(-2.0 * beta), b)
            self._cx(a, b)
            for qubit in (a, b):
                self.one(_V, qubit)
        elif count == 3:
            self.one(_rz(-2.0 * quarter), b)
            self._cx(b, a)
            self.one(_rz(2.0 * (quarter - gamma)), a)
            self.one(_ry(2.0 * (alpha - quarter)), b)
            self._cx(a, b)
            self.one(_ry(2.0 * (quarter - beta)), b)
            self._cx(b, a)
            self.one(_rz(2.0 * quarter), a)
            self.circuit.global_phase += quarter

    def _interact(self, axis: str, angle: float, a: int, b: int) -> None:
        """Write exp(i angle P⊗P) as one RZZ between local turns."""
        turn = _TURN[axis]
        for qubit in (a, b):
            self.one(turn.conj().T, qubit)
            self._flush(qubit)
        self.circuit.rzz(-2.0 * angle, a, b)
        for qubit in (a, b):
            self.one(turn, qubit)

    def _cx(self, control: int, target: int) -> None:
        """Write a CX with one gate of the basis."""
        if self.basis == "cx":
            self._two(control, target)
        elif self.basis == "rzz":  # CZ = exp(iπ/4 ZZ) (S ⊗ S) up to a phase
            self.one(_HADAMARD, target)
            self._interact("ZZ", math.pi / 4, control, target)
            self.circuit.global_phase -= math.pi / 4
            self.one(np.diag([1.0, 1.0j]), control)
            self.one(_HADAMARD @ np.diag([1.0, 1.0j]), target)
        elif self.basis == "cz":
            self.one(_HADAMARD, target)
            self._two(control, target)
            self.one(_HADAMARD, target)
        else:
            # ECR = (X ⊗ 1) exp(iπ/4 ZX) up to signs: CX is ECR between X and local quarter turns.
            self._two(control, target)
            self.one(np.diag([1.0, -1.0j]) @ _X, control)
            self.one(_exp_x(math.pi / 4), target)

    def _two(self, first: int, second: int) -> None:
        self._flush(first)
        self._flush(second)
        getattr(self.circuit, self.basis)(first, second)

    def _flush(self, qubit: int) -> None:
        matrix = self._taken(qubit)
        phase, theta, phi, lam = _euler(matrix)
        self.circuit.global_phase += phase
        turned = abs(cmath.exp(1j * (phi + lam)) - 1.0)
        if theta < 1e-12 and turned < 1e-12:
            return
        if abs(cmath.exp(1j * phi) - 1.0) < 1e-12 and turned < 1e-12:
            self.circuit.ry(theta, qubit)
        elif abs(cmath.exp(1j * phi) + 1.0) < 1e-12 and turned < 1e-12:
            self.circuit.ry(-theta, qubit)
        else:
            self.circuit.u(theta, phi, lam, qubit)

    def finish(self) -> QuantumCircuit:
        """Write what is held back and return the circuit."""
        for qubit in range(self.circuit.num_qubits):
            self._flush(qubit)
        self.circuit.global_phase %= 2.0 * math.pi
        return self.circuit


def _exp_x(angle: float) -> np.ndarray:
    """Return exp(i angle X)."""
    c, d = math.cos(angle), 1j * math.sin(angle)
    return np.array([[c, d], [d, c]])


def _rz(angle: float) -> np.ndarray:
    return np.diag([cmath.exp(-0.5j * angle), cmath.exp(0.5j * angle)])


def _ry(angle: float) -> np.ndarray:
    c, d = math.cos(0.5 * angle), math.sin(0.5 * angle)
    return np.array([[c, -d], [d, c]], dtype=complex)


def _euler(matrix: np.ndarray) -> tuple[float, float, float, float]:
    """Return (α, θ, φ, λ) with matrix = e^{iα} U(θ, φ, λ)."""
    theta = 2.0 * math.atan2(abs(matrix[1, 0]), abs(matrix[0, 0]))
    # The phases of the two large entries are exact; those of small ones may be noise, so that
    # each branch derives the fourth phase from the large pair.
    alpha = cmath.phase(matrix[0, 0]) if abs(matrix[0, 0]) > 1e-14 else 0.0
    phi = cmath.phase(matrix[1, 0]) - alpha if abs(matrix[1, 0]) > 1e-14 else 0.0
    if abs(matrix[0, 0]) >= abs(matrix[1, 0]):
        lam = cmath.phase(matrix[1, 1]) - alpha - phi
    else:
        lam = cmath.phase(-matrix[0, 1]) - alpha
    return alpha, theta, math.remainder(phi, math.tau), math.remainder(lam, math.tau)


def controlled_reflection(gate: np.ndarray, first_fresh: bool) -> np.ndarray | None:
    """Return a gate that takes one CX and acts like `gate` while one qubit is |0>, if there is one.

    It is :math:`\\sum_k |a_k\\rangle\\langle c_k| \\otimes W_k`, the second factor on the fresh
    qubit, where :math:`W_1 W_0^{-1}` is a reflection and the images
    :math:`|a_k\\rangle W_k|0\\rangle` of :math:`|c_k\\rangle` are the two product states in the
    range of the gate.

    Args:
        gate: a 4x4 unitary.
        first_fresh: whether the fresh qubit is the first one (else the second).
    """
    images = gate.reshape(2, 2, 2, 2)
    images = (
        images[:, :, 0, :].transpose(2, 1, 0) if first_fresh else images[..., 0].transpose(2, 0, 1)
    )
    # det(x images[0] + y images[1]) = 0 for product states.
    (p, q), (r, s) = images[0]
    (t, u), (v, w) = images[1]
    square, mixed, last = p * s - q * r, p * w + t * s - q * v - u * r, t * w - u * v
    root = cmath.sqrt(mixed**2 - 4.0 * square * last)
    root = root if (root.conjugate() * mixed).real >= 0.0 else -root
    large = -0.5 * (mixed + root)
    if abs(large) < 1e-6:
        return None
    inputs = np.array([[large, square], [last, large]])
    inputs /= np.linalg.norm(inputs, axis=1)[:, None]
    if abs(np.vdot(*inputs)) > 1e-9:
        return None
    left, weights, right = np.linalg.svd(np.einsum("ki,iab->kab", inputs, images))
    kept, fresh = left[:, :, 0] * weights[:, :1], right[:, 0]
    overlap = np.vdot(fresh[0], fresh[1])
    if abs(overlap) > 1e-300:
        turn = overlap / abs(overlap)
        kept[1], fresh[1] = kept[1] * turn, fresh[1] / turn
    middle = fresh[0] + fresh[1]
    reflection = 2.0 * np.outer(middle, middle.conj()) / np.vdot(middle, middle).real - np.eye(2)
    start = np.array([fresh[0], [-fresh[0][1].conj(), fresh[0][0].conj()]]).T
    parts = np.einsum("ka,kc,kbd->abcd", kept, inputs.conj(), np.stack([start, reflection @ start]))
    found = parts.transpose(1, 0, 3, 2) if first_fresh else parts
    right_columns = [0, 1] if first_fresh else [0, 2]
    out: np.ndarray = found.reshape(4, 4)
    wrong = np.abs(out[:, right_columns] - gate[:, right_columns]).max()
    return out if wrong < 1e-12 and np.allclose(out.conj().T @ out, np.eye(4), atol=1e-12) else None


def _diagonal_angle(gate: np.ndarray) -> float:
    """Return φ such that gate · exp(iφ ZZ) takes two CX."""
    special = gate / np.linalg.det(gate) ** 0.25
    first = np.trace(special @ _YY @ special.T @ _YY).imag
    second = np.trace(special @ _YY @ _ZZ @ special.T @ _YY).real
    return -0.5 * math.atan2(first, second)


def _canonical_matrix(angles: tuple[float, float, float]) -> np.ndarray:
    """Return exp(i(α XX + β YY + γ ZZ)): XX, YY and ZZ commute and are diagonal in Bell states."""
    a, b, c = angles
    out = np.zeros((4, 4), dtype=complex)
    even, odd = cmath.exp(1j * c), cmath.exp(-1j * c)
    out[0, 0] = out[3, 3] = even * math.cos(a - b)
    out[0, 3] = out[3, 0] = 1j * even * math.sin(a - b)
    out[1, 1] = out[2, 2] = odd * math.cos(a + b)
    out[1, 2] = out[2, 1] = 1j * odd * math.sin(a + b)
    return out


def cx_count(gate: np.ndarray) -> int:
    """Return how many CX a 4x4 unitary takes on qubits in unknown states."""
    weyl = weyl_of(np.asarray(gate, dtype=complex))
    return _count((weyl.a, weyl.b, weyl.c))


def _count(angles: tuple[float, float, float]) -> int:
    """Return how many CX the interaction needs (Weyl chamber: π/4 >= α >= β >= |γ|)."""
    a, b, c = angles
    if abs(c) > _TOLERANCE:
        return 3
    if abs(b) > _TOLERANCE or (abs(a) > _TOLERANCE and abs(a - math.pi / 4) > _TOLERANCE):
        return 2
    return 1 if abs(a) > _TOLERANCE else 0


def weyl_of(gate: np.ndarray) -> TwoQubitWeylDecomposition:
    """Return Qiskit's Weyl decomposition of the nearest unitary, checked.

    Nearly degenerate gates (all of SO(4), for instance) can defeat its diagonalisation, silently
    or with an error. A turn by 1e-10 or more removes the degeneracy; the best of several is taken.
    """
    u, _, vh = np.linalg.svd(gate)
    unitary = u @ vh
    best, error = None, math.inf
    for attempt in range(12):
        turn = _TURNS * (0.0 if attempt == 0 else 1e-10 * 2.0**attempt)
        turned = np.exp(1j * turn[attempt])[:, None] * unitary * np.exp(1j * turn[-attempt])
        try:
            weyl = TwoQubitWeylDecomposition(turned, fidelity=None)
        except Exception:
            continue
        wrong = float(np.abs(_rebuilt(weyl) - unitary).max())
        if wrong < error:
            best, error = weyl, wrong
        if error < 1e-12 * 10.0 ** min(attempt, 3):
            break
    if best is None or error > 1e-6:
        raise np.linalg.LinAlgError("The Weyl decomposition of a gate did not converge.")
    return best


def _rebuilt(weyl: TwoQubitWeylDecomposition) -> np.ndarray:
    inner = _canonical_matrix((weyl.a, weyl.b, weyl.c))
    outer = np.kron(weyl.K1l, weyl.K1r) @ inner @ np.kron(weyl.K2l, weyl.K2r)
    return cmath.exp(1j * weyl.global_phase) * outer
