r"""How the Pauli-Lindblad noise of two-qubit gates is learned from a device.

The model and its formulas are in `values.pauli_noise`. Cycle benchmarking: repeat the gate d times
with fresh twirls on a product eigenstate of P. For a self-inverse gate and even d,
<P> = A (f_P f_P')^(d/2) with P' = U P U†; A holds the errors of preparation and measurement. The
slopes of log <P> give f_P f_P' for all P, and non-negative least squares the λ_k. Only products of
the pair P, P' can be learned this way; equal shares are assumed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, Gate
from qiskit.circuit.library import get_standard_gate_name_mapping
from scipy.optimize import nnls

from qtn._checks import positive_int
from qtn._random import derived_seed, generator
from qtn.devices import Budget, Transpiled, transpile_for
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import merged
from qtn.mitigation.techniques.twirl import twirl_pairs, twirled
from qtn.mitigation.values.execute import Executor
from qtn.mitigation.values.pauli_noise import COMMUTATION, PAIRS, Key, PauliNoise, gates_of

Floats = NDArray[np.float64]
Decay = tuple[float, float]  # log decay per repetition, its variance
BLOCKS = 10  # of executions, for the errors of the rates
_SELF_INVERSE = ("cx", "cz", "ecr")


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
        The model with the shots it took, groups × 9 bases × depths × copies × shots, and the
        covariance of its rates by the jackknife over blocks of the executions: of copies, where
        there are ten or more. What equal shares assume is not in it.

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
    groups = _disjoint(keys)
    repeated = _Repetitions(
        Executor.of(device, budget), native.circuit.num_qubits, tuple(chosen), copies, shots
    )
    rates: dict[Key, Floats] = {}
    covariances: dict[Key, Floats] = {}
    spent = 0
    for number, group in enumerate(groups):
        circuits, places = repeated.circuits(group, generator(seed, "learn-noise", number))
        if number == 0:  # all groups take as much as the first
            repeated.executor.check([(circuits, shots)] * len(groups))
        learned = repeated.rates(group, circuits, places, seed + number)
        spent += len(circuits) * shots
        for key, (found, covariance) in zip(group, learned, strict=True):
            rates[key], covariances[key] = found, covariance
    return PauliNoise(rates, spent, repeated.executor.name, covariances)


def learning_runs(
    native: Transpiled, executor: Executor, shots: int, depths: Sequence[int], copies: int
) -> list[tuple[list[QuantumCircuit], int]]:
    """Return what `learn_noise` will run for a transpiled circuit: circuits, and shots of each."""
    groups = _disjoint(gates_of(native.circuit))
    repeated = _Repetitions(executor, native.circuit.num_qubits, tuple(depths), copies, shots)
    circuits, _ = repeated.circuits(groups[0], generator(0, "learn-noise", 0))
    return [(circuits, shots)] * len(groups)


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


@dataclass(frozen=True, slots=True)
class _Repetitions:
    """Circuits that repeat the gates of a group, and the decays that their outcomes show."""

    executor: Executor
    width: int
    depths: tuple[int, ...]
    copies: int
    shots: int

    def circuits(
        self, group: Sequence[Key], rng: np.random.Generator
    ) -> tuple[list[QuantumCircuit], list[tuple[tuple[str, str], int]]]:
        """Return the circuits, and the basis and depth of each."""
        qubits = [q for _, pair in group for q in pair]
        circuits, places = [], []
        bases = itertools.product(itertools.product("XYZ", repeat=2), self.depths)
        for (first, second), depth in bases:
            basis = (first, second)
            plain = _repeated(self.width, group, basis, depth)
            for _ in range(self.copies):
                circuits.append(_closed(plain, qubits, self.executor, rng))
                places.append((basis, depth))
        return circuits, places

    def rates(
        self,
        group: Sequence[Key],
        circuits: Sequence[QuantumCircuit],
        places: Sequence[tuple[tuple[str, str], int]],
        seed: int,
    ) -> list[tuple[Floats, Floats]]:
        """Run the circuits; return the rates of every gate of the group and their covariance."""
        outcomes = self.executor.run(
            circuits, shots=self.shots, seed=derived_seed(seed, "learn-noise")
        )
        ones = [bits.to_bool_array(order="little") for bits in outcomes]
        # copies of one basis and depth follow each other: blocks of executions are blocks of copies
        settings = places[:: self.copies]
        total = self.copies * self.shots
        blocks = min(BLOCKS, total)
        edges = np.arange(blocks) * total // blocks
        sizes = np.diff([*edges, total])
        found = []
        for number, (name, _) in enumerate(group):
            signs = np.array([1 - 2.0 * bits[:, 2 * number : 2 * number + 2] for bits in ones])
            a, b = np.moveaxis(signs.reshape(len(settings), total, 2), 2, 0)
            sums: dict[tuple[str, str], Floats] = {}
            counts: dict[tuple[str, str], Floats] = {}
            shape = len(self.depths), blocks
            for row, ((first, second), depth) in enumerate(settings):
                at = self.depths.index(depth)
                for pauli, values in (
                    ((first, second), a[row] * b[row]),
                    ((first, "I"), a[row]),
                    (("I", second), b[row]),
                ):
                    sums.setdefault(pauli, np.zeros(shape))[at] += np.add.reduceat(values, edges)
                    counts.setdefault(pauli, np.zeros(shape))[at] += sizes
            found.append(_jackknife(name, self.depths, sums, counts))
        return found


def _jackknife(
    name: str,
    depths: Sequence[int],
    sums: Mapping[tuple[str, str], Floats],
    counts: Mapping[tuple[str, str], Floats],
) -> tuple[Floats, Floats]:
    """Return rates and their covariance, (m - 1) / m Σ_b (λ_b - mean)(λ_b - mean)ᵀ.

    λ_b are the rates without block b. All data of a block are left out together, so that what the
    same executions say about several Paulis counts as one.

    Args:
        name: of the gate.
        depths: of the repetitions.
        sums: (depths, blocks) sums of the signs, by Pauli.
        counts: (depths, blocks) of the executions behind them.
    """

    def without(block: int | None) -> Floats:
        kept = {p: s if block is None else np.delete(s, block, 1) for p, s in sums.items()}
        size = {p: c if block is None else np.delete(c, block, 1) for p, c in counts.items()}
        return _rates(
            name, {p: _slope(depths, kept[p].sum(1), size[p].sum(1)) for p in sums}
        )  # fmt: skip

    blocks = next(iter(sums.values())).shape[1]
    if blocks < 2:  # one execution of each circuit tells no error
        return without(None), np.zeros((len(PAIRS), len(PAIRS)))
    others = np.array([without(block) for block in range(blocks)])
    off = others - others.mean(0)
    return without(None), (blocks - 1) / blocks * off.T @ off


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


def _slope(depths: Sequence[int], sums: Floats, total: Floats) -> Decay:
    """Weighted line through log <P> over depth; returns (decay per repetition, variance)."""
    means = sums / total
    errors = np.sqrt(np.maximum(1 - means**2, 1 / total) / total)
    usable = means > 4 * errors  # deeper points carry no signal
    if usable.sum() < 2:
        usable = np.arange(len(depths)) < 2
    x, m = np.array(depths, float)[usable], np.maximum(means[usable], errors[usable])
    variance = (errors[usable] / m) ** 2
    weight = 1 / variance
    centre = (weight * x).sum() / weight.sum()
    spread = (weight * (x - centre) ** 2).sum()
    slope = (weight * (x - centre) * np.log(m)).sum() / spread
    return float(-slope), float(1 / spread)


def _rates(name: str, decays: Mapping[tuple[str, str], Decay]) -> Floats:
    """Non-negative rates from decays: -log(f_P f_P') / 2 = Σ_k λ_k (<P,k> + <P',k>)."""
    rows, rhs = [], []
    for pauli, (decay, variance) in decays.items():
        image = gate_images(name)[pauli]
        row = COMMUTATION[PAIRS.index(pauli)] + COMMUTATION[PAIRS.index(image)]
        scale = 1 / np.sqrt(variance)
        rows.append(row * scale)
        rhs.append(decay * scale)
    # The data leave f_P / f_P' free: a weak pull towards equal shares decides it.
    pull = 0.1 * np.mean([np.abs(row).max() for row in rows])
    for pauli, image in gate_images(name).items():
        if pauli != ("I", "I") and pauli < image:
            difference = COMMUTATION[PAIRS.index(pauli)] - COMMUTATION[PAIRS.index(image)]
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
