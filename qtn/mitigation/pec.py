r"""Probabilistic error cancellation and amplification with a Pauli-Lindblad noise model.

The noise of a gate is Λ = Π_k (w_k + (1 - w_k) P_k · P_k), w_k = (1 + exp(-2 λ_k)) / 2. Its inverse
is γ Π_k (w_k - (1 - w_k) P_k · P_k) with γ = exp(2 Σ_k λ_k): draw P_k with probability 1 - w_k,
count the draws, and give the outcome the weight ± γ (cancellation). Drawing with λ_k (s - 1) and
weight 1 instead raises the noise to the power s (amplification).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import bounded_int, choice, fail, positive_int
from qtn.mitigation.extrapolate import FITS
from qtn.mitigation.noise_model import PAIRS, PauliNoise, is_entangling, key_of
from qtn.mitigation.technique import Context, NoiseTechnique, Variant, merged
from qtn.mitigation.twirl import append_paulis, twirl_pairs
from qtn.mitigation.zne import PARTS, checked_factors, optimal_shares


@dataclass(frozen=True, slots=True)
class PEC(NoiseTechnique):
    """Probabilistic error cancellation: unbiased for the noise that the model holds.

    Args:
        noise: the model of the circuit's gates (`learn_noise`).
        copies: random circuits; the shots are split among them. The variance of the result is
            about γ² / shots as long as copies are not fewer than a hundredth of the shots.

    Reference: Temme, Bravyi, Gambetta, arXiv:1612.02058; van den Berg et al., arXiv:2201.09866.
    """

    extrapolates: ClassVar[bool] = False

    noise: PauliNoise
    copies: int = 100
    factors: tuple[float, ...] = (1.0,)
    fit: str = ""
    order: int = 1
    by: str = "observable"

    def __post_init__(self) -> None:
        _checked_model(self.noise)
        positive_int("copies", self.copies, maximum=1_000_000)
        if tuple(self.factors) != (1.0,):
            raise fail("factors", "(1.0,) for cancellation", self.factors, "Use PEA to amplify.")

    @property
    def label(self) -> str:
        """Short name."""
        return "pec"

    def variants(self, circuit: QuantumCircuit, factor: float, context: Context) -> list[Variant]:
        """Return circuits drawn from the inverse noise, with their signed weights."""
        norm = self.noise.norm(circuit)
        found = []
        for _ in range(self.copies):
            sampled, sign = insert_paulis(circuit, self.noise, 1.0, context.rng)
            found.append(Variant(merged(sampled, context.executor), sign * norm))
        return found


@dataclass(frozen=True, slots=True)
class PEA(NoiseTechnique):
    """Probabilistic error amplification: zero-noise extrapolation without folding.

    Args:
        noise: the model of the circuit's gates (`learn_noise`).
        factors: noise factors, any numbers of at least 1.
        copies: random circuits per factor.
        fit, order, by: as in `ZNE`.

    Reference: Kim et al., Nature 618, 500 (2023).
    """

    noise: PauliNoise
    factors: tuple[float, ...] = (1.0, 2.0, 3.0)
    copies: int = 30
    fit: str = "exponential"
    order: int = 2
    by: str = "observable"

    def __post_init__(self) -> None:
        _checked_model(self.noise)
        choice("fit", self.fit, FITS)
        choice("by", self.by, PARTS)
        bounded_int("order", self.order, 1, 6)
        positive_int("copies", self.copies, maximum=1_000_000)
        object.__setattr__(self, "factors", checked_factors(self.factors, self.fit, self.order))

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "pea(" + ", ".join(f"{f:g}" for f in self.factors) + ")"

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor, for the least variance."""
        return optimal_shares(self.factors, self.fit, self.order)

    def variants(self, circuit: QuantumCircuit, factor: float, context: Context) -> list[Variant]:
        """Return circuits with Paulis drawn from the additional noise."""
        return [
            Variant(
                merged(
                    insert_paulis(circuit, self.noise, 1.0 - factor, context.rng)[0],
                    context.executor,
                )
            )
            for _ in range(self.copies)
        ]


def insert_paulis(
    circuit: QuantumCircuit, noise: PauliNoise, removed: float, rng: np.random.Generator
) -> tuple[QuantumCircuit, float]:
    """Twirl every two-qubit gate and insert Paulis that remove a part of its noise.

    Args:
        circuit: native gates.
        noise: rates of the gates.
        removed: 1 cancels the noise; -s adds s times the noise.
        rng: generator.

    Returns:
        The circuit and its sign.

    Cost: one pass.
    """
    out = circuit.copy_empty_like()
    sign = 1.0
    for instruction in circuit.data:
        if not is_entangling(instruction):
            out.append(instruction, copy=False)
            continue
        rates = noise.of(*key_of(circuit, instruction))
        chance = (1 - np.exp(-2 * abs(removed) * rates)) / 2
        drawn = np.flatnonzero(rng.random(15) < chance)
        if removed > 0 and len(drawn) % 2:
            sign = -sign
        pairs = twirl_pairs(instruction.operation)
        before, after = pairs[int(rng.integers(len(pairs)))]
        # the noise acts before the gate: Paulis of the model, then the twirl, then gate and twirl
        for index in drawn:
            first, second = PAIRS[index]
            append_paulis(out, (first, second), instruction)
        append_paulis(out, before, instruction)
        out.append(instruction, copy=False)
        append_paulis(out, after, instruction)
    return out, sign


def _checked_model(noise: PauliNoise) -> None:
    if not isinstance(noise, PauliNoise):
        raise fail("noise", "a PauliNoise", noise, "Learn it with learn_noise(circuit, device=…).")
