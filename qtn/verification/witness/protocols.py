"""Fidelity witnesses for devices, without exponential cost; each plans its shots before running.

* `CrossEntropy`: from counts alone. F = (⟨p⟩ - 2^-n) / (Σ p² - 2^-n), with p the target's
  probabilities of what was counted. It equals the fidelity if errors scatter evenly over all
  outcomes, and says so.
* `DirectFidelity`: Pauli operators P drawn with probability ⟨P⟩² / 2^n from the target, F = the
  mean of measured over ideal ⟨P⟩. Unbiased for any noise.
* `Shadows`: random Pauli bases, local observables with a standard error.
* `Mirror`: the circuit and its inverse on random basis states, so that the outcome is known; the
  polarisation S of the round trip gives about √S for one way.

Reference: Flammia and Liu, Phys. Rev. Lett. 106, 230501 (2011); Arute et al., Nature 574, 505
(2019), supplement IV; Huang, Kueng and Preskill, Nature Phys. 16, 1050 (2020); Proctor et al.,
Nature Phys. 18, 75 (2022).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli

from qtn._checks import positive_int, real
from qtn._display import Display, Displayed, Settings
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.states import MPS
from qtn.states.kernels.density import ROOT
from qtn.states.kernels.sample import amplitudes_of, sample_chain
from qtn.states.operators import PAULI

Array = NDArray[Any]
LETTERS = "IXYZ"
EXACT_COLLISIONS = 8
"""Bond up to which Σ p² is contracted exactly (cost χ^5); above it is sampled."""


@dataclass(frozen=True, slots=True, repr=False)
class ShotPlan(Displayed):
    """Circuits to run, shots of each, and what they will tell.

    Args:
        circuits: measured circuits.
        shots: shots per circuit.
        text: the plan in words.
    """

    circuits: tuple[QuantumCircuit, ...]
    shots: int
    text: str

    @property
    def total(self) -> int:
        """All shots together."""
        return self.shots * len(self.circuits)

    def _brief(self) -> str:
        return f"{len(self.circuits)} circuits, {self.total} shots"

    def _display(self) -> Display:
        rows = [("circuits", len(self.circuits)), ("shots of each", self.shots)]
        return Display("Plan of shots", [*rows, ("shots", self.total), ("plan", self.text)])


@dataclass(frozen=True, slots=True, repr=False)
class CrossEntropy(Settings):
    """Linear cross-entropy of counts against the target.

    Args:
        error: standard error to plan for.
        seed: seed of the target's own samples.
    """

    error: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        real("error", self.error, 0.0, 1.0, open_low=True)

    def plan(self, circuit: QuantumCircuit, target: MPS) -> ShotPlan:
        """Return one measured circuit and the shots that reach `error`."""
        _, spread = self._collisions(target)
        shots = max(100, math.ceil((spread / self.error) ** 2))
        text = f"{shots} shots in the computational basis for a standard error of {self.error:g}"
        return ShotPlan((_measured(circuit),), shots, text)

    def _collisions(self, target: MPS) -> tuple[float, float]:
        """Return Σ p² and the standard deviation of p / Σ p² on the target's own samples."""
        rows = target.sample(20_000, seed=self.seed)
        p = np.abs(target.amplitudes(rows)) ** 2
        exact = target.max_bond <= EXACT_COLLISIONS
        mean = collision_probability(target) if exact else float(p.mean())
        return mean, float(p.std() / mean)

    def estimate(self, bits: Array, weights: Array, target: MPS) -> Estimate:
        """Return the fidelity from counted rows (column i = qubit i) and how often each came."""
        collisions, _ = self._collisions(target)
        floor = 2.0**-target.n
        p = np.abs(target.amplitudes(bits)) ** 2
        score = (p - floor) / max(collisions - floor, 1e-300)
        total = float(weights.sum())
        mean = float(weights @ score) / total
        variance = float(weights @ (score - mean) ** 2) / max(total - 1, 1) / total
        return Estimate(mean, math.sqrt(variance), int(total), "linear cross-entropy")


