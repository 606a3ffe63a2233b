"""Which Paulis of which gate have to be cancelled so that a bias stays below a tolerance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.interop.counting import is_two_qubit
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, noisy_steps
from qtn.mitigation.absorption.pauli_pass import on_qubits
from qtn.mitigation.absorption.shading import kept_terms, shades
from qtn.mitigation.noise_forms.layers import Term
from qtn.mitigation.values.pauli_noise import PAIRS, PauliNoise, key_of
from qtn.states.operators import Observable

Place = tuple[frozenset[int], int]
"""The two qubits of a gate, and how many gates of theirs come before."""


@dataclass(frozen=True, slots=True, eq=False)
class ShadedGates:
    """What is cancelled of every gate.

    Args:
        kept: (15,) which Paulis, in the order of `PAIRS`, by the place of the gate.
        bias: bound of the bias that is left.
        raw: bound of the bias without any cancellation.
        cost: γ² of what is cancelled: the factor of the variance.
        whole: γ² of all noise.
    """

    kept: Mapping[Place, NDArray[np.bool_]]
    bias: float
    raw: float
    cost: float
    whole: float

    def masks(self, circuit: QuantumCircuit) -> NDArray[np.bool_]:
        """Return (gates, 15) what is cancelled, in the order of a circuit's instructions."""
        everything = np.ones(len(PAIRS), bool)
        found = [self.kept.get(place, everything) for place in _places(circuit)]
        return np.array(found, bool).reshape(-1, len(PAIRS))


def shaded_gates(
    circuit: QuantumCircuit,
    noise: PauliNoise,
    observables: Sequence[Observable],
    places: Sequence[int],
    tolerance: float,
) -> ShadedGates:
    """Leave the noise that matters least to all observables, within a bias.

    Args:
        circuit: native gates without measurements.
        noise: of its gates.
        observables: on qubits 0, 1, ….
        places: device qubit of each of them.
        tolerance: bound of the bias that may be left.

    Cost: as `shades`, per observable.
    """
    steps = noisy_steps(circuit, noise)
    found = [shades(*on_qubits(one.terms, places, steps)[:2]) for one in observables]
    rates = np.array([r for s in steps if isinstance(s, NoiseStep) for r in s.terms.values()])
    kept, left = kept_terms(found, rates, tolerance)
    masks = {}
    for place, indices in _of_gates(steps):
        mask = np.ones(len(PAIRS), bool)
        for pair, k in indices:
            mask[pair] = kept[k]
        masks[place] = mask
    return ShadedGates(
        masks,
        left,
        max((one.bias for one in found), default=0.0),
        float(np.exp(4 * rates[kept].sum())),
        float(np.exp(4 * rates.sum())),
    )


def _places(circuit: QuantumCircuit) -> Iterator[Place]:
    """Yield the place of every two-qubit gate; any order of a circuit's instructions has these."""
    seen: dict[frozenset[int], int] = defaultdict(int)
    for instruction in circuit.data:
        if is_two_qubit(instruction):
            pair = frozenset(key_of(circuit, instruction)[1])
            yield pair, seen[pair]
            seen[pair] += 1


def _of_gates(
    steps: Sequence[GateStep | NoiseStep],
) -> Iterator[tuple[Place, list[tuple[int, int]]]]:
    """Yield the place of every gate, with pairs of an index in `PAIRS` and the term's number."""
    seen: dict[frozenset[int], int] = defaultdict(int)
    count, layer = 0, list[tuple[Term, int]]()
    for step in steps:
        if isinstance(step, NoiseStep):
            layer = [(term, count + k) for k, term in enumerate(step.terms)]
            count += len(layer)
        elif len(step.qubits) == 2:
            first, second = step.qubits
            pair = frozenset(step.qubits)
            own = []
            for term, number in layer:
                letters = dict(term)
                if set(letters) <= pair:
                    name = letters.get(first, "I"), letters.get(second, "I")
                    own.append((PAIRS.index(name), number))
            layer = [one for one in layer if not {q for q, _ in one[0]} <= pair]
            yield (pair, seen[pair]), own
            seen[pair] += 1
