"""Circuits that are known, where a search would find a longer one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.aqc import Window, compile
from qtn.errors import ArgumentError
from qtn.experiments import schema
from qtn.states import MPS


def written(target: Any) -> QuantumCircuit:
    """Return the circuit that is known for a named state.

    Args:
        target: the section [target] of a recipe.

    Raises:
        ArgumentError: a state without a circuit of its own; a search finds as good ones.
    """
    match target:
        case schema.OnTrees():
            return ghz(target.qubits) if target.state == "ghz" else w(target.qubits)
        case schema.AKLT():
            return aklt(target.spins)
        case schema.Images():
            return bars_and_stripes(target.rows, target.columns)
    raise ArgumentError(
        f"[compile] `method` is textbook, but none is known here for {target.state!r}. Give the "
        "name of a compile method; there are textbook circuits of ghz, w, aklt and "
        "bars-and-stripes."
    )


def ghz(qubits: int) -> QuantumCircuit:
    """Return n - 1 CX in depth ⌈log₂ n⌉: every qubit that is done copies itself at once.

    Example:
        >>> ghz(16).depth()
        5

    Reference: Cruz et al., Adv. Quantum Technol. 2, 1900015 (2019).
    """
    circuit = QuantumCircuit(qubits)
    circuit.h(0)
    # At first one place in 2^k, then the places halfway between them.
    step = 1 << max(qubits - 1, 1).bit_length()
    while step > 1:
        step //= 2
        for control in range(0, qubits - step, 2 * step):
            circuit.cx(control, control + step)
    return circuit


def w(qubits: int) -> QuantumCircuit:
    """Return 2n - 3 CX in depth 2⌈log₂ n⌉ - 1: the excitation of a part is split between halves.

    Halves of l and r qubits:  |1⟩|0⟩ → √(l/(l+r)) |10⟩ + √(r/(l+r)) |01⟩,  |00⟩ stays. The second
    qubit is turned back and forth around a CX, so that it turns by θ where the first one is 1 and
    not at all where it is 0; another CX takes the excitation away from the first one.

    Example:
        >>> w(32).count_ops()["cx"]
        61

    Reference: Cruz et al., Adv. Quantum Technol. 2, 1900015 (2019).
    """
    circuit = QuantumCircuit(qubits)
    circuit.x(0)
    parts = [(0, qubits)] if qubits > 1 else []
    while parts:
        halves = []
        for first, end in parts:
            middle = (first + end + 1) // 2
            angle = 2.0 * math.asin(math.sqrt((end - middle) / (end - first)))
            if (first, end) == (0, qubits):
                circuit.ry(angle, middle)  # the excitation is there for sure
            else:
                back = (math.pi - angle) / 2.0
                circuit.ry(back, middle)
                circuit.cx(first, middle)
                circuit.ry(-back, middle)
            circuit.cx(middle, first)
            halves += [(first, middle), (middle, end)]
        parts = [part for part in halves if part[1] - part[0] > 1]
    return circuit


def aklt(spins: int) -> QuantumCircuit:
    """Return four CX per spin and one for the ends.

    The bond qubit b that a spin takes over goes on as b' after the matrices of the spin's three
    states, which are the Pauli matrices:  |ψ⟩ → Σ_a |a⟩ ⊗ σ_a|ψ⟩ / √3. A pair of qubits holds a as
    xz = 01, 10, 11 (one CX prepares the three with equal weight), a CZ and a CX from it apply
    XˣZᶻ to the bond, and a Bell rotation (one CX) turns the three codes into the three
    symmetric Bell states, the spin 1. All pairs are prepared and rotated at the same time; two
    gates per spin act on the bond one after another.

    Reference: Schön et al., Phys. Rev. Lett. 95, 110503 (2005) for the sequence; the gates here
    follow from the Pauli matrices of AKLT.
    """
    n = 2 * spins + 2
    circuit = QuantumCircuit(n)
    bond = n - 1
    # The first end and the bond: a singlet.
    circuit.x(bond)
    circuit.h(0)
    circuit.x(0)
    circuit.z(0)
    circuit.cx(0, bond)
    for k in range(spins):
        x, z = 2 * k + 1, 2 * k + 2
        _three(circuit, x, z)
        circuit.h(bond)
        circuit.cx(z, bond)  # between the two H a CZ
        circuit.h(bond)
        circuit.cx(x, bond)
        _bell(circuit, x, z)
    return circuit


def _three(circuit: QuantumCircuit, x: int, z: int) -> None:
    """Prepare (|01⟩ + |10⟩ + |11⟩)/√3 of two qubits by one CX."""
    # A matrix of amplitudes [[0, 1], [1, 1]]/√3 is symmetric: its eigenvectors are its Schmidt
    # vectors, at the angle θ with tan 2θ = 2, and its eigenvalues have opposite signs.
    angle = 0.5 * math.atan2(2.0, -1.0)
    golden = math.sqrt((3.0 + math.sqrt(5.0)) / 6.0)
    circuit.ry(-2.0 * math.acos(golden), x)
    circuit.cx(x, z)
    for qubit in (x, z):
        circuit.ry(2.0 * angle, qubit)


def _bell(circuit: QuantumCircuit, x: int, z: int) -> None:
    """Turn the code xz of XˣZᶻ into the Bell state that a singlet is left with, 00 into |ψ⁻⟩."""
    # |ψ⟩|ψ⁻⟩ = ½ (-|ψ⁻⟩ψ - |ψ⁺⟩Zψ + |φ⁻⟩Xψ + |φ⁺⟩XZψ), where the first is not symmetric.
    circuit.y(x)  # flips, and gives codes of x = 1 the other sign
    circuit.x(z)
    circuit.h(z)
    circuit.cx(z, x)


def bars_and_stripes(rows: int, columns: int) -> QuantumCircuit:
    """Return an exact circuit of all images of bars or of stripes: 33 CX on 4 × 4 pixels.

    In an image of bars every row has one colour, in one of stripes every column. Both are

        p(i, j) = b ⊕ v(i) ⊕ u(j),   u = 0 or v = 0,   u(0) = v(0) = 0,

    with b the colour of the corner. The corner is |+⟩, the bits of u and v are a chain of bond 2
    that a search compiles exactly, and the rest is linear: a CX for every pixel of the border and
    two for every pixel inside. The chain takes 2 (r + c - 2) - 3 CX.

    Args:
        rows: r, at least 2.
        columns: c, at least 2.

    Raises:
        ArgumentError: a single row or column, whose images are all that there are.

    Example:
        >>> bars_and_stripes(4, 4).count_ops()["cx"]
        33
    """
    if min(rows, columns) < 2:
        raise ArgumentError(
            f"Bars and stripes need at least two rows and two columns, but are {rows} x {columns}."
        )
    circuit = QuantumCircuit(rows * columns)
    pixels = np.arange(rows * columns).reshape(rows, columns)
    top, side = [int(q) for q in pixels[0, 1:]], [int(q) for q in pixels[1:, 0]]
    core = compile(_one_is_none(len(top), len(side)), Window(), progress=False).circuit
    circuit.compose(core, [*top, *side], inplace=True)
    circuit.h(0)
    for qubit in side:
        circuit.cx(0, qubit)
    for source, shift in ((side, 0), (top, 1)):
        # Every source goes through its pixels in another order, so that all work at once.
        for step in range(max(len(top), len(side))):
            for i in range(len(side)):
                for j in range(len(top)):
                    if (i + j) % max(len(top), len(side)) == step:
                        circuit.cx(source[(i, j)[shift]], int(pixels[i + 1, j + 1]))
    for qubit in top:
        circuit.cx(0, qubit)
    return circuit


def _one_is_none(first: int, second: int) -> MPS:
    """Return the sum of all bits of two parts of which one is all zeros, as a chain of bond 2."""
    # The bond says whether a bit of the first part is 1.
    before, behind = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    before[0, 0, 0] = before[0, 1, 1] = before[1, :, 1] = 1.0
    behind[0, :, 0] = behind[1, 0, 1] = 1.0
    tensors = [before] * first + [behind] * second
    tensors[0] = tensors[0][:1]
    tensors[-1] = tensors[-1].sum(axis=2, keepdims=True)
    return MPS(tuple(tensors)).normalised()
