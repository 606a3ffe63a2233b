r"""The noise-absorbing observable as a sum of Pauli strings, in two passes.

With gates U_l and noise Λ_l before them, the noisy state is ρ_L, ρ_l = U_l Λ_l(ρ_{l-1}) U_l†, and

.. math:: \tilde O = K_L , \quad K_l = U_l \Lambda_l^{-1}(K_{l-1}) U_l^\dagger , \quad
          K_0 = O_0 = U_1^\dagger \cdots U_L^\dagger O U_L \cdots U_1

obeys Tr(Õ ρ_L) = Tr(O_0 ρ_0), the ideal value, since Tr(K_l ρ_l) is the same at every l. What is
carried is the part that the noise adds, E_l = K_l - O_l, for O_l = U_{l+1}† … O … U_{l+1}:

.. math:: E_l = U_l [ \Lambda_l^{-1}(E_{l-1}) + (\Lambda_l^{-1} - 1)(O_{l-1}) ] U_l^\dagger .

One pass backwards finds the strings of all O_l and keeps the sources (Λ_l⁻¹ - 1)(O_{l-1}), one
forwards carries E. Sums of strings have these passes in the frame without Cliffords.

What was cut, exactly, for the maps are linear:

- forwards, a string cP cut from K_l changes the value by c Tr(P ρ_l): at most |c|, for ρ_l is a
  state. No inverse amplifies it: the noise that follows damps what its inverse would have grown.
- backwards, cP cut from O_l changes it by c (⟨P⟩ after the ideal gates 1 … l - ⟨P⟩ after the noisy
  ones): at most |c| min(2, Σ_k (1 - e^{-2λ_k})) over the terms of the noise up to there.

The sum is a rigorous bound of the bias, for the noise of the model. Errors of random signs add up
like the root of the sum of squares (`spread`), which is an estimate.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, touched
from qtn.mitigation.absorption.string_kernels import exponents
from qtn.states.operators import Term
from qtn.states.pauli_sums import (
    Damping,
    Dropped,
    Generators,
    PauliSum,
    generators_of,
    propagate,
)
from qtn.states.pauli_sums.frames import conjugate
from qtn.states.pauli_sums.rotation_loop import DAMPING

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Absorbed:
    """What the noise adds to an observable, and what was cut from it.

    Args:
        added: E_L = Õ - O, on the qubits of the sum.
        bound: no state of the model's noise makes the value of Õ wrong by more.
        spread: expected error where what was cut has random signs.
        peak: most strings held at a time.
    """

    added: PauliSum
    bound: float
    spread: float
    peak: int


def absorb(
    observable: PauliSum,
    steps: Sequence[GateStep | NoiseStep],
    *,
    max_terms: int,
) -> Absorbed:
    """Return what the inverse noise of a circuit adds to an observable at its end.

    Args:
        observable: O.
        steps: gates and noise in the order of time, on the qubits of the sum.
        max_terms: most strings kept, in each pass.

    Cost: twice a Pauli propagation of `max_terms` strings, and a sort of them per layer.
    """
    circuit = generators_of(observable.n, written(steps))
    x, z, values = observable.x.copy(), observable.z.copy(), observable.coefficients.astype(float)
    conjugate(circuit.frame, x, z, values)
    parts = in_parts(circuit)
    cuts = _Cuts([], len(observable))
    sources = _backwards(PauliSum(x, z, values, observable.n), parts, max_terms, cuts)
    added = _forwards(sources, parts, max_terms, cuts)
    conjugate(inverse_frame(circuit), added.x, added.z, added.coefficients)
    lost = np.array(cuts.lost).reshape(-1, 2)
    spread = float(np.linalg.norm(lost[:, 1]))
    return Absorbed(added.merged(), float(lost[:, 0].sum()), spread, cuts.peak)


@dataclass(slots=True)
class _Cuts:
    """What was cut so far, as pairs of bound and spread, and the most strings held."""

    lost: list[tuple[float, float]]
    peak: int

    def add(self, reach: float, dropped: Dropped, peak: int) -> None:
        self.lost.append((reach * dropped.values, reach * dropped.trace))
        self.peak = max(self.peak, peak)


def _backwards(
    ideal: PauliSum, parts: Sequence[Generators], max_terms: int, cuts: _Cuts
) -> list[PauliSum]:
    """Undo the gates; return what the inverse of each noise adds, and an empty sum at gates."""
    before = np.cumsum([0.0, *(_strength(part) for part in parts)])
    sources = [_empty(ideal)] * len(parts)
    for k in reversed(range(len(parts))):
        if is_noise(parts[k]):
            sources[k] = _scaled(ideal, parts[k], np.expm1)
            continue
        made = propagate(ideal, parts[k], max_terms=max_terms)
        ideal = made.kept
        cuts.add(min(2.0, float(before[k])), made.dropped, made.peak)
    return sources


def _forwards(
    sources: Sequence[PauliSum], parts: Sequence[Generators], max_terms: int, cuts: _Cuts
) -> PauliSum:
    """Carry what was added to the end of the circuit."""
    added = _empty(sources[0]) if sources else PauliSum.from_terms([], 1)
    for part, source in zip(parts, sources, strict=True):
        if is_noise(part):
            joined = _joined(_scaled(added, part, np.exp), source)
            added, dropped = joined.truncated(max_terms)
            cuts.add(1.0, dropped, len(joined))
        elif len(added):
            made = propagate(added, _reversed(part), max_terms=max_terms)
            added = made.kept
            cuts.add(1.0, made.dropped, made.peak)
    return added


def written(steps: Sequence[GateStep | NoiseStep]) -> list[object]:
    """Return steps as `generators_of` takes them."""
    found: list[object] = []
    for step in steps:
        if isinstance(step, GateStep):
            found.append((step.qubits, step.matrix))
        else:
            found += [Damping(term, float(np.exp(-2 * rate))) for term, rate in step.terms.items()]
    return found


def on_qubits(
    terms: Sequence[Term], places: Sequence[int], steps: Sequence[GateStep | NoiseStep]
) -> tuple[PauliSum, list[GateStep | NoiseStep], tuple[int, ...]]:
    """Return an observable and steps on as many qubits as they touch.

    Args:
        terms: on qubits 0, 1, ….
        places: device qubit of each of them.
        steps: on device qubits.

    Returns:
        The sum, the steps, and the device qubit of every qubit of both.
    """
    asked = {places[q] for term in terms for q in term.qubits}
    qubits = tuple(sorted(asked | set(touched(steps))))
    index = {q: k for k, q in enumerate(qubits)}
    moved = [
        Term(t.coefficient, tuple(sorted((index[places[q]], a) for q, a in t.factors)))
        for t in terms
    ]
    local: list[GateStep | NoiseStep] = []
    for step in steps:
        if isinstance(step, GateStep):
            local.append(GateStep(tuple(index[q] for q in step.qubits), step.matrix))
        else:
            terms_of = {
                tuple((index[q], a) for q, a in term): rate for term, rate in step.terms.items()
            }
            local.append(NoiseStep(terms_of))
    return PauliSum.from_terms(moved, len(qubits)), local, qubits


def inverse_frame(circuit: Generators) -> NDArray[np.uint64]:
    """Return the table of C P C† for that of C† P C.

    C G C† has X on qubit p where G anticommutes with C† Z_p C, and Z where it does with C† X_p C;
    its sign is that which C† … C takes away again.
    """
    n, words = circuit.n, circuit.x.shape[1]
    bits = _bits(circuit.frame[:, : 2 * words], words, n)  # (rows, x | z, qubit)
    rows = np.zeros((2 * n, 2, n), bool)
    rows[0::2, 0], rows[0::2, 1] = bits[1::2, 1].T, bits[0::2, 1].T
    rows[1::2, 0], rows[1::2, 1] = bits[1::2, 0].T, bits[0::2, 0].T
    packed = _packed(rows, words)
    x, z, signs = packed[:, :words].copy(), packed[:, words:].copy(), np.ones(2 * n)
    conjugate(circuit.frame, x, z, signs)
    found = np.zeros_like(circuit.frame)
    found[:, : 2 * words] = packed
    found[:, 2 * words] = signs < 0
    return np.asarray(found)


def in_parts(circuit: Generators) -> list[Generators]:
    """Cut the steps into runs of rotations and runs of channels, all in one frame."""
    edges = np.flatnonzero(np.diff(circuit.kinds)) + 1
    ends = [0, *edges.tolist(), len(circuit.kinds)]
    frame = generators_of(circuit.n, []).frame
    return [
        Generators(
            circuit.n, circuit.x[a:b], circuit.z[a:b], circuit.kinds[a:b],
            circuit.cosines[a:b], circuit.sines[a:b], frame,
        )
        for a, b in pairwise(ends) if b > a
    ]  # fmt: skip


def is_noise(part: Generators) -> bool:
    """Whether a run of steps is one of channels."""
    return bool(part.kinds[0] == DAMPING)


def _strength(part: Generators) -> float:
    """Σ (1 - e^{-2λ}) of noise: no value in any state changes by more, of strings of norm 1."""
    return float((1 - part.cosines).sum()) if is_noise(part) else 0.0


def _reversed(part: Generators) -> Generators:
    """Return rotations undone in the other order: what carries operators forwards."""
    x, z, kinds, cosines, sines = (
        np.ascontiguousarray(one[::-1])
        for one in (part.x, part.z, part.kinds, part.cosines, -part.sines)
    )
    return Generators(part.n, x, z, kinds, cosines, sines, part.frame)


def _scaled(total: PauliSum, noise: Generators, of: Callable[[Floats], Floats]) -> PauliSum:
    """Multiply every string by a function of the logarithm of its inverse damping."""
    factors = of(exponents(total.x, total.z, noise.x, noise.z, -np.log(noise.cosines)))
    kept = factors != 0
    return PauliSum(total.x[kept], total.z[kept], (total.coefficients * factors)[kept], total.n)


def _empty(like: PauliSum) -> PauliSum:
    return PauliSum(like.x[:0], like.z[:0], like.coefficients[:0], like.n)


def _joined(one: PauliSum, other: PauliSum) -> PauliSum:
    return PauliSum(
        np.concatenate([one.x, other.x]),
        np.concatenate([one.z, other.z]),
        np.concatenate([one.coefficients, other.coefficients]),
        one.n,
    ).merged()


def _bits(rows: NDArray[np.uint64], words: int, n: int) -> NDArray[np.bool_]:
    shifts = np.arange(64, dtype=np.uint64)
    bits = (rows[:, :, None] >> shifts) & np.uint64(1)
    return np.asarray(bits.reshape(len(rows), 2, words * 64)[:, :, :n] != 0)


def _packed(rows: NDArray[np.bool_], words: int) -> NDArray[np.uint64]:
    wide = np.zeros((len(rows), 2, words * 64), np.uint64)
    wide[:, :, : rows.shape[2]] = rows
    values = wide.reshape(len(rows), 2 * words, 64) << np.arange(64, dtype=np.uint64)
    return np.asarray(np.bitwise_or.reduce(values, axis=2))
