r"""Hadamard tests without controlled gates: ⟨s|U|s⟩ of a braid from counts.

Bit :math:`x_1` of a string :math:`s = 01 x_2 … x_n` (see `qtn.applications.knots.paths`) is 1 in
every string; the string of zeros :math:`r = 00…0` is none, and every gate below gives it a phase
that is known. From (|r⟩ + |s⟩)/√2, made by CX from x₁, the braid leads to (ρ|r⟩ + U|s⟩)/√2; the
same CX again and a measurement of x₁ in X or Y, of the others in Z, give

.. math:: p(+, 0…0) - p(-, 0…0) = \mathrm{Re}\, \bar ρ ⟨s|U|s⟩ \quad (\mathrm{Im\ for\ Y}),

where outcomes with other bits than 0…0 count 0.

A crossing is :math:`A \exp(iθΠ)` with the projector Π on |010⟩ and |1v1⟩ and
:math:`e^{iθ} = -A^{-4}`; k equal letters in a row give kθ. A reflection of the middle bit that
takes v to 1, switched on by the left bit, makes Π diagonal; the phase that is then wanted, θ where
the outer bits agree and the middle bit is 1, is a sum of three terms ZZ if |r⟩ may have the phase
2θ:

.. math:: f = θ\,(2 - 2a - b - 2c + ab + 2ac + bc)

for bits a, b, c: six CX for each crossing, four where a = x₁ and none where the left bit is x₀ = 0.

Errors are fought by what is known of the right outcome. "rejection": after the second CX the bits
of a braid branch are s ⊕ s' with a string s', so that outcomes which stand for no string, in
either branch, are errors and are left out. "conjugate": the mirror image has the conjugate value,
but the same phase error from gates that turn too far; the product of the two tells the phase.

Reference: Laakkonen et al., arXiv:2503.05625, for the control-free test, rejection and the
conjugate trick. What differs: x₀ is no qubit, reflections take one CX each, all strings are
measured where they are few, and drawn with their weights in the trace otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import derived_seed, generator
from qtn.applications.knots.braid import Braid
from qtn.applications.knots.paths import (
    KAUFFMAN,
    PHI,
    Bits,
    normalised,
    plat_string,
    strings,
    trace_weights,
)

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

# All strings are measured up to this number; beyond, so many are drawn.
MAX_STRINGS = 34
# The reflection takes v = (1/φ, 1/√φ) to |1⟩: RY(2α) Z RY(-2α) turned onto the axis between them.
_ANGLE = float(np.arctan2(PHI**-0.5, 1 / PHI))


@dataclass(frozen=True, slots=True)
class Measured:
    """⟨L⟩/φ from counts.

    Args:
        value: real and imaginary part.
        stderr: their standard errors.
        shots: circuit executions in all.
        kept: the part of them that was not rejected.
        circuits: number of circuits.
        cx: largest number of CX of a circuit before it is put on the device.
    """

    value: complex
    stderr: tuple[float, float]
    shots: int
    kept: float
    circuits: int
    cx: int


def hadamard_test(braid: Braid, string: Bits, imaginary: bool = False) -> QuantumCircuit:
    """Return the circuit that measures ⟨s|U|s⟩; qubit k is the bit x_(k+1)."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(braid.strands)
    others = [k for k in range(1, braid.strands) if string[k + 1]]
    circuit.h(0)
    for k in others:
        circuit.cx(0, k)
    phase = 0.0
    for letter, run in groupby(braid.word):
        turns = len(list(run)) * (1 if letter > 0 else -1)
        phase += turns * float(np.angle(KAUFFMAN))
        phase += _crossed(circuit, abs(letter), turns * _turn())
    for k in others:
        circuit.cx(0, k)
    # The phase of U|s⟩ that the gates leave out, and that of |r⟩, with which it is compared.
    circuit.p(phase, 0)
    if imaginary:
        circuit.sdg(0)
    circuit.h(0)
    circuit.measure_all()
    return circuit


