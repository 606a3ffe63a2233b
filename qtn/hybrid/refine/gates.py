r"""The directions in which the blocks of circuits may move without taking more CX than before.

A block on two sites takes, on qubits in unknown states, two CX if its matrix is in SO(4), at most
three otherwise; on one qubit in :math:`|0\rangle` two, on two of them one. A block that takes as
many as any of its kind moves freely,

.. math:: G \to e^X G, \quad X \in \mathfrak{so}(4) \text{ or } \mathfrak{u}(4).

One that takes fewer moves within its class of gates that one-qubit gates turn into each other,

.. math::
    G \to (e^{A} \otimes e^{B})\; e^{i(\alpha P + \beta Q)}\; G\; (e^{C} \otimes e^{D}),

where the middle factor is there for complex blocks of two CX alone. With
:math:`G = K_1\, e^{i(a XX + b YY)}\, K_2` it is :math:`P = K_1\, XX\, K_1^\dagger`,
:math:`Q = K_1\, YY\, K_1^\dagger`, so that it changes a and b and adds no ZZ. A block that
is the identity is one that was added to be moved, and moves freely. A block that takes
few CX because a qubit is still in :math:`|0\rangle`, or leaves one so, keeps what it does to that
qubit: what acts on it before does not move.

Reference: Zhang, Vala, Sastry and Whaley, Phys. Rev. A 67, 042313 (2003), for the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qtn.aqc.kernels.gate_loops import retract
from qtn.aqc.kernels.gates import joined, nearest_unitary, parted
from qtn.aqc.search.hessian.curvature import packed, spread
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import Writer, weyl_of
from qtn.states.operators import PAULI

Matrices = list[list[np.ndarray]]  # of every circuit, its blocks in time order
Vector = NDArray[np.float64]

_ONE = np.eye(2)
_PAULI = PAULI[1:]
_LOCAL = np.array([*[np.kron(p, _ONE) for p in _PAULI], *[np.kron(_ONE, p) for p in _PAULI]])
_XX, _YY = (np.kron(p, p) for p in _PAULI[:2])
_TURN = np.array([False, True, False])  # of the Pauli matrices only iY is real
# Columns of a step of a block that is held: one-qubit gates behind it, its angles, those before it.
_LEFT = (slice(0, 3), slice(3, 6))
_ANGLES, _RIGHT = slice(6, 8), (slice(8, 11), slice(11, 14))
_COLUMNS = 14
# Of the 16 numbers of an anti-Hermitian matrix those of a real one.
_REAL = np.array([1, 3, 5, 8, 10, 13])


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The blocks of circuits, and what of them may move.

    Args:
        blocks: the circuits as they were given.
        free: numbers of the blocks, counted through all circuits, that move freely.
        real: for each of them whether it is in SO(4).
        gates: all blocks as gates on two sites, (blocks, 4, 4); one on one site is G ⊗ 1.
        moving: (held, 14): which columns of a step move the other blocks, in their order.
        axes: (held, 2, 4, 4): P and Q of the other blocks.
    """

    blocks: tuple[Blocks, ...]
    free: NDArray[np.int64]
    real: NDArray[np.bool_]
    gates: np.ndarray
    moving: NDArray[np.bool_]
    axes: np.ndarray

    @classmethod
    def of(cls, circuits: Sequence[Blocks], opened: bool = False) -> Gates:
        """Return the gates of circuits.

        Args:
            circuits: their blocks.
            opened: let every block on two sites move freely within SO(4) or U(4), whatever it
                takes now: for starts such as the identity, which takes no CX.
        """
        kinds = [kind for blocks in circuits for kind in _kinds(blocks, opened)]
        given = [matrix for blocks in circuits for _, matrix in blocks.gates]
        gates = [_on_two(matrix) for matrix in given]
        free = [k for k, kind in enumerate(kinds) if kind is None]
        moving = [kind for kind in kinds if kind is not None]
        held = [k for k, kind in enumerate(kinds) if kind is not None]
        axes = [_axes(gates[k]) if m[6] else (_XX, _YY) for k, m in zip(held, moving)]
        return cls(
            blocks=tuple(circuits),
            free=np.array(free, dtype=np.int64),
            real=np.array([stays_real(given[k]) for k in free], dtype=bool),
            gates=np.array(gates, dtype=complex).reshape(-1, 4, 4),
            moving=np.array(moving, dtype=bool).reshape(-1, _COLUMNS),
            axes=np.array(axes, dtype=complex).reshape(-1, 2, 4, 4),
        )

    @property
    def held(self) -> NDArray[np.int64]:
        """Numbers of the blocks that do not move freely."""
        return np.setdiff1d(np.arange(len(self.gates)), self.free)

    @property
    def size(self) -> int:
        """Numbers in a step."""
        return int(16 * (~self.real).sum() + 6 * self.real.sum() + self.moving.sum())

    def matrices(self) -> Matrices:
        """Return the matrices of every circuit in time order; those that are real as floats."""
        found, start = [], 0
        for blocks in self.blocks:
            part = self.gates[start : start + len(blocks.gates)]
            found.append([_as_given(old, new) for (_, old), new in zip(blocks.gates, part)])
            start += len(part)
        return found

    def circuits(self) -> list[Blocks]:
        """Return the circuits with the gates as they are now, unitary to rounding."""
        whole = replace(self, gates=nearest_unitary(self.gates))
        pairs = zip(self.blocks, whole.matrices())
        return [with_matrices(blocks, matrices) for blocks, matrices in pairs]

    def gradient(self, gradients: Matrices) -> Vector:
        """Return the gradient along the directions.

        Args:
            gradients: of every circuit, for every block ∂L/∂conj(G), ∂L/∂G where the block is real.
        """
        given = [matrix for blocks in self.blocks for _, matrix in blocks.gates]
        slopes_of = [g for circuit in gradients for g in circuit]
        found = [_euclidean(g, old) for g, old in zip(slopes_of, given, strict=True)]
        slopes = np.array(found, dtype=complex).reshape(-1, 4, 4)
        # dL = Re tr(S† dG): for dG = X G it is Re tr(X G S†), for dG = G X it is Re tr(X S† G).
        behind = self.gates @ slopes.conj().mT
        free, held = behind[self.free], self.held
        parts = packed(parted(0.5 * (free.conj().mT - free))).reshape(-1, 16)
        before = slopes[held].conj().mT @ self.gates[held]
        local = np.empty((len(held), _COLUMNS))
        local[:, :6] = -np.einsum("kij,gji->gk", _LOCAL, behind[held]).imag
        local[:, _ANGLES] = -np.einsum("gkij,gji->gk", self.axes, behind[held]).imag
        local[:, 8:] = -np.einsum("kij,gji->gk", _LOCAL, before).imag
        return self._flat(parts, local)

    def moved(self, step: Vector) -> Gates:
        """Return the gates after a step."""
        parts, local = self._split(step)
        count = len(parts)
        old, new = parted(self.gates[self.free]), np.empty((count, 2, 4, 4))
        retract(spread(parts.reshape(-1), (count, 2, 4, 4)), old, new)
        gates, held = self.gates.copy(), self.held
        gates[self.free] = joined(new)
        behind, before = _products(local[:, :6]), _products(local[:, 8:])
        inner = _rotations(local[:, 6], self.axes[:, 0]) @ _rotations(local[:, 7], self.axes[:, 1])
        gates[held] = behind @ inner @ gates[held] @ before
        turned = behind[:, None] @ self.axes @ behind.conj().mT[:, None]
        return replace(self, gates=gates, axes=turned)

    def _flat(self, parts: np.ndarray, local: np.ndarray) -> Vector:
        real, other = parts[self.real][:, _REAL], parts[~self.real]
        return np.concatenate([real.reshape(-1), other.reshape(-1), local[self.moving]])

    def _split(self, step: Vector) -> tuple[np.ndarray, np.ndarray]:
        count = int(self.real.sum())
        ends = np.cumsum([6 * count, 16 * (len(self.free) - count)])
        real, other, rest = np.split(step, ends)
        parts = np.zeros((len(self.free), 16))
        parts[np.ix_(self.real, _REAL)] = real.reshape(-1, 6)
        parts[~self.real] = other.reshape(-1, 16)
        local = np.zeros((len(self.moving), _COLUMNS))
        local[self.moving] = rest
        return parts, local


