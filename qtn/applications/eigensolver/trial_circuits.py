"""Circuits with free angles, where an eigensolver searches: compiled networks, RY–RZ layers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, instance, positive_int
from qtn._display import Settings
from qtn._random import generator
from qtn.aqc import Compiled, Method, Staircase, Window
from qtn.aqc import compile as compile_state
from qtn.errors import ArgumentError
from qtn.hybrid.refine.descents.jobs import freed, with_identities
from qtn.hybrid.refine.starts import Extended
from qtn.physics import ground_state
from qtn.states import MPS

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]
STARTS = ("compiled", "random", "identity")
SPREAD = 0.01  # radian, of the angles of "identity": on it itself many energies have no slope


@dataclass(frozen=True, slots=True, repr=False)
class NetworkAnsatz(Settings):
    """A ground state of small bond, compiled, with gates behind it that begin as the identity.

    Args:
        bond: of the chain that `qtn.ground_state` finds.
        method: how it is compiled; None for `qtn.Staircase(1)` at bond 2, which holds the chain,
            and `qtn.Window()` beyond.
        more: gates behind it, `qtn.Extended(...)`; each takes two CX, and four angles where all
            gates are real, twelve elsewhere.

    Raises:
        ArgumentError: no bond, no method, no extension.

    Example:
        >>> NetworkAnsatz(bond=2).bond
        2

    Reference: Rudolph et al., Nat. Commun. 14, 8367 (2023).
    """

    bond: int = 4
    method: Method | None = None
    more: Extended = field(default_factory=Extended)

    def __post_init__(self) -> None:
        bounded_int("bond", self.bond, 2)
        if self.method is not None:
            instance("method", self.method, Method, "None or a compile method such as qtn.Window()")
        instance("more", self.more, Extended, "qtn.Extended(...)")


@dataclass(frozen=True, slots=True, repr=False)
class RyRz(Settings):
    """Layers of RY and RZ on all qubits with CX between neighbours, RY and RZ at the end.

    Args:
        layers: of CX.

    Raises:
        ArgumentError: no layers.

    Example:
        >>> RyRz(2).circuit(3).num_parameters
        18

    Reference: arXiv:2403.07025, the ansatz of neural zero-noise extrapolation.
    """

    layers: int = 2

    def __post_init__(self) -> None:
        positive_int("layers", self.layers)

    def circuit(self, n: int) -> QuantumCircuit:
        """Return the circuit on `n` qubits with parameters `t[0]`, `t[1]`, ….

        Raises:
            ArgumentError: no qubits.
        """
        from qiskit.circuit import ParameterVector, QuantumCircuit

        positive_int("n", n)
        names = iter(ParameterVector("t", 2 * n * (self.layers + 1)))
        out = QuantumCircuit(n)
        for layer in range(self.layers + 1):
            for qubit in range(n):
                out.ry(next(names), qubit)
                out.rz(next(names), qubit)
            if layer < self.layers:
                for qubit in range(n - 1):
                    out.cx(qubit, qubit + 1)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A circuit to search in.

    Args:
        circuit: with a parameter for every angle.
        angles: where the search begins.
        network: the chain it comes from, if it does.
        compiled: the chain's circuit, without the gates added.
    """

    circuit: QuantumCircuit
    angles: Floats
    network: MPS | None = None
    compiled: Compiled | None = None


def trial(hamiltonian: Any, n: int, ansatz: Any, start: str, seed: int) -> Trial:
    """Return the circuit of an ansatz, and where the search in it begins.

    Args:
        hamiltonian: whose ground state is sought.
        n: its qubits.
        ansatz: `NetworkAnsatz`, `RyRz`, a `Compiled`, or a `QuantumCircuit` with free parameters.
        start: "compiled", "random" (all angles uniform) or "identity" (all near 0).
        seed: of the angles, and of the compilation.

    Raises:
        ArgumentError: another ansatz, other qubits, or "compiled" without anything compiled.
    """
    if isinstance(ansatz, NetworkAnsatz):
        found = _network(hamiltonian, ansatz, seed)
    elif isinstance(ansatz, Compiled):
        found = _written(ansatz, None)
    else:
        circuit = ansatz.circuit(n) if isinstance(ansatz, RyRz) else ansatz
        found = Trial(_checked(circuit), np.zeros(0))
    if found.circuit.num_qubits != n:
        raise ArgumentError(
            f"Argument `ansatz` must be on the {n} qubits of the Hamiltonian, but is on "
            f"{found.circuit.num_qubits}."
        )
    if start == "compiled":
        if found.compiled is None:
            raise ArgumentError(
                'Argument `start` can be "compiled" only for a NetworkAnsatz or a compiled '
                'circuit. Take "random" or "identity".'
            )
        return found
    rng, count = generator(seed, "angles", start), found.circuit.num_parameters
    drawn = rng.uniform(-np.pi, np.pi, count) if start == "random" else rng.normal(0, SPREAD, count)
    return Trial(found.circuit, drawn, found.network, found.compiled)


def _network(hamiltonian: Any, ansatz: NetworkAnsatz, seed: int) -> Trial:
    network = ground_state(hamiltonian, max_bond=ansatz.bond, progress=False)
    usual = Staircase(1) if network.max_bond <= 2 else Window()
    compiled = compile_state(network, ansatz.method or usual, seed=seed, progress=False)
    blocks = ansatz.more.apply(compiled.sequence)
    return _written(replace(compiled, sequence=blocks), network)


def _written(compiled: Compiled, network: MPS | None) -> Trial:
    """Return a compiled circuit with a parameter for every angle, its identities written too."""
    free, angles = freed(with_identities(compiled.circuit, compiled.sequence))
    return Trial(free, angles, network, compiled)


def _checked(circuit: Any) -> QuantumCircuit:
    from qiskit import QuantumCircuit

    if not isinstance(circuit, QuantumCircuit):
        expected = "NetworkAnsatz(...), RyRz(...), a compiled circuit or a QuantumCircuit"
        raise fail("ansatz", expected, circuit)
    return circuit