def _turn() -> float:
    """Return θ, the phase of -A^(-4)."""
    return float(np.angle(-(KAUFFMAN**-4)))


def _crossed(circuit: QuantumCircuit, i: int, theta: float) -> float:
    """Apply exp(iθΠ) on x_(i-1), x_i, x_(i+1), and return the phase that |r⟩ gets from it."""
    b, c = i - 1, i
    if i == 1:  # x₀ = 0 and x₁ = 1: the phase θ if x₂ = 0, which |r⟩ gets as well
        circuit.x(c)
        circuit.p(theta, c)
        circuit.x(c)
        return theta
    a = b - 1
    _reflected(circuit, a, b)
    if i == 2:  # a = x₁ is 1 but in |r⟩: the phase θ if b = c = 1
        circuit.cp(theta, b, c)
        _reflected(circuit, a, b)
        return 0.0
    # ab = (1 - Z)(1 - Z)/4 and so on: f in terms of Z and ZZ, up to a constant.
    circuit.rz(-2 * theta + theta / 2 + theta, a)
    circuit.rz(-theta + theta / 2 + theta / 2, b)
    circuit.rz(-2 * theta + theta + theta / 2, c)
    circuit.rzz(-theta / 2, a, b)
    circuit.rzz(-theta, a, c)
    circuit.rzz(-theta / 2, b, c)
    circuit.global_phase += 2 * theta - (2 + 1 + 2) * theta / 2 + (1 + 2 + 1) * theta / 4
    _reflected(circuit, a, b)
    return 2 * theta


def _reflected(circuit: QuantumCircuit, a: int, b: int) -> None:
    """Reflect bit b if bit a is 1, so that v and |1⟩ change places."""
    # v = (cos α, sin α); the axis halfway to (0, 1) has the angle α/2 + π/4.
    half = _ANGLE / 2 + np.pi / 4
    circuit.ry(-2 * half, b)
    circuit.cz(a, b)
    circuit.ry(2 * half, b)