def added(matrix: np.ndarray) -> bool:
    """Whether a block on two sites is the identity: one that was added, to move freely."""
    return len(matrix) == 4 and np.array_equal(matrix, np.eye(4))


def stays_real(matrix: np.ndarray) -> bool:
    """Whether a block is real, and moves among real ones; an added complex one is not."""
    return not np.any(np.imag(matrix)) and not (matrix.dtype.kind == "c" and added(matrix))


def with_matrices(blocks: Blocks, matrices: Sequence[np.ndarray]) -> Blocks:
    """Return blocks on the same sites with other matrices, given in time order."""
    if blocks.layered is None:
        found = Blocks(blocks.n, tuple((s, m) for (s, _), m in zip(blocks.gates, matrices)))
    else:
        ansatz, old = blocks.layered
        kind = complex if any(np.iscomplexobj(m) for m in matrices) else float
        gates = np.array(old, dtype=kind)
        order = [number for number, _ in ansatz.sequence()] or [0]
        gates[order] = np.array(matrices)
        found = Blocks.of(ansatz, gates)
    return found.as_operator() if blocks.operator else found


def _kinds(blocks: Blocks, opened: bool) -> list[np.ndarray | None]:
    """Return for every block None if it moves freely, else which columns move it."""
    writer = Writer(blocks.n, "cx", fresh=not blocks.operator)
    kinds: list[np.ndarray | None] = []
    # What has turned a site that is still in |0>: block and columns.
    waiting: dict[int, list[tuple[int, slice]]] = {site: [] for site in range(blocks.n)}
    for number, (sites, matrix) in enumerate(blocks.gates):
        fresh = [writer.fresh[site] for site in sites]
        start = len(writer.circuit.data)
        writer.block((sites, matrix))
        count = sum(len(item.qubits) == 2 for item in writer.circuit.data[start:])
        after = [writer.fresh[site] for site in sites]
        kind = None
        if len(sites) == 1:
            kind = _held(matrix, [False], angles=False)
        elif not (opened or added(matrix)) and (count < _usual(matrix, sum(fresh)) or any(after)):
            kind = _held(matrix, fresh, angles=count == 2 and not any(fresh + after))
            for site, known in zip(sites, fresh):
                for other, columns in waiting[site] if known else ():
                    held = kinds[other]
                    assert held is not None
                    held[columns] = False
        kinds.append(kind)
        for place, (site, known) in enumerate(zip(sites, after)):
            if not known:
                waiting[site] = []
            elif kind is not None:
                waiting[site].append((number, _LEFT[place]))
    return kinds


