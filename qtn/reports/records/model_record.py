"""What a page says of a model, as plain data, and where it is read off the model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.devices import Device
from qtn.errors import QtnError
from qtn.hybrid import QuantumModel
from qtn.interop.qasm import from_qasm3, to_qasm3
from qtn.models.forms.compilable import Compilable
from qtn.reports.entrants import QUANTUM, Entrant, classes_of, inner_model, is_refined
from qtn.reports.records.placed import Placement, placement
from qtn.states import MPS, TTN

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of an object without a representation of its own


@dataclass(frozen=True, slots=True)
class CircuitRecord:
    """A circuit of a quantum model, and how near it is to what it was compiled for.

    Args:
        qasm: the circuit as OpenQASM 3; empty where that cannot say it.
        gates: names and qubits in time order, as "cx 0 1"; for drawings.
        qubits, two_qubit_gates, two_qubit_depth: of it.
        infidelity: with its target; NaN where that is not known.
        floor: rigorous lower bound of the fidelity.
        seconds: CPU seconds of the compilation.
    """

    qasm: str
    gates: tuple[str, ...]
    qubits: int
    two_qubit_gates: int
    two_qubit_depth: int
    infidelity: float
    floor: float
    seconds: float

    @property
    def fidelity(self) -> float:
        """Squared overlap with the target."""
        return 1.0 - self.infidelity

    @property
    def circuit(self) -> QuantumCircuit:
        """The circuit, read again."""
        return from_qasm3(self.qasm)

    @property
    def sha256(self) -> str:
        """Hash of its OpenQASM text."""
        return hashlib.sha256(self.qasm.encode()).hexdigest() if self.qasm else ""


@dataclass(frozen=True, slots=True)
class Entropies:
    """The entanglement entropies of a state, in nats: of a chain by cuts, of a tree below nodes."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ModelRecord:
    """A model as a page shows it; in the place of the model in a comparison read from a file.

    Args:
        sort: name of its class.
        settings: what it was made with, as text.
        seed: of it; None where it has none.
        history_: what its training wrote down, per epoch.
        entropies: of the states of a tensor network.
        refined: whether its circuits were refined.
        form, device, mitigation: of a quantum model, as text.
        n: number of its qubits.
        shots: per circuit.
        why: why it has this form.
        compiled: its circuits.
        placement: where the circuit with the most gates lies; None for a device without couplings.
    """

    sort: str
    settings: str = ""
    seed: int | None = None
    history_: dict[str, tuple[float, ...]] = field(default_factory=dict)
    entropies: tuple[Entropies, ...] = ()
    refined: bool = False
    form: str = ""
    device: str = ""
    mitigation: str = ""
    n: int = 0
    shots: int = 0
    why: str = ""
    compiled: tuple[CircuitRecord, ...] = ()
    placement: Placement | None = None

    def __repr__(self) -> str:
        return f"ModelRecord({self.sort})"


def record_of(entrant: Entrant) -> ModelRecord:
    """Return the record of a compared model.

    Cost: one transpilation of a quantum model's largest circuit to its device; the entropies of
    the states of a tensor network.
    """
    model = entrant.model
    if isinstance(model, ModelRecord):
        return model
    return quantum_record(model) if entrant.kind == QUANTUM else _classical(model)


def quantum_record(model: QuantumModel | ModelRecord, placed: bool = True) -> ModelRecord:
    """Return the record of a quantum model, with or without its place on the device."""
    if isinstance(model, ModelRecord):
        return model
    circuits = tuple(map(_circuit, model.compiled))
    largest = max(model.compiled, key=lambda c: c.two_qubit_gates)
    return ModelRecord(
        sort=type(model).__name__,
        seed=model.seed,
        refined=is_refined(model),
        form=type(model.form).__name__,
        device=device_name(model.device),
        mitigation=", ".join(repr(technique) for technique in model.mitigation),
        n=model.n,
        shots=model.shots,
        why=model.why,
        compiled=circuits,
        placement=_placement(model, largest.circuit) if placed else None,
    )


def device_name(device: Any) -> str:
    """Return how a device is called."""
    if isinstance(device, str):
        return device
    name = device.label if isinstance(device, Device) else getattr(device, "name", None)
    return name if isinstance(name, str) else type(device).__name__


def _placement(model: QuantumModel, circuit: QuantumCircuit) -> Placement | None:
    try:
        return placement(circuit.remove_final_measurements(inplace=False), model.device, model.seed)
    except QtnError:  # a device of another day, or one that does not take the bare circuit
        return None


def gates_of(circuit: QuantumCircuit) -> tuple[str, ...]:
    """Return the gates of a circuit with the numbers of their qubits.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> gates_of(bell)
        ('h 0', 'cx 0 1')
    """
    return tuple(
        " ".join((i.operation.name, *(str(circuit.find_bit(q).index) for q in i.qubits)))
        for i in circuit.data
    )


def _circuit(written: Any) -> CircuitRecord:
    try:
        qasm = to_qasm3(written.circuit)
    except QtnError:
        qasm = ""
    return CircuitRecord(
        qasm=qasm,
        gates=gates_of(written.circuit),
        qubits=int(written.circuit.num_qubits),
        two_qubit_gates=int(written.two_qubit_gates),
        two_qubit_depth=int(written.two_qubit_depth),
        infidelity=float(written.infidelity),
        floor=float(written.floor),
        seconds=float(written.seconds),
    )


def _classical(model: Any) -> ModelRecord:
    inner = inner_model(model)
    return ModelRecord(
        sort=type(inner).__name__,
        settings=" ".join(_ADDRESS.sub("", repr(model)).split()),
        seed=_seed(inner),
        history_=_history(getattr(inner, "history_", None)),
        entropies=_entropies(inner),
    )


def _seed(model: Any) -> int | None:
    found = getattr(model, "seed", getattr(model, "random_state", None))
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _history(told: Any) -> dict[str, tuple[float, ...]]:
    """Return the series of numbers among what a training wrote down."""
    if not isinstance(told, Mapping):
        return {}
    series = {str(k): np.asarray(v) for k, v in told.items() if isinstance(v, list)}
    return {
        name: tuple(float(x) for x in values)
        for name, values in sorted(series.items())
        if values.ndim == 1 and values.dtype.kind in "fiu"
    }


def _entropies(model: Any) -> tuple[Entropies, ...]:
    if not isinstance(model, Compilable) or "state" not in model.forms_:
        return ()
    classes = classes_of(model)
    labels = [None] if classes is None else list(classes)
    found = []
    for label in labels:
        state = model.state() if label is None else model.state(label)
        cuts = state.entropies() if isinstance(state, MPS) else _below_nodes(state)
        if np.isfinite(cuts).all():
            found.append(Entropies("" if label is None else str(label), tuple(map(float, cuts))))
    return tuple(found)


def _below_nodes(state: TTN) -> np.ndarray:
    """Return the entropy of the sites below every node but the root."""
    return np.array([state.entropy(node) for node in range(2 * state.n - 2)])
