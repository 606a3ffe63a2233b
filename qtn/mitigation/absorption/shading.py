r"""How much each error of a noisy circuit can change a value: shaded light cones.

A term of rate λ is the Pauli P with probability p = (1 - e^{-2λ}) / 2. Noise that is left in a
circuit is turned off term by term: first the terms after some layer, the last one first, then those
before it, the first one first. A term is then turned off with

- no noise after it, in the state ρ of the noise before:  p |Tr O_l (PρP - ρ)| ≤ p ‖P O_l P - O_l‖ ,
  twice the norm of the part of O_l, the observable taken back to l, that anticommutes with P;
- or no noise before it, in a pure state ψ:  p ‖O‖ ‖PψP - ψ‖₁ = 2 p ‖O‖ (1 - ⟨ψ|P|ψ⟩²)^{1/2} ,

and the change of the value is at most the sum. O_l comes from one Pauli propagation through the
circuit for all terms, ⟨ψ|P|ψ⟩ from one per term of the first layers; what they cut adds to the
bounds.

Reference: arXiv:2409.04401, and qiskit-addon-slc. There every error is carried to the observable on
its own, and norms are eigenvalues; here the observable meets all errors on its way back, norms are
bounded by those of the square, and sums of strings are taken whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep
from qtn.mitigation.absorption.pauli_pass import in_parts, written
from qtn.mitigation.absorption.string_kernels import clashing_norms
from qtn.states.pauli_sums import Generators, PauliSum, generators_of, propagate
from qtn.states.pauli_sums.bits import bit_hashes, hash_keys, words_of
from qtn.states.pauli_sums.frames import conjugate
from qtn.states.pauli_sums.rotation_loop import DAMPING, ROTATION

Floats = NDArray[np.float64]
DEPTH = 10  # squares taken for the bound of a norm
STATE_TERMS = 500  # strings kept of an error that is taken back to the start
TRIVIAL = 0.98  # share of the largest bound from which on layers are not looked at any more


@dataclass(frozen=True, slots=True, eq=False)
class Shades:
    """Bounds for every term of the noise, in the order of time and of the terms of each layer.

    Args:
        chances: p, the probability of each term's Pauli.
        early: largest change of the value if it happens and no noise came before.
        late: the same if no noise comes after it.
        layers: where the terms of each layer start.
    """

    chances: Floats
    early: Floats
    late: Floats
    layers: tuple[int, ...]

    def biases(self, split: int) -> Floats:
        """Return what each term adds to the bias, those before `split` turned off first to last."""
        return self.chances * np.concatenate([self.early[:split], self.late[split:]])

    @property
    def bias(self) -> float:
        """Bound of the bias if nothing is mitigated."""
        return min(float(self.biases(split).sum()) for split in self.layers)


def shades(
    observable: PauliSum, steps: Sequence[GateStep | NoiseStep], *, max_terms: int = 5000
) -> Shades:
    """Bound what every term of the noise can do to the value of an observable in |0…0⟩.

    Args:
        observable: O.
        steps: gates and noise in the order of time, on the qubits of the sum.
        max_terms: strings kept of the observable on its way back.

    Cost: one Pauli propagation, per term of the noise a pass over the strings, and one small
    propagation per term of the first layers.
    """
    circuit = generators_of(observable.n, written(steps))
    at = np.flatnonzero(circuit.kinds == DAMPING)
    chances = (1 - circuit.cosines[at]) / 2
    late = _of_observable(observable, circuit, max_terms)
    early = _of_state(observable.total, circuit)
    counts = [len(part.kinds) for part in in_parts(circuit) if part.kinds[0] == DAMPING]
    return Shades(chances, early, late, tuple(np.cumsum([0, *counts]).tolist()))


def kept_terms(
    found: Sequence[Shades], rates: Floats, tolerance: float
) -> tuple[NDArray[np.bool_], float]:
    """Return which terms have to be mitigated so that no observable is biased by more.

    Args:
        found: for every observable.
        rates: λ of the terms, which the cost of mitigating them grows with.
        tolerance: the bias allowed.

    Returns:
        True where a term is mitigated, and the bound of the bias that is left. Terms are left in
        the order of bias per cost, for the split between layers at which this costs least.
    """
    best: tuple[float, NDArray[np.bool_], float] | None = None
    for split in found[0].layers if found else ():
        biases = np.array([one.biases(split) for one in found])
        order = np.argsort(biases.max(0) / np.maximum(rates, 1e-300), kind="stable")
        sums = np.cumsum(biases[:, order], axis=1).max(0)
        count = int(np.searchsorted(sums, tolerance, side="right"))
        kept = np.ones(len(rates), bool)
        kept[order[:count]] = False
        cost = float(rates[kept].sum())
        if best is None or cost < best[0]:
            best = cost, kept, float(sums[count - 1]) if count else 0.0
    return (np.ones(len(rates), bool), 0.0) if best is None else best[1:]


def _of_observable(observable: PauliSum, circuit: Generators, max_terms: int) -> Floats:
    """Return ‖P O_l P - O_l‖ of every term, from one pass backwards."""
    x, z, values = observable.x.copy(), observable.z.copy(), observable.coefficients.astype(float)
    conjugate(circuit.frame, x, z, values)
    now, dropped, found = PauliSum(x, z, values, observable.n), 0.0, []
    table = bit_hashes(words_of(observable.n))
    for part in reversed(in_parts(circuit)):
        if part.kinds[0] == DAMPING:
            order = np.argsort(-np.abs(now.coefficients), kind="stable")
            keys = np.hstack([now.x, now.z])[order]
            hashes = np.zeros(len(keys), np.uint64)
            hash_keys(keys, table, hashes)
            noise = np.hstack([part.x, part.z])
            norms = clashing_norms(keys, now.coefficients[order], hashes, noise, DEPTH)
            found.append(np.minimum(norms + dropped, observable.total))
            continue
        made = propagate(now, part, max_terms=max_terms)
        now, dropped = made.kept, dropped + made.dropped.values
    return 2 * np.concatenate([np.zeros(0), *reversed(found)])


def _of_state(size: float, circuit: Generators) -> Floats:
    """Return ‖O‖ ‖PψP - ψ‖₁ of every term, layer by layer until they say nothing."""
    turns = circuit.kinds == ROTATION
    bounds = np.full(int((~turns).sum()), 2 * size)
    done, noisy = 0, 0
    for part in in_parts(circuit):
        count = len(part.kinds)
        if part.kinds[0] == DAMPING:
            before = np.flatnonzero(turns[:done])
            path = Generators(
                circuit.n, circuit.x[before], circuit.z[before], circuit.kinds[before],
                circuit.cosines[before], circuit.sines[before], part.frame,
            )  # fmt: skip
            own = [_moved(part, k, path) for k in range(count)]
            bounds[noisy : noisy + count] *= own
            noisy += count
            if np.mean(own) > TRIVIAL:
                break
        done += count
    return bounds


def _moved(part: Generators, k: int, path: Generators) -> float:
    """Return (1 - ⟨P⟩²)^{1/2} of one term in the ideal state."""
    string = PauliSum(part.x[k : k + 1], part.z[k : k + 1], np.ones(1), part.n)
    made = propagate(string, path, max_terms=STATE_TERMS)
    value = max(abs(made.kept.value()) - made.dropped.values, 0.0)
    return float(np.sqrt(max(1 - value**2, 0.0)))
