r"""Sparse Pauli-Lindblad noise of native two-qubit gates, and how it is learned from a device.

A twirled gate U on a pair of qubits is U ∘ Λ with Λ a Pauli channel. Written as
Λ = exp(Σ_k λ_k (P_k · P_k - 1)), λ_k >= 0, over the 15 Paulis of the pair, it has

    fidelities       f_P = exp(-2 Σ_k λ_k <P, P_k>),    <P, Q> = 1 if P and Q anticommute, else 0
    inverse norm     γ = exp(2 Σ_k λ_k)                 (quasi-probability sampling of Λ^-1)

and Λ^s is the same with s λ_k, so that amplification and inversion are both sampling of Paulis.

Learning (cycle benchmarking): repeat the gate d times with fresh twirls on a product eigenstate
of P. For a self-inverse gate and even d, <P> = A (f_P f_P')^(d/2) with P' = U P U†; A holds the
errors of preparation and measurement. The slopes of log <P> give f_P f_P' for all P, and
non-negative least squares the λ_k. Only products of the pair P, P' can be learned this way; equal
shares are assumed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ClassicalRegister, Gate
from qiskit.circuit.library import get_standard_gate_name_mapping
from scipy.optimize import nnls

from qtn._checks import bounded_int, fail, finite_array, indices, positive_int, text
from qtn._random import derived_seed, generator
from qtn.devices import Budget, Transpiled, transpile_for
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import merged
from qtn.mitigation.techniques.twirl import twirl_pairs, twirled
from qtn.mitigation.values.execute import Executor

Floats = NDArray[np.float64]
Key = tuple[str, tuple[int, int]]  # gate name and device qubits
PAIRS = tuple(p for p in itertools.product("IXYZ", repeat=2) if p != ("I", "I"))
_SELF_INVERSE = ("cx", "cz", "ecr")


def anticommute(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two Paulis anticommute.

    Example:
        >>> anticommute(("X", "I"), ("Z", "Z"))
        True
    """
    different = sum(a != b and "I" not in (a, b) for a, b in zip(left, right, strict=True))
    return different % 2 == 1


_COMMUTATION = np.array([[float(anticommute(p, q)) for q in PAIRS] for p in PAIRS])


@dataclass(frozen=True, slots=True, eq=False)
class PauliNoise:
    """Pauli-Lindblad rates of the two-qubit gates of a device.

    Args:
        rates: (15,) rates λ per gate, in the order of `PAIRS` (letter of the gate's first qubit
            first).
        shots: executions spent on learning; 0 for a model that was given.
        device: name of the device.
    """

    kind: ClassVar[str] = "pauli-noise"

    rates: Mapping[Key, Floats]
    shots: int = 0
    device: str = ""

    def of(self, name: str, qubits: tuple[int, ...]) -> Floats:
        """Return the rates of a gate.

        Raises:
            ArgumentError: the gate was not learned.
        """
        first, second = qubits
        if (name, (first, second)) in self.rates:
            return self.rates[name, (first, second)]
        if name == "cz" and (name, (second, first)) in self.rates:
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
            if is_entangling(instruction):
                total += float(self.of(*key_of(circuit, instruction)).sum())
        return float(np.exp(2 * total))

    def fidelities(self, name: str, qubits: tuple[int, ...]) -> Floats:
        """Return (16,) Pauli fidelities of a gate, I I first, then the order of `PAIRS`."""
        damped = np.exp(-2 * _COMMUTATION @ self.of(name, qubits))
        return np.concatenate([[1.0], damped])

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        gates = [[name, list(qubits)] for name, qubits in self.rates]
        stacked = np.array(list(self.rates.values())).reshape(len(gates), 15)
        return {"rates": stacked}, {"gates": gates, "shots": self.shots, "device": self.device}

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
        return cls(rates, header["shots"], header["device"])


def is_entangling(instruction: CircuitInstruction) -> bool:
    """Whether an instruction is a two-qubit gate."""
    return len(instruction.qubits) == 2 and instruction.operation.name not in ("barrier", "delay")


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
    found = (key_of(circuit, i) for i in circuit.data if is_entangling(i))
    return tuple(dict.fromkeys(found))