@dataclass(frozen=True, slots=True, repr=False)
class DirectFidelity(Settings):
    """Direct fidelity estimation from few Pauli settings.

    Args:
        error: standard error to plan for.
        settings: number of Pauli operators; None plans 1 / error².
        seed: seed of the choice.
    """

    error: float = 0.05
    settings: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        real("error", self.error, 0.0, 1.0, open_low=True)
        if self.settings is not None:
            positive_int("settings", self.settings)

    def paulis(self, target: MPS) -> tuple[list[str], Array]:
        """Draw Pauli labels with probability ⟨P⟩² / 2^n; return them with their ⟨P⟩."""
        count = self.settings or math.ceil(1.0 / self.error**2)
        chain = pauli_chain(target)
        rows = sample_chain(chain, count, generator(self.seed, "direct-fidelity"))
        vectors = amplitudes_of(chain, rows)
        labels = ["".join(LETTERS[k] for k in row[::-1]) for row in rows]
        return labels, vectors.real * 2.0 ** (target.n / 2)

    def plan(self, circuit: QuantumCircuit, target: MPS) -> ShotPlan:
        """Return one circuit per Pauli operator, with shots for their smallest expectation."""
        labels, values = self.paulis(target)
        weakest = float(np.median(1.0 / values**2))
        shots = max(32, math.ceil(2.0 * weakest / (len(labels) * self.error**2)))
        text = (
            f"{len(labels)} Pauli settings of {shots} shots "
            f"for a standard error of about {self.error:g}"
        )
        return ShotPlan(tuple(_in_basis(circuit, label) for label in labels), shots, text)

    def estimate(self, counts: Sequence[Mapping[str, int]], target: MPS) -> Estimate:
        """Return the fidelity from the counts of the planned circuits."""
        labels, values = self.paulis(target)
        ratios = [_parity(c, label) / v for c, label, v in zip(counts, labels, values, strict=True)]
        shots = sum(sum(c.values()) for c in counts)
        error = float(np.std(ratios, ddof=1) / math.sqrt(len(ratios))) if len(ratios) > 1 else 1.0
        return Estimate(float(np.mean(ratios)), error, shots, "direct fidelity estimation")


@dataclass(frozen=True, slots=True, repr=False)
class Shadows(Settings):
    """Classical shadows: many local observables from random Pauli bases.

    Args:
        error: standard error to plan for.
        bases: number of random bases; None plans from the observables' weight.
        shots: shots per basis.
        seed: seed of the bases.
    """

    error: float = 0.05
    bases: int | None = None
    shots: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        real("error", self.error, 0.0, 1.0, open_low=True)
        positive_int("shots", self.shots)

    def labels(self, n: int, weight: int) -> list[str]:
        """Return the random bases: 3^k bases hit an observable of weight k once on average."""
        count = self.bases or math.ceil(3.0**weight / self.error**2 / 4)
        rows = generator(self.seed, "shadows").integers(1, 4, (count, n))
        return ["".join(LETTERS[k] for k in row) for row in rows]

    def plan(self, circuit: QuantumCircuit, weight: int) -> ShotPlan:
        """Return one circuit per basis, enough for observables on `weight` qubits."""
        labels = self.labels(circuit.num_qubits, weight)
        text = (
            f"{len(labels)} random bases of {self.shots} shots for observables on up to {weight} "
            f"qubits, standard error about {self.error:g}"
        )
        return ShotPlan(tuple(_in_basis(circuit, x) for x in labels), self.shots, text)

    def estimate(
        self, counts: Sequence[Mapping[str, int]], observable: str, weight: int
    ) -> Estimate:
        """Return ⟨P⟩ of a Pauli label from the counts of the planned circuits.

        Raises:
            ArgumentError: if no basis measured the observable.
        """
        labels = self.labels(len(observable), weight)
        hits = [
            _parity(c, observable)
            for c, label in zip(counts, labels, strict=True)
            if all(o in ("I", b) for o, b in zip(observable, label, strict=True))
        ]
        if len(hits) < 2:
            raise ArgumentError(
                f"Only {len(hits)} of {len(labels)} random bases measured {observable}. Plan more "
                "bases, or measure observables of this weight directly."
            )
        error = float(np.std(hits, ddof=1) / math.sqrt(len(hits)))
        return Estimate(float(np.mean(hits)), error, self.shots * len(hits), "classical shadows")


