"""A state as a PennyLane template: RZ, RY and CNOT on the state's own wires, no work wires.

The circuit is that of `qtn.gate`: the one of fewest CNOTs that an effort finds, else an exact one.
It is one unitary wherever it stands, so that its adjoint undoes it, and its angles may be trained.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.decomposition import add_decomps, register_resources, resource_rep
from pennylane.operation import Operation
from qiskit import transpile
from qiskit.circuit import QuantumCircuit

from qtn._checks import bounded_int, fail
from qtn.aqc.preparation import EFFORTS, USUAL, Preparation
from qtn.aqc.result import Compiled
from qtn.errors import ArgumentError

__all__ = ["Plan", "PrepareState"]

ZERO = 1e-12  # angle of a rotation that is left out
KEPT = 32  # plans that are remembered: a quantum function is called again at every step


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Gates without their angles, the angles, and a global phase.

    Args:
        n: number of wires.
        gates: pairs (name, wires) with the names "RZ", "RY" and "CNOT" and wires from 0 to n - 1.
        angles: one per rotation, in the order of the gates, shape (rotations,), in radian.
        phase: the state is that of the gates times exp(i phase).
    """

    n: int
    gates: tuple[tuple[str, tuple[int, ...]], ...]
    angles: np.ndarray = field(repr=False)
    phase: float

    @classmethod
    def of(cls, state: Any, *, infidelity: float = USUAL, effort: int = 2, seed: int = 0) -> Plan:
        """Find the circuit of a state.

        Args:
            state: as for `qtn.gate`: a compiled result brings its circuit.
            infidelity: largest one of a circuit that a search finds.
            effort: 0 the exact circuit without a search; 1 a few CPU seconds of search; 2 and 3
                `qtn.Auto` with 10 and 60 CPU seconds.
            seed: of the searches.

        Raises:
            ArgumentError: no state of qubits, or an option out of range.
        """
        bounded_int("effort", effort, 0, EFFORTS)
        found = Preparation.of(state, infidelity, seed).circuit(effort)
        return cls._written(found)

    @classmethod
    def _written(cls, circuit: QuantumCircuit) -> Plan:
        plain = transpile(circuit, basis_gates=["u", "cx"], optimization_level=1)
        gates: list[tuple[str, tuple[int, ...]]] = []
        angles: list[float] = []
        phase = float(plain.global_phase)
        for item in plain.data:
            where = tuple(plain.find_bit(q).index for q in item.qubits)
            if len(where) == 2:
                gates.append(("CNOT", where))
                continue
            # U(θ, φ, λ) = e^{i(φ + λ)/2} RZ(φ) RY(θ) RZ(λ)
            theta, phi, lam = (float(p) for p in item.operation.params)
            phase += 0.5 * (phi + lam)
            for name, angle in (("RZ", lam), ("RY", theta), ("RZ", phi)):
                if abs(angle) > ZERO:
                    gates.append((name, where))
                    angles.append(angle)
        found = np.array(angles)
        found.setflags(write=False)  # plans are remembered
        return cls(plain.num_qubits, tuple(gates), found, phase)

    def count(self, name: str) -> int:
        """Return how many gates of a name there are."""
        return sum(gate == name for gate, _ in self.gates)


