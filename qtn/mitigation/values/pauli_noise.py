r"""Sparse Pauli-Lindblad noise of native two-qubit gates.

A twirled gate U on a pair of qubits is U ∘ Λ with Λ a Pauli channel. Written as
Λ = exp(Σ_k λ_k (P_k · P_k - 1)), λ_k >= 0, over the 15 Paulis of the pair, it has

    fidelities       f_P = exp(-2 Σ_k λ_k <P, P_k>),    <P, Q> = 1 if P and Q anticommute, else 0
    inverse norm     γ = exp(2 Σ_k λ_k)                 (quasi-probability sampling of Λ^-1)

and Λ^s is the same with s λ_k, so that amplification and inversion are both sampling of Paulis.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qtn._checks import bounded_int, fail, finite_array, indices, text
from qtn._display import Fields
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit

Floats = NDArray[np.float64]
Key = tuple[str, tuple[int, int]]  # gate name and device qubits
LARGEST_RATE = 20.0  # a fidelity of e^-40
SYMMETRIC = frozenset({"cz", "rzz", "rxx", "ryy", "swap", "iswap", "cp"})
PAIRS = tuple(p for p in itertools.product("IXYZ", repeat=2) if p != ("I", "I"))


def anticommute(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two Paulis anticommute.

    Example:
        >>> anticommute(("X", "I"), ("Z", "Z"))
        True
    """
    different = sum(a != b and "I" not in (a, b) for a, b in zip(left, right, strict=True))
    return different % 2 == 1


COMMUTATION = np.array([[float(anticommute(p, q)) for q in PAIRS] for p in PAIRS])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PauliNoise(Fields):
    """Pauli-Lindblad rates of the two-qubit gates of a device.

    Args:
        rates: (15,) rates λ per gate, in the order of `PAIRS` (letter of the gate's first qubit
            first).
        shots: executions spent on learning; 0 for a model that was given.
        device: name of the device.
        covariances: (15, 15) statistical covariance of the rates per gate, of a learned model.

    Raises:
        ArgumentError: no gates on two different qubits, or rates that are not 15 numbers in
            [0, 20]; where one is larger, nothing of a value is left.
    """

    kind: ClassVar[str] = "pauli-noise"

    rates: Mapping[Key, Floats]
    shots: int = 0
    device: str = ""
    covariances: Mapping[Key, Floats] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        found = {_checked_key(key): _checked_rates(key, own) for key, own in self.rates.items()}
        object.__setattr__(self, "rates", found)
        shape = (len(PAIRS), len(PAIRS))
        for key, own in self.covariances.items():
            name = f"covariances[{key!r}]"
            if key not in found or finite_array(name, own, ndim=2).shape != shape:
                raise fail(name, f"an array of shape {shape} of a gate in `rates`", own)
            if np.diagonal(own).min() < 0:
                raise fail(name, "a covariance: no negative number on the diagonal", own)

    def _brief(self) -> str:
        where = f" of {self.device}" if self.device else ""
        return f"{len(self.rates)} gates{where}, {self.shots} shots"

    def of(self, name: str, qubits: tuple[int, ...]) -> Floats:
        """Return the rates of a gate.

        Raises:
            ArgumentError: the gate was not learned.
        """
        first, second = qubits
        if (name, (first, second)) in self.rates:
            return self.rates[name, (first, second)]
        if name in SYMMETRIC and (name, (second, first)) in self.rates:
            return _swapped(self.rates[name, (second, first)])
        known = ", ".join(f"{n}{list(q)}" for n, q in self.rates)
        raise ArgumentError(
            f"The noise model does not hold the gate {name}{list(qubits)}, only {known}. Learn it "
            "for this circuit (learn_noise)."
        )

    def norm(self, circuit: QuantumCircuit) -> float:
        """Return γ, the quasi-probability norm of undoing the noise of a circuit."""
        total = 0.0
        for instruction in circuit.data:
            if is_two_qubit(instruction):
                total += float(self.of(*key_of(circuit, instruction)).sum())
        return float(np.exp(2 * total))

    def fidelities(self, name: str, qubits: tuple[int, ...]) -> Floats:
        """Return (16,) Pauli fidelities of a gate, I I first, then the order of `PAIRS`."""
        damped = np.exp(-2 * COMMUTATION @ self.of(name, qubits))
        return np.concatenate([[1.0], damped])

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        gates = [[name, list(qubits)] for name, qubits in self.rates]
        stacked = np.array(list(self.rates.values())).reshape(len(gates), 15)
        arrays = {"rates": stacked}
        if self.covariances:
            none = np.zeros((len(PAIRS), len(PAIRS)))
            arrays["covariances"] = np.array([self.covariances.get(k, none) for k in self.rates])
        return arrays, {"gates": gates, "shots": self.shots, "device": self.device}

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> PauliNoise:
        """Rebuild from what `pack` returned."""
        keys: list[Key] = []
        for name, pair in header["gates"]:
            first, second = indices("qubits", pair)
            keys.append((text("gate", name), (first, second)))
        if len(set(keys)) < len(keys) or any(a == b for _, (a, b) in keys):
            raise fail("gates", "different gates on two different qubits each", header["gates"])
        if keys and finite_array("rates", arrays["rates"], ndim=2).min() < 0:
            raise fail("rates", "non-negative numbers", arrays["rates"])
        if arrays["rates"].shape != (len(keys), len(PAIRS)):
            raise fail("rates", f"numbers of shape {(len(keys), len(PAIRS))}", arrays["rates"])
        bounded_int("shots", header["shots"], 0)
        text("device", header["device"])
        rates = dict(zip(keys, arrays["rates"], strict=True))
        return cls(rates, header["shots"], header["device"], _unpacked(keys, arrays))


