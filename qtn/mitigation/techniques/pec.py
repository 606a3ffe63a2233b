r"""Probabilistic error cancellation and amplification with a Pauli-Lindblad noise model.

The noise of a gate is Λ = Π_k (w_k + (1 - w_k) P_k · P_k), w_k = (1 + exp(-2 λ_k)) / 2. Its inverse
is γ Π_k (w_k - (1 - w_k) P_k · P_k) with γ = exp(2 Σ_k λ_k): draw P_k with probability 1 - w_k,
count the draws, and give the outcome the weight ± γ (cancellation). Drawing with λ_k (s - 1) and
weight 1 instead raises the noise to the power s (amplification).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, instance, positive_int, real
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.absorption.gate_shades import ShadedGates, shaded_gates
from qtn.mitigation.noise_forms.layers import LayerNoise
from qtn.mitigation.techniques.base import (
    Context,
    Task,
    Technique,
    Variant,
    free_parameters,
    merged,
)
from qtn.mitigation.techniques.extrapolating import Extrapolating, check_fit
from qtn.mitigation.techniques.twirl import append_paulis, twirl_pairs
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.pauli_noise import PAIRS, PauliNoise, key_of
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NONE, ODD, EVEN, FREE = range(4)  # strata by the number of inserted Paulis; FREE is all of them
LARGEST_NORM = 1e12
MIN_SCATTER = 8  # copies of a stratum
LEAST_SHARE = 0.3  # of the shots that a copy would get if all got the same


@dataclass(frozen=True, slots=True, repr=False)
class PEC(Technique):
    """Probabilistic error cancellation: unbiased for the noise that the model holds.

    Args:
        noise: the model of the circuit's gates (`learn_noise`).
        copies: random circuits; the shots are split among them. From 24 on they are drawn in
            strata: without, with an odd, and with a positive even number of Paulis. The
            probabilities of the strata are known, so that the sign, the largest source of
            variance between circuits, is not left to chance.
        shade: bias that may be left. Paulis that hardly change the observable, by rigorous bounds,
            are then not cancelled, which saves their part of the variance γ²; the plan shows both.
            0 cancels everything.
        shaded: from an earlier plan of the same circuit; None computes it.

    Reference: Temme, Bravyi, Gambetta, arXiv:1612.02058; van den Berg et al., arXiv:2201.09866; for
        `shade` arXiv:2409.04401.
    """

    stage: ClassVar[str] = "noise"
    on_gates: ClassVar[bool] = True
    removable: ClassVar[bool] = False

    noise: PauliNoise
    copies: int = 100
    shade: float = 0.0
    shaded: ShadedGates | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _checked_model(self.noise)
        positive_int("copies", self.copies, maximum=1_000_000)
        real("shade", self.shade, 0.0)
        if self.shaded is not None:
            instance("shaded", self.shaded, ShadedGates, "what an earlier plan cancels, or None")

    @property
    def label(self) -> str:
        """Short name."""
        return "pec"

    def prepare(self, task: Task, context: Context) -> Self:
        """Return the technique with what is cancelled of every gate, where some may be left."""
        if not self.shade or self.shaded is not None:
            return self
        if task.native.circuit.num_parameters:
            raise free_parameters(self)
        native = task.native
        found = shaded_gates(
            native.circuit, self.noise, task.observables, native.qubits, self.shade
        )
        return replace(self, shaded=found)

    def adopt(self, planned: Self) -> Self:
        """Return these options with what was cancelled."""
        return replace(self, shaded=planned.shaded)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with what to expect of the cancellation."""
        own = self.shaded
        if own is None:
            return task
        rows = {
            "bias": f"at most {own.bias:.2g} (without cancellation {own.raw:.2g}), if the model is "
            "right",
            "variance": f"{own.cost:.3g} times that of the noisy value, {own.whole:.3g} unshaded",
        }
        return replace(task, forecast={**task.forecast, **rows})

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Return the value; a bias that may be left is part of its error, as if spread evenly."""
        plain = before()
        if self.shaded is None:
            return plain
        label = f"{self.label}, bias of at most {self.shaded.bias:.2g}"
        extra = plain.extra + np.asarray(self.shaded.bias**2 / 3)
        return replace(plain, extra=extra, labels={**plain.labels, self.stage: label})

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return circuits drawn from the inverse noise, with their signed weights."""
        circuit, rng = variant.circuit, context.rng
        chances = insertion_chances(circuit, self.noise, 1.0)
        if self.shaded is not None:
            chances = chances * self.shaded.masks(circuit)
        norm = float(np.prod(1 / (1 - 2 * chances)))
        if norm > LARGEST_NORM:
            raise ArgumentError(
                f"Cancelling the noise of this circuit multiplies errors by {norm:.1e}: nothing of "
                "the value is left. Take a shorter circuit, or check the rates of the model."
            )
        found = []
        for stratum, (probability, copies) in enumerate(self._strata(chances)):
            scale = variant.weight * norm * probability * self.copies / max(copies, 1)
            # rare strata keep enough shots for a scatter between their copies
            share = variant.share * max(probability / max(copies, 1), LEAST_SHARE / self.copies)
            for _ in range(copies):
                drawn = (
                    rng.random(chances.shape) < chances
                    if stratum == FREE
                    else conditioned(chances, stratum, rng)
                )
                sampled, sign = insert_paulis(circuit, drawn, rng)
                ready = merged(sampled, context.executor)
                one = replace(variant, circuit=ready, weight=sign * scale)
                found.append(replace(one, stratum=stratum, share=share))
        return found

    def _strata(self, chances: Floats) -> list[tuple[float, int]]:
        """Probability and copies of: no Pauli, an odd number, another even number, free draws."""
        none = float(np.prod(1 - chances))
        odd = float(1 - np.prod(1 - 2 * chances)) / 2
        if self.copies < 3 * MIN_SCATTER:
            return [(0.0, 0), (0.0, 0), (0.0, 0), (1.0, self.copies)]
        if odd < 1e-9:
            return [(1.0, self.copies)]
        even = max(1 - none - odd, 0.0)
        # the copies without Paulis differ by their twirls alone, so a part of them is enough
        first = max(MIN_SCATTER, self.copies // 4)
        third = min(
            max(MIN_SCATTER, round((self.copies - first) * even / (odd + even))),
            self.copies - first - MIN_SCATTER,
        )
        return [(none, first), (odd, self.copies - first - third), (even, third)]


@dataclass(frozen=True, slots=True, repr=False)
class PEA(Extrapolating):
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
        positive_int("copies", self.copies, maximum=1_000_000)
        check_fit(self)

    @property
    def label(self) -> str:
        """Short name with the factors."""
        return "pea(" + ", ".join(f"{f:g}" for f in self.factors) + ")"

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return circuits with Paulis drawn from the additional noise."""
        circuit, rng = variant.circuit, context.rng
        chances = insertion_chances(circuit, self.noise, variant.factor - 1.0)
        drawn = [rng.random(chances.shape) < chances for _ in range(self.copies)]
        inserted = [merged(insert_paulis(circuit, d, rng)[0], context.executor) for d in drawn]
        return [replace(variant, circuit=one) for one in inserted]


def insertion_chances(circuit: QuantumCircuit, noise: PauliNoise, strength: float) -> Floats:
    """Return the probability of each of the 15 Paulis at every two-qubit gate, (gates, 15).

    Args:
        circuit: native gates.
        noise: rates of the gates.
        strength: multiple of the noise that is removed or added.
    """
    rates = [noise.of(*key_of(circuit, i)) for i in circuit.data if is_two_qubit(i)]
    return (1 - np.exp(-2 * strength * np.array(rates).reshape(-1, 15))) / 2


def conditioned(chances: Floats, stratum: int, rng: np.random.Generator) -> Bools:
    r"""Draw independent events given that their number is 0, odd, or even and positive.

    With Z_j and B_j the products of (1 - p) and (1 - 2 p) over the events from j on, the number of
    those events is odd with probability (1 - B_j) / 2 and even and positive with
    (1 + B_j) / 2 - Z_j: event by event, the condition on the rest follows exactly.

    Args:
        chances: probabilities p, any shape.
        stratum: `NONE`, `ODD` or `EVEN`.
        rng: generator.

    Cost: one pass over the events.

    Example:
        >>> p = np.full(6, 0.1)
        >>> [int(conditioned(p, s, np.random.default_rng(0)).sum()) for s in (NONE, ODD, EVEN)]
        [0, 3, 4]
    """
    p = chances.ravel()
    none = np.append(np.cumprod((1 - p)[::-1])[::-1], 1.0)
    parity = np.append(np.cumprod((1 - 2 * p)[::-1])[::-1], 1.0)
    odd, even = (1 - parity) / 2, (1 + parity) / 2
    events = np.zeros(len(p), dtype=bool)
    want_odd, met = stratum == ODD, stratum == NONE
    for j in range(len(p) if stratum != NONE else 0):
        # what the rest must do if this event happens, and if it does not
        yes = p[j] * (even[j + 1] if want_odd else odd[j + 1])
        no = (1 - p[j]) * (odd[j + 1] if want_odd else even[j + 1] - (0.0 if met else none[j + 1]))
        if rng.random() * (yes + no) < yes:
            events[j], met, want_odd = True, True, not want_odd
    return events.reshape(chances.shape)


def insert_paulis(
    circuit: QuantumCircuit, drawn: Bools, rng: np.random.Generator
) -> tuple[QuantumCircuit, float]:
    """Twirl every two-qubit gate and insert Paulis.

    Args:
        circuit: native gates.
        drawn: (gates, 15) which Paulis are inserted before which two-qubit gate.
        rng: generator of the twirls.

    Returns:
        The circuit, and the sign -1 to the number of Paulis.

    Cost: one pass.
    """
    out = circuit.copy_empty_like()
    gate = 0
    for instruction in circuit.data:
        if not is_two_qubit(instruction):
            out.append(instruction, copy=False)
            continue
        pairs = twirl_pairs(instruction.operation)
        before, after = pairs[int(rng.integers(len(pairs)))]
        # the noise acts before the gate: Paulis of the model, then the twirl, then gate and twirl
        for index in np.flatnonzero(drawn[gate]):
            first, second = PAIRS[index]
            append_paulis(out, (first, second), instruction)
        append_paulis(out, before, instruction)
        out.append(instruction, copy=False)
        append_paulis(out, after, instruction)
        gate += 1
    return out, float(1 - 2 * (int(drawn.sum()) % 2))


def _checked_model(noise: PauliNoise) -> None:
    if isinstance(noise, LayerNoise):
        raise fail(
            "noise", "a PauliNoise", noise,
            "Take PNA or TEM, which know layers, or noise.per_gate() where it has no crosstalk.",
        )  # fmt: skip
    if not isinstance(noise, PauliNoise):
        raise fail("noise", "a PauliNoise", noise, "Learn it with learn_noise(circuit, device=…).")