class PrepareState(Operation):
    """Prepare a state from |0…0⟩ without work wires.

    Args:
        state: as for `qtn.gate` (amplitudes in Qiskit's order: site 0 least significant), or a
            `Plan`. Plans of equal states are remembered, so that a quantum function may name the
            state itself.
        wires: one per site; site i is wires[i].
        angles: of the rotations, shape (rotations,) or (batch, rotations), in radian, of any
            interface; None takes those of the plan, which prepare the state.
        infidelity: largest one of a circuit that a search finds.
        effort: from 0 (exact, no search) to 3, see `Plan.of`.
        seed: of the searches.
        id: of the operation, as for PennyLane's own.

    Raises:
        ArgumentError: no state of qubits, other wires than sites, or other angles than rotations.

    Cost: the search once per state and options.

    Example:
        >>> import qtn
        >>> ghz = np.zeros(8); ghz[[0, 7]] = 0.5**0.5
        >>> @qml.qnode(qml.device("default.qubit"))
        ... def correlation():
        ...     PrepareState(ghz, wires=["a", "b", "c"])
        ...     return qml.expval(qml.Z("a") @ qml.Z("c"))
        >>> round(float(correlation()), 6)
        1.0
    """

    num_params = 1
    ndim_params = (1,)
    grad_method = None
    resource_keys = frozenset({"rz", "ry", "cnot"})

    def __init__(
        self,
        state: Any,
        wires: Any,
        angles: Any = None,
        *,
        infidelity: float = USUAL,
        effort: int = 2,
        seed: int = 0,
        id: str | None = None,
    ) -> None:
        plan = state if isinstance(state, Plan) else _planned(state, infidelity, effort, seed)
        wires = qml.wires.Wires(wires)
        if len(wires) != plan.n:
            raise fail("wires", f"{plan.n} wires, one per site", list(wires))
        angles = plan.angles if angles is None else angles
        size = qml.math.shape(angles)[-1:]
        if size != (len(plan.angles),):
            raise ArgumentError(
                f"Argument `angles` must have {len(plan.angles)} entries, one per rotation, but "
                f"has the shape {qml.math.shape(angles)}. Begin with Plan.of(state).angles."
            )
        self._hyperparameters = {"plan": plan}
        super().__init__(angles, wires=wires, id=id)

    @property
    def resource_params(self) -> dict[str, int]:
        """Numbers of gates, for PennyLane's graph of decompositions."""
        plan = self.hyperparameters["plan"]
        return {"rz": plan.count("RZ"), "ry": plan.count("RY"), "cnot": plan.count("CNOT")}

    @staticmethod
    def compute_decomposition(angles: Any, wires: Any, plan: Plan) -> list[Operation]:
        """Return the gates.

        Args:
            angles: of the rotations.
            wires: one per site.
            plan: the gates without their angles.
        """
        return _gates(angles, qml.wires.Wires(wires), plan)

    def _flatten(self) -> tuple[Any, Any]:
        return tuple(self.data), (self.wires, self.hyperparameters["plan"])

    @classmethod
    def _unflatten(cls, data: Any, metadata: Any) -> PrepareState:
        return cls(metadata[1], metadata[0], *data)

    def label(self, decimals: Any = None, base_label: Any = None, cache: Any = None) -> str:
        """Return the name in drawings."""
        return base_label or "|ψ⟩"


def _planned(state: Any, infidelity: float, effort: int, seed: int) -> Plan:
    """Return the plan of a state; that of an equal one is remembered."""
    options = (infidelity, effort, seed)
    bounded_int("effort", effort, 0, EFFORTS)
    read = Preparation.of(state, infidelity, seed)
    own = state.circuit if isinstance(state, Compiled) else None
    return _remembered(_Key(read, _fingerprint(read, own), options))


class _Key:
    """A preparation that is compared by what it holds."""

    __slots__ = ("mark", "options", "preparation")

    def __init__(self, preparation: Preparation, mark: bytes, options: tuple[Any, ...]) -> None:
        self.preparation, self.mark, self.options = preparation, mark, options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self.mark, self.options) == (other.mark, other.options)

    def __hash__(self) -> int:
        return hash((self.mark, self.options))


@lru_cache(maxsize=KEPT)
def _remembered(key: _Key) -> Plan:
    return Plan._written(key.preparation.circuit(key.options[1]))


def _fingerprint(preparation: Preparation, circuit: QuantumCircuit | None) -> bytes:
    found = hashlib.sha256(repr(getattr(preparation.state, "pairs", None)).encode())
    for tensor in preparation.state.tensors:
        found.update(repr((tensor.shape, tensor.dtype.str)).encode())
        found.update(np.ascontiguousarray(tensor).tobytes())
    for item in () if circuit is None else circuit.data:
        where = [circuit.find_bit(q).index for q in item.qubits]  # type: ignore[union-attr]
        found.update(repr((item.operation.name, where, item.operation.params)).encode())
    return found.digest()


def _gates(angles: Any, wires: qml.wires.Wires, plan: Plan) -> list[Operation]:
    """Return the gates of a plan, which PennyLane queues as they are made."""
    found, used = [qml.GlobalPhase(-plan.phase, wires=wires)], 0
    for name, where in plan.gates:
        if name == "CNOT":
            found.append(qml.CNOT([wires[k] for k in where]))
        else:
            found.append(getattr(qml, name)(angles[..., used], wires=wires[where[0]]))
            used += 1
    return found


def _rule(angles: Any, wires: Any, plan: Plan, **_: Any) -> None:
    """The same as a rule of PennyLane's graph of decompositions."""
    _gates(angles, qml.wires.Wires(wires), plan)


def _resources(rz: int, ry: int, cnot: int) -> dict[Any, int]:
    """Return what a plan with so many gates is made of."""
    counts: Iterable[tuple[Any, int]] = ((qml.RZ, rz), (qml.RY, ry), (qml.CNOT, cnot))
    found = {resource_rep(kind): count for kind, count in counts if count}
    return {resource_rep(qml.GlobalPhase): 1, **found}


add_decomps(PrepareState, register_resources(_resources, _rule))