def learn_noise(
    circuit: QuantumCircuit | Transpiled,
    *,
    device: Any,
    shots: int = 1000,
    depths: Sequence[int] = (2, 8, 24),
    copies: int = 10,
    seed: int = 0,
    budget: Budget | None = None,
) -> PauliNoise:
    """Learn the Pauli-Lindblad noise of the two-qubit gates that a circuit uses.

    Gates on disjoint pairs are learned at the same time. Noise that a gate causes outside its own
    pair (crosstalk) is not in the model.

    Args:
        circuit: a circuit, or one transpiled to the device.
        device: anything that `qtn.run` takes.
        shots: executions of every random circuit.
        depths: even numbers of repetitions, at least two different ones.
        copies: random twirls per basis and depth.
        seed: seed of everything random.
        budget: the most that all groups may take together, checked before the first.

    Returns:
        The model with the shots it took: groups × 9 bases × depths × copies × shots.

    Raises:
        ArgumentError: odd or too few depths, no two-qubit gate, or a gate that is not its own
            inverse.

    Cost: as printed by the returned model's `shots`.

    Reference: van den Berg, Minev, Kandala, Temme, arXiv:2201.09866. Here every gate has its own
        model on its own pair instead of one model per layer.
    """
    positive_int("shots", shots)
    positive_int("copies", copies)
    chosen = sorted({int(d) for d in depths})
    if len(chosen) < 2 or any(d < 2 or d % 2 for d in chosen):
        raise ArgumentError(
            f"Argument `depths` must hold two or more even numbers, but is {list(depths)}."
        )
    native = circuit if isinstance(circuit, Transpiled) else transpile_for(circuit, device, seed)
    keys = gates_of(native.circuit)
    if not keys:
        raise ArgumentError("Argument `circuit` has no two-qubit gate, hence no noise to learn.")
    foreign = sorted({name for name, _ in keys if name not in _SELF_INVERSE})
    if foreign:
        raise ArgumentError(
            f"The noise of the gate `{foreign[0]}` cannot be learned by repetition, because it is "
            f"not its own inverse. Transpile to one of {', '.join(_SELF_INVERSE)}."
        )
    executor = Executor.of(device, budget)
    groups = _disjoint(keys)
    rates: dict[Key, Floats] = {}
    spent = 0
    for number, group in enumerate(groups):
        rng = generator(seed, "learn-noise", number)
        decays, used = _decays(
            *(executor, native, group, chosen, copies, shots, rng, seed + number),
            groups=0 if number else len(groups),
        )
        spent += used
        for place, key in enumerate(group):
            rates[key] = _rates(key[0], decays[place])
    return PauliNoise(rates, spent, executor.name)


def _disjoint(keys: Sequence[Key]) -> list[list[Key]]:
    groups: list[list[Key]] = []
    for key in keys:
        for group in groups:
            if all(not set(key[1]) & set(other[1]) for other in group):
                group.append(key)
                break
        else:
            groups.append([key])
    return groups


def _decays(
    executor: Executor,
    native: Transpiled,
    group: Sequence[Key],
    depths: Sequence[int],
    copies: int,
    shots: int,
    rng: np.random.Generator,
    seed: int,
    groups: int,
) -> tuple[list[dict[tuple[str, str], tuple[float, float]]], int]:
    """Return per gate: Pauli -> (log decay per repetition, its variance), and the shots spent.

    `groups` of this size are held against the budget first.
    """
    width = native.circuit.num_qubits
    qubits = [q for _, pair in group for q in pair]
    circuits, places = [], []
    for basis, depth in itertools.product(itertools.product("XYZ", repeat=2), depths):
        plain = _repeated(width, group, basis, depth)
        for _ in range(copies):
            circuits.append(_closed(plain, qubits, basis, executor, rng))
            places.append((basis, depth))
    executor.check([(circuits, shots)] * groups)  # all take as much as this one
    bits = executor.run(circuits, shots=shots, seed=derived_seed(seed, "learn-noise"))
    ones = [b.to_bool_array(order="little") for b in bits]
    found = []
    for number in range(len(group)):
        data: dict[tuple[str, str], dict[int, list[float]]] = {}
        for (basis, depth), table in zip(places, ones, strict=True):
            signs = 1 - 2 * table[:, 2 * number : 2 * number + 2].astype(float)
            a, b = signs.T
            for pauli, values in (
                (basis, a * b), ((basis[0], "I"), a), (("I", basis[1]), b),
            ):  # fmt: skip
                data.setdefault(pauli, {}).setdefault(depth, []).append(float(values.mean()))  # type: ignore[arg-type]
        found.append({p: _slope(d, shots) for p, d in data.items()})
    return found, len(circuits) * shots


