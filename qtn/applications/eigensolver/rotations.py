r"""The energy of a circuit with symbolic angles, and its exact gradient.

.. math:: E(\theta) = \langle 0|U(\theta)^\dagger H\, U(\theta)|0\rangle, \quad
   \frac{\partial E}{\partial \theta_k} =
   2\,\mathrm{Re} \sum_{ab} \overline{(\partial E/\partial \bar G)_{ab}}\,
   (\partial G/\partial \theta_k)_{ab}

State vectors and adjoint differentiation up to 20 qubits, matrix product states beyond
(`qtn.hybrid.Energy` has both); a rotation's derivative is R(θ + π)/2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, instance
from qtn.errors import ArgumentError
from qtn.hybrid.refine.energy import Energy
from qtn.interop.circuits import gate_list
from qtn.states.operators import PAULI

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Array = NDArray[Any]
Floats = NDArray[np.float64]
Made = tuple[Array, list[Array]]


def _turn(letters: str) -> Callable[[Sequence[float]], Made]:
    """Return what makes exp(-iθP/2) and its derivative."""
    word = np.eye(1)
    for letter in letters:
        word = np.kron(word, PAULI["IXYZ".index(letter)])
    one = np.eye(len(word))

    def made(angles: Sequence[float]) -> Made:
        c, s = np.cos(angles[0] / 2), np.sin(angles[0] / 2)
        return c * one - 1j * s * word, [-0.5 * (s * one + 1j * c * word)]

    return made


def _u(angles: Sequence[float]) -> Made:
    """Return u(θ, φ, λ) and its derivatives."""
    theta, phi, lam = angles
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    a, b = np.exp(1j * phi), np.exp(1j * lam)
    return np.array([[c, -b * s], [a * s, a * b * c]]), [
        0.5 * np.array([[-s, -b * c], [a * c, -a * b * s]]),
        1j * np.array([[0.0, 0.0], [a * s, a * b * c]]),
        1j * np.array([[0.0, -b * s], [0.0, a * b * c]]),
    ]


MAKERS: dict[str, Callable[[Sequence[float]], Made]] = {
    "rx": _turn("X"), "ry": _turn("Y"), "rz": _turn("Z"),
    "rxx": _turn("XX"), "ryy": _turn("YY"), "rzz": _turn("ZZ"), "u": _u,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """One gate.

    Args:
        sites: the most significant one of its matrix first.
        name: of a rotation; None where the matrix is fixed.
        angles: numbers of its angles.
        matrix: of a fixed gate.
    """

    sites: tuple[int, ...]
    name: str | None
    angles: tuple[int, ...]
    matrix: Array


class AngleEnergy:
    """The energy of a circuit as a function of its angles.

    Args:
        circuit: whose parameters stand alone in rotations (`rx`, `ry`, `rz`, `rxx`, `ryy`, `rzz`,
            `u`), possibly in several.
        hamiltonian: an observable on its qubits.

    Raises:
        ArgumentError: parameters in other gates or in expressions, no parameter, measurements, no
            observable, or one on other qubits.
    """

    def __init__(self, circuit: QuantumCircuit, hamiltonian: Any) -> None:
        self.energy = hamiltonian if isinstance(hamiltonian, Energy) else Energy(hamiltonian)
        if self.energy.n != circuit.num_qubits:
            raise ArgumentError(
                f"Argument `hamiltonian` must be on the {circuit.num_qubits} qubits of the "
                f"circuit, but is on {self.energy.n}."
            )
        self.gates = read_angles(circuit)
        self.count = circuit.num_parameters

    def __call__(self, angles: Floats) -> tuple[float, Floats]:
        """Return the energy and its gradient.

        Cost: four times that of a state.
        """
        made = [_made(gate, angles) for gate in self.gates]
        sites, matrices = [g.sites for g in self.gates], [m for m, _ in made]
        value, slopes = self.energy.derivatives(sites, matrices)
        found = np.zeros(self.count)
        for gate, (_, derivatives), slope in zip(self.gates, made, slopes, strict=True):
            for number, derivative in zip(gate.angles, derivatives, strict=True):
                found[number] += 2.0 * float(np.vdot(slope, derivative).real)
        return value, found


def read_angles(circuit: Any) -> list[Placed]:
    """Return the gates of a circuit with symbolic angles.

    Raises:
        ArgumentError: see `AngleEnergy`.
    """
    from qiskit import QuantumCircuit

    instance("circuit", circuit, QuantumCircuit, "a QuantumCircuit with free parameters")
    if not circuit.num_parameters:
        raise fail("circuit", "one with free parameters", circuit, "Nothing could be optimised.")
    _check_pure(circuit)
    number = {parameter: k for k, parameter in enumerate(circuit.parameters)}
    found: list[Placed] = []
    fixed = circuit.copy_empty_like()
    fixed.global_phase = 0.0

    def close() -> None:
        """Add the fixed gates since the last rotation."""
        if fixed.data:
            known = gate_list(fixed).gates
            found.extend(Placed(q[::-1], None, (), m.astype(complex)) for q, m in known)
            fixed.data.clear()

    for item in circuit.data:
        operation = item.operation
        free = [p for p in operation.params if getattr(p, "parameters", None)]
        if not free:
            fixed.append(operation, item.qubits, item.clbits)
            continue
        alone = all(p in number for p in operation.params)
        if operation.name not in MAKERS or not alone:
            raise ArgumentError(
                f"Argument `circuit` has a parameter in {operation.name!r}"
                f"({', '.join(map(str, operation.params))}), but parameters must stand alone in "
                f"{', '.join(MAKERS)}. Decompose the gate, or give every angle its own parameter."
            )
        close()
        sites = tuple(circuit.find_bit(q).index for q in reversed(item.qubits))
        angles = tuple(number[p] for p in operation.params)
        found.append(Placed(sites, operation.name, angles, np.eye(2)))
    close()
    return found


def _check_pure(circuit: QuantumCircuit) -> None:
    """Refuse measurements: what they leave is no pure state."""
    for item in circuit.data:
        if item.clbits:
            raise ArgumentError(
                f"Argument `circuit` must hold gates only, but has {item.operation.name!r} with a "
                "classical bit. Leave measurements out: energies are computed without."
            )


def _made(gate: Placed, angles: Floats) -> Made:
    if gate.name is None:
        return gate.matrix, []
    return MAKERS[gate.name]([float(angles[k]) for k in gate.angles])