def _usual(matrix: np.ndarray, fresh: int) -> int:
    """Return the CX of most gates that are real or complex like this one."""
    if fresh:
        return 3 - fresh
    return 2 if not np.any(np.imag(matrix)) and np.linalg.det(matrix).real > 0.0 else 3


def _held(matrix: np.ndarray, fresh: list[bool], angles: bool) -> np.ndarray:
    """Return the columns of a block that keeps its class, or acts on one site."""
    real = stays_real(matrix)
    found, turns = np.zeros(_COLUMNS, dtype=bool), _TURN if real else True
    for place, known in enumerate(fresh):
        found[_LEFT[place]] = turns
        # What turns one site before it turns it behind it as well.
        found[_RIGHT[place]] = turns if len(fresh) == 2 and not known else False
    found[_ANGLES] = angles and not real
    return found


def _axes(gate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weyl = weyl_of(gate)
    local = np.kron(weyl.K1l, weyl.K1r)
    return local @ _XX @ local.conj().T, local @ _YY @ local.conj().T


def _on_two(matrix: np.ndarray) -> np.ndarray:
    return np.kron(matrix, _ONE) if len(matrix) == 2 else matrix


def _as_given(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return a gate on as many sites as `old` acts on, real if that is."""
    new = new[::2, ::2] if len(old) == 2 else new
    return new.real.copy() if stays_real(old) else new.copy()


def _euclidean(gradient: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return S with dL = Re tr(S† dG) for the gate on two sites; real gates have it already."""
    slope = gradient * (1.0 if stays_real(old) else 2.0)
    return 0.5 * np.kron(slope, _ONE) if len(slope) == 2 else slope


def _products(step: np.ndarray) -> np.ndarray:
    """Return exp(i Σ a_k P_k) ⊗ exp(i Σ b_k P_k) for rows (a, b) of a step."""
    turns = step.reshape(-1, 2, 3)
    angle = np.linalg.norm(turns, axis=2)[..., None, None]
    axis = np.einsum("gqk,kij->gqij", turns, _PAULI)
    one = np.cos(angle) * _ONE + 1j * np.sinc(angle / np.pi) * axis
    return np.einsum("gab,gcd->gacbd", one[:, 0], one[:, 1]).reshape(-1, 4, 4)


def _rotations(angles: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return exp(i α P) for P² = 1."""
    turns = angles[:, None, None]
    found: np.ndarray = np.cos(turns) * np.eye(4) + 1j * np.sin(turns) * axes
    return found