def _repeated(
    width: int, group: Sequence[Key], basis: tuple[str, ...], depth: int
) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    for _, pair in group:
        for letter, qubit in zip(basis, pair, strict=True):
            _prepare(circuit, letter, qubit)
    for _ in range(depth):
        for name, pair in group:
            circuit.append(standard_gate(name), pair)
        circuit.barrier([q for _, pair in group for q in pair])
    for _, pair in group:
        for letter, qubit in zip(basis, pair, strict=True):
            _unprepare(circuit, letter, qubit)
    return circuit


def _closed(
    circuit: QuantumCircuit,
    qubits: Sequence[int],
    basis: tuple[str, ...],
    executor: Executor,
    rng: np.random.Generator,
) -> QuantumCircuit:
    """Twirl, merge one-qubit gates, measure."""
    ready = merged(twirled(circuit, rng), executor)
    ready.add_register(ClassicalRegister(len(qubits), "meas"))
    ready.measure(list(qubits), range(len(qubits)))
    return ready


def _prepare(circuit: QuantumCircuit, letter: str, qubit: int) -> None:
    """From |0> to the eigenstate +1 of a Pauli, with RZ and SX only."""
    if letter == "Z":
        return
    circuit.rz(np.pi / 2, qubit)
    circuit.sx(qubit)
    circuit.rz(np.pi / 2 if letter == "X" else np.pi, qubit)


def _unprepare(circuit: QuantumCircuit, letter: str, qubit: int) -> None:
    if letter == "Z":
        return
    # RZ turns +X into +Y, and SX takes +Y to |0>
    circuit.rz(np.pi / 2 if letter == "X" else 0.0, qubit)
    circuit.sx(qubit)


def _slope(data: Mapping[int, list[float]], shots: int) -> tuple[float, float]:
    """Weighted line through log <P> over depth; returns (decay per repetition, variance)."""
    depths = np.array(sorted(data), dtype=float)
    means = np.array([np.mean(data[int(d)]) for d in depths])
    total = shots * np.array([len(data[int(d)]) for d in depths])
    errors = np.sqrt(np.maximum(1 - means**2, 1 / total) / total)
    usable = means > 4 * errors  # deeper points carry no signal
    if usable.sum() < 2:
        usable = np.arange(len(depths)) < 2
    x, m = depths[usable], np.maximum(means[usable], errors[usable])
    variance = (errors[usable] / m) ** 2
    weight = 1 / variance
    centre = (weight * x).sum() / weight.sum()
    spread = (weight * (x - centre) ** 2).sum()
    slope = (weight * (x - centre) * np.log(m)).sum() / spread
    return float(-slope), float(1 / spread)


def _rates(name: str, decays: Mapping[tuple[str, str], tuple[float, float]]) -> Floats:
    """Non-negative rates from decays: -log(f_P f_P') / 2 = Σ_k λ_k (<P,k> + <P',k>)."""
    rows, rhs = [], []
    for pauli, (decay, variance) in decays.items():
        image = gate_images(name)[pauli]
        row = _COMMUTATION[PAIRS.index(pauli)] + _COMMUTATION[PAIRS.index(image)]
        scale = 1 / np.sqrt(variance)
        rows.append(row * scale)
        rhs.append(decay * scale)
    # The data leave f_P / f_P' free: a weak pull towards equal shares decides it.
    pull = 0.1 * np.mean([np.abs(row).max() for row in rows])
    for pauli, image in gate_images(name).items():
        if pauli != ("I", "I") and pauli < image:
            difference = _COMMUTATION[PAIRS.index(pauli)] - _COMMUTATION[PAIRS.index(image)]
            rows.append(pull * difference)
            rhs.append(0.0)
    solution, _ = nnls(np.array(rows), np.array(rhs))
    return np.asarray(solution)


@functools.cache
def gate_images(name: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return P -> U P U† (without sign) of a Clifford gate."""
    return dict(twirl_pairs(standard_gate(name)))


@functools.cache
def standard_gate(name: str) -> Gate:
    """Return a gate of Qiskit's library by name."""
    return get_standard_gate_name_mapping()[name]


def _swapped(rates: Floats) -> Floats:
    order = [PAIRS.index((b, a)) for a, b in PAIRS]
    return rates[order]
