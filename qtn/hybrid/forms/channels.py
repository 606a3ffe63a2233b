r"""The exact distribution of a register at the end of a circuit that discards and resets qubits.

The state is a product of density operators of *groups*, qubits that have met:

.. math:: \rho = \bigotimes_g \rho_g

A qubit leaves its group by a partial trace where it is reset, or where nothing acts on it any more;
a tree that is reset node by node is then never larger than one node with its registers. Gates that
hold for all rows are gathered in one unitary per group, which is applied once: before a qubit
leaves, and where groups meet it is only enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression

from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Array = NDArray[Any]
LARGEST = 10  # qubits of a group


@dataclass(slots=True)
class _Group:
    """Qubits that have met, the first most significant.

    Args:
        qubits: their numbers.
        rho: before `gate`, shape (rows or 1, 2^k, 2^k).
        gate: what has acted on all rows since, (2^k, 2^k).
    """

    qubits: list[int]
    rho: Array = field(default_factory=lambda: np.diag([1.0 + 0j, 0.0])[None])
    gate: Array = field(default_factory=lambda: np.eye(2, dtype=complex))

    def act(self, matrix: Array, qubits: Sequence[int]) -> None:
        """Multiply a gate into `gate`; the first of its qubits is its most significant digit."""
        k, places = len(self.qubits), [self.qubits.index(q) for q in qubits]
        wide = self.gate.reshape([2] * k + [-1])
        wide = np.moveaxis(wide, places, range(len(places)))
        turned = (matrix @ wide.reshape(len(matrix), -1)).reshape(wide.shape)
        self.gate = np.moveaxis(turned, range(len(places)), places).reshape(2**k, 2**k)

    def settled(self) -> Array:
        """Return the density operators with the gates applied."""
        self.rho = self.gate @ self.rho @ self.gate.conj().T
        self.gate = np.eye(len(self.gate), dtype=complex)
        return self.rho

    def without(self, qubit: int) -> None:
        """Trace out a qubit."""
        place, k = self.qubits.index(qubit), len(self.qubits)
        a, b = 2**place, 2 ** (k - place - 1)
        wide = self.settled().reshape(-1, a, 2, b, a, 2, b)
        self.rho = np.einsum("rapbcpd->rabcd", wide).reshape(-1, a * b, a * b)
        self.gate = np.eye(a * b, dtype=complex)
        self.qubits.remove(qubit)


def exact_distribution(circuit: QuantumCircuit, rows: Floats) -> Floats:
    """Return the distribution of what a circuit measures at its end, without noise and shots.

    Args:
        circuit: gates, resets and measurements at the end; its free parameters are angles of
            rotations RY, each by itself.
        rows: values of the parameters in the order of `circuit.parameters`, (batch, parameters).

    Returns:
        Shape (batch, 2^bits), the number of an outcome as its classical bits say.

    Raises:
        ArgumentError: more than 10 qubits have to be known together.

    Cost: gates · 8^k + batch · (qubits that leave) · 8^k, k the qubits of the largest group.
    """
    columns = {p: rows[:, k] for k, p in enumerate(circuit.parameters)}
    last = {q: k for k, i in enumerate(circuit.data) for q in _places(circuit, i)}
    groups: dict[int, _Group] = {}
    register: dict[int, int] = {}
    for time, item in enumerate(circuit.data):
        name, qubits = item.operation.name, _places(circuit, item)
        if name == "barrier":
            continue
        if name == "measure":
            register[circuit.find_bit(item.clbits[0]).index] = qubits[0]
            continue
        if name == "reset":
            _leave(groups, qubits[0])
            continue
        group = _joined(groups, qubits)
        free = [p for p in item.operation.params if isinstance(p, ParameterExpression)]
        if any(p.parameters for p in free):
            rotated = _rotations(columns[next(iter(free[0].parameters))])
            group.rho = _turned(group, rotated, qubits[0])
        else:
            matrix = np.asarray(item.operation.to_matrix(), dtype=complex)
            group.act(matrix, qubits[::-1])
        for qubit in qubits:
            if last[qubit] == time:
                _leave(groups, qubit)
    return _read(groups, [register[bit] for bit in sorted(register)], len(rows))


def _places(circuit: QuantumCircuit, item: Any) -> list[int]:
    return [circuit.find_bit(q).index for q in item.qubits]


def _leave(groups: dict[int, _Group], qubit: int) -> None:
    """Forget a qubit; its group may be gone with it."""
    group = groups.pop(qubit, None)
    if group is not None and len(group.qubits) > 1:
        group.without(qubit)


def _joined(groups: dict[int, _Group], qubits: Sequence[int]) -> _Group:
    """Return the group of qubits, new ones in |0⟩ included."""
    for qubit in qubits:
        groups.setdefault(qubit, _Group([qubit]))
    first = groups[qubits[0]]
    for qubit in qubits[1:]:
        other = groups[qubit]
        if other is first:
            continue
        if len(first.qubits) + len(other.qubits) > LARGEST:
            raise ArgumentError(
                f"The circuit entangles more than {LARGEST} qubits with each other before they "
                "are discarded, too many for its exact distribution."
            )
        size = len(first.gate) * len(other.gate)
        rho = first.rho[:, :, None, :, None] * other.rho[:, None, :, None, :]
        first.rho = rho.reshape(-1, size, size)
        first.gate = np.kron(first.gate, other.gate)
        first.qubits = first.qubits + other.qubits
        groups.update(dict.fromkeys(other.qubits, first))
    return first


def _rotations(angles: Floats) -> Array:
    """Return RY of every angle, (batch, 2, 2)."""
    cos, sin = np.cos(angles / 2), np.sin(angles / 2)
    return np.stack([cos, -sin, sin, cos], axis=1).reshape(-1, 2, 2)


def _turned(group: _Group, matrices: Array, qubit: int) -> Array:
    """Return the density operators of a group after a gate of every row on one qubit."""
    place, k = group.qubits.index(qubit), len(group.qubits)
    left, right = np.eye(2**place), np.eye(2 ** (k - place - 1))
    wide = np.einsum("ab,rij,cd->raicbjd", left, matrices, right).reshape(-1, 2**k, 2**k)
    return np.asarray(wide @ group.settled() @ wide.transpose(0, 2, 1))


def _read(groups: dict[int, _Group], register: list[int], batch: int) -> Floats:
    """Return the distribution of qubits, the least significant first."""
    group = _joined(groups, register)
    k = len(group.qubits)
    table = np.einsum("rii->ri", group.settled()).real.reshape([-1] + [2] * k)
    kept = [1 + group.qubits.index(q) for q in reversed(register)]
    others = tuple(axis for axis in range(1, k + 1) if axis not in kept)
    table = np.transpose(table, [0, *kept, *others]).reshape(len(table), 2 ** len(kept), -1)
    return np.broadcast_to(table.sum(axis=2), (batch, 2 ** len(kept))).copy()