def _unpacked(keys: list[Key], arrays: dict[str, NDArray[Any]]) -> dict[Key, Floats]:
    """Return the covariances of a file, none where it holds none."""
    if "covariances" not in arrays:
        return {}
    found = finite_array("covariances", arrays["covariances"], ndim=3)
    if len(found) != len(keys):
        raise fail("covariances", "one matrix per gate", arrays["covariances"])
    return dict(zip(keys, found, strict=True))


def key_of(circuit: QuantumCircuit, instruction: CircuitInstruction) -> Key:
    """Return the name and device qubits of a two-qubit gate."""
    first, second = (circuit.find_bit(q).index for q in instruction.qubits)
    return instruction.operation.name, (first, second)


def gates_of(circuit: QuantumCircuit) -> tuple[Key, ...]:
    """Return the distinct two-qubit gates of a native circuit, in order of appearance.

    Example:
        >>> circuit = QuantumCircuit(2); _ = circuit.cx(0, 1); _ = circuit.cx(0, 1)
        >>> gates_of(circuit)
        (('cx', (0, 1)),)
    """
    found = (key_of(circuit, i) for i in circuit.data if is_two_qubit(i))
    return tuple(dict.fromkeys(found))


def _checked_key(key: Any) -> Key:
    name, pair = key if isinstance(key, tuple) and len(key) == 2 else (key, ())
    qubits = indices("qubits", pair) if isinstance(pair, tuple | list) else ()
    if not isinstance(name, str) or len(set(qubits)) != 2 or len(qubits) != 2:
        raise fail("rates", "keys such as ('cx', (0, 1)), a name and two different qubits", key)
    return name, (qubits[0], qubits[1])


def _checked_rates(key: Any, rates: Any) -> Floats:
    found = finite_array(f"rates of {key}", rates, ndim=1, dtype=float)
    if len(found) != len(PAIRS) or found.min() < 0 or found.max() > LARGEST_RATE:
        expected = f"{len(PAIRS)} numbers in [0, {LARGEST_RATE:g}]"
        held = f"{len(found)} numbers in [{found.min():.3g}, {found.max():.3g}]"
        raise ArgumentError(f"Argument `rates` must hold {expected} for {key}, but holds {held}.")
    return np.asarray(found)


def _swapped(rates: Floats) -> Floats:
    order = [PAIRS.index((b, a)) for a, b in PAIRS]
    return rates[order]