@dataclass(frozen=True, slots=True, repr=False)
class Mirror(Settings):
    """Mirror circuits: a random basis state, U, U†; the right outcome is known.

    Args:
        circuits: number of random basis states.
        error: standard error to plan for.
        seed: seed of the states.
    """

    circuits: int = 10
    error: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        positive_int("circuits", self.circuits)
        real("error", self.error, 0.0, 1.0, open_low=True)

    def plan(self, circuit: QuantumCircuit) -> ShotPlan:
        """Return the mirror circuits, U and U† kept apart by a barrier."""
        bare = circuit.remove_final_measurements(inplace=False)
        shots = math.ceil(1.0 / (self.circuits * self.error**2))
        out = []
        for label in self.labels(circuit.num_qubits):
            mirror = QuantumCircuit(circuit.num_qubits)
            mirror.append(Pauli(label).to_instruction(), range(circuit.num_qubits))
            mirror = mirror.compose(bare)
            mirror.barrier()
            out.append(_measured(mirror.compose(bare.inverse())))
        text = f"{self.circuits} mirror circuits of {shots} shots"
        return ShotPlan(tuple(out), shots, text)

    def labels(self, n: int) -> list[str]:
        """Return the layers of X and I that prepare the inputs."""
        rows = generator(self.seed, "mirror").integers(0, 2, (self.circuits, n))
        return ["".join("IX"[k] for k in row) for row in rows]

    def estimate(self, counts: Sequence[Mapping[str, int]]) -> Estimate:
        """Return the fidelity of one pass from the polarisation of the round trip.

        S = 4^n/(4^n - 1) Σ_k (-1/2)^k h_k - 1/(4^n - 1), h_k = weight at Hamming distance k from
        the known outcome; one pass has polarisation √S.
        """
        n = len(next(iter(counts[0])).replace(" ", ""))
        values = []
        for found, label in zip(counts, self.labels(n), strict=True):
            wanted = label.replace("I", "0").replace("X", "1")
            total = sum(found.values())
            moment = sum(
                c * (-0.5) ** sum(a != b for a, b in zip(key.replace(" ", ""), wanted, strict=True))
                for key, c in found.items()
            )
            scale = 1.0 - 4.0**-n
            values.append((moment / total - 4.0**-n) / scale)
        mean = max(float(np.mean(values)), 1e-9)
        error = float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 1.0
        one_way = math.sqrt(mean)
        fidelity = one_way + (1.0 - one_way) * 4.0**-n
        shots = sum(sum(c.values()) for c in counts)
        return Estimate(fidelity, error / (2 * one_way), shots, "mirror circuits")


def pauli_chain(target: MPS) -> list[Array]:
    """Return the target's density operator in the normalised Pauli basis (bonds squared)."""
    out = []
    for tensor in target.tensors:
        block = np.einsum("lir,aij,kjm->lkarm", tensor.conj(), PAULI * ROOT, tensor)
        left, middle, _, right, last = block.shape
        out.append(block.reshape(left * middle, 4, right * last))
    return out


def collision_probability(target: MPS) -> float:
    """Return Σ_x p(x)² by contracting four copies of the state.

    Cost:
        O(n χ^5).
    """
    left = np.ones((1, 1, 1, 1), dtype=complex)
    for tensor in target.tensors:
        total = np.zeros((tensor.shape[2],) * 4, dtype=complex)
        for b in range(tensor.shape[1]):
            part = left
            for k in range(4):
                factor = tensor[:, b].conj() if k % 2 else tensor[:, b]
                part = np.tensordot(part, factor, axes=(0, 0))
            total += part
        left = total
    return float(left.reshape(-1)[0].real)


def rows_of(counts: Mapping[str, int] | Any) -> tuple[Array, Array]:
    """Return rows of bits (column i = qubit i) and their weights from counts or a `BitArray`."""
    table = counts if isinstance(counts, Mapping) else counts.get_counts()
    if not table or not all(isinstance(k, str) for k in table):
        raise ArgumentError("Argument `counts` must map bit strings to numbers, and holds none.")
    keys = [k.replace(" ", "")[::-1] for k in table]
    if len({len(k) for k in keys}) != 1 or any(set(k) - set("01") for k in keys):
        raise ArgumentError("Argument `counts` must have bit strings of one length as keys.")
    weights = np.array([float(v) for v in table.values()])
    return np.array([list(k) for k in keys]).astype(np.uint8), weights


def _measured(circuit: QuantumCircuit) -> QuantumCircuit:
    if "measure" in circuit.count_ops():
        return circuit.copy()
    out = circuit.copy()
    out.measure_all()
    return out


def _in_basis(circuit: QuantumCircuit, label: str) -> QuantumCircuit:
    out = circuit.remove_final_measurements(inplace=False)
    for qubit, letter in enumerate(reversed(label)):
        if letter == "Y":
            out.sdg(qubit)
        if letter in "XY":
            out.h(qubit)
    out.measure_all()
    return out


def _parity(counts: Mapping[str, int], label: str) -> float:
    """Return the mean of ± 1 over the qubits that `label` acts on."""
    used = [k for k, letter in enumerate(label) if letter != "I"]
    total = value = 0
    for key, count in counts.items():
        bits = key.replace(" ", "")
        sign = -1 if sum(bits[k] == "1" for k in used) % 2 else 1
        value += sign * count
        total += count
    return value / total