def measured(
    braid: Braid,
    shots: int,
    mitigation: Sequence[str] = (),
    seed: int = 0,
    **options: Any,
) -> Measured:
    """Run the Hadamard tests of a braid and return ⟨L⟩/φ.

    Args:
        braid: a closed braid.
        shots: circuit executions in all, shared out among the circuits.
        mitigation: "rejection", "conjugate", both or none.
        seed: of drawn strings, transpilation and counts.
        options: further options of `qtn.run`.
    """
    chosen, weights = _chosen(braid, shots, seed)
    mirror = "conjugate" in mitigation
    sides = (braid, braid.mirror) if mirror else (braid,)
    circuits = [hadamard_test(b, s, part) for b in sides for s in chosen for part in (False, True)]
    each = max(1, shots // len(circuits))
    found = _counted(circuits, each, derived_seed(seed, "jones"), options)
    pairs = np.array([
        _moments(counts, s if "rejection" in mitigation else None)
        for counts, (_, s, _) in zip(
            found, ((b, s, p) for b in sides for s in chosen for p in (False, True)), strict=True
        )
    ])  # fmt: skip
    table = pairs.reshape(len(sides), len(chosen), 2, 3)
    values = table[..., 0, 0] + 1j * table[..., 1, 0]
    sums = values @ weights
    errors = np.sqrt(np.einsum("bsp,s->bp", table[..., 1], weights**2))
    if len(chosen) < len(strings(braid.strands)) and braid.closure == "markov":
        errors = _spread(values, weights)  # of strings and of shots together
    value, stderr = _joined(sums, errors) if mirror else (complex(sums[0]), errors[0])
    kept = float(table[..., 2].mean())
    size = max(c.count_ops().get("cz", 0) + c.count_ops().get("cx", 0)
               + 2 * c.count_ops().get("rzz", 0) + 2 * c.count_ops().get("cp", 0)
               for c in circuits)  # fmt: skip
    shape = (float(stderr[0]), float(stderr[1]))
    return Measured(value, shape, each * len(circuits), kept, len(circuits), size)


def value_of(braid: Braid, found: Measured) -> tuple[complex, tuple[float, float]]:
    """Return V(exp(2πi/5)) and the standard errors of its two parts."""
    factor = normalised(braid, 1.0)
    # Real and imaginary part mix when the value is turned by the phase of the writhe.
    re, im = found.stderr
    turned = (
        float(np.hypot(factor.real * re, factor.imag * im)),
        float(np.hypot(factor.imag * re, factor.real * im)),
    )
    return factor * found.value, turned


def _chosen(braid: Braid, shots: int, seed: int) -> tuple[list[Bits], NDArray[np.float64]]:
    """Return the strings to measure and what each counts in ⟨L⟩/φ."""
    n = braid.strands
    if braid.closure == "plat":
        return [plat_string(n)], np.array([PHI ** (n // 2 - 1)])
    basis = strings(n)
    weights = trace_weights(basis) / PHI
    if len(basis) <= MAX_STRINGS:
        return list(basis), weights
    rng = generator(seed, "strings")
    drawn = rng.choice(len(basis), size=MAX_STRINGS, p=weights / weights.sum())
    return [basis[k] for k in drawn], np.full(MAX_STRINGS, weights.sum() / MAX_STRINGS)


def _counted(
    circuits: Sequence[QuantumCircuit], shots: int, seed: int, options: dict[str, Any]
) -> list[dict[str, int]]:
    from qtn.devices import run

    result = run(list(circuits), shots=shots, seed=seed, **options)
    return [result.counts(k) for k in range(len(circuits))]


def _moments(counts: dict[str, int], string: Bits | None) -> tuple[float, float, float]:
    """Return mean and variance of the mean of ±1 or 0, and the part kept.

    Outcomes are as Qiskit prints them: x₁ is the last character.
    """
    total = kept = plus = minus = 0
    for bits, count in counts.items():
        total += count
        rest = np.array([b == "1" for b in bits[::-1]])[1:]
        if string is not None and not _possible(rest, string):
            continue
        kept += count
        if not rest.any():
            plus, minus = (plus + count, minus) if bits[-1] == "0" else (plus, minus + count)
    if not kept:
        return 0.0, 1.0, 0.0
    # One count more of every kind keeps the error above 0 where all outcomes are alike.
    more = kept + 3
    spread = (plus + minus + 2) / more - ((plus - minus) / more) ** 2
    return (plus - minus) / kept, spread / kept, kept / total


def _possible(rest: Bits, string: Bits) -> bool:
    """Whether bits after the second CX stand for the string of zeros or for a path."""
    if not rest.any():
        return True
    path = np.concatenate([[True], rest ^ string[2:]])
    return bool((path[:-1] | path[1:]).all())


def _spread(values: NDArray[np.complex128], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of a mean over drawn strings, per side and part."""
    scale = weights[0] * len(weights) / np.sqrt(len(weights))
    return scale * np.stack([values.real.std(axis=1, ddof=1), values.imag.std(axis=1, ddof=1)], 1)


def _joined(
    sums: NDArray[np.complex128], errors: NDArray[np.float64]
) -> tuple[complex, NDArray[np.float64]]:
    """Take the phase error out of a value and the conjugate one of the mirror image.

    z₁ = e^(iε) c and z₂ = e^(iε) c̄: the phase of z₁ z₂ is 2ε, |ε| < π/2.
    """
    product = sums[0] * sums[1]
    turn = np.exp(-0.5j * np.angle(product)) if abs(product) > 0 else 1.0
    first, second = sums[0] * turn, (sums[1] * turn).conjugate()
    size = np.sqrt((errors**2).sum(axis=1) / 2)  # of either part, once it is turned
    return complex((first + second) / 2), np.full(2, np.hypot(size[0], size[1]) / 2)
