r"""What the errors of a learned noise model leave open in a value whose noise is undone.

With O_l the observable taken back to layer l, raising the rate λ_k there changes the mitigated
value to first order in the noise by

.. math:: \frac{\partial\langle O\rangle}{\partial\lambda_k} = 2 \langle A_k \rangle , \quad
          A_k = \text{the strings of } O_l \text{ that anticommute with } P_k .

Carried to the end, A_k = w_k O + R_k with w_k = Σ_anti c² / Σ c², the share of these strings in
O_l, and R_k orthogonal to O, of squared norm w_k (1 - w_k) for ‖O‖ = 1. Thus the slope by the rate
is 2 w_k ⟨O⟩, added up over all uses of the gate, and what R_k is worth, of unknown sign, is taken
to be as large as ⟨O⟩ per norm:

.. math:: \mathrm{var}⟨O⟩ = 4 ⟨O⟩^2 \Big[ \sum_{kk'} w_k C_{kk'} w_{k'}
          + \sum_k w_k (1 - w_k) C_{kk} \Big]

with the covariance C of the learned rates. The first sum is derived, the second an estimate. Where
⟨O⟩ is 0 but ⟨A_k⟩ is not, both say too little.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, in_cone, noisy_steps
from qtn.mitigation.absorption.pauli_pass import in_parts, is_noise, on_qubits, written
from qtn.mitigation.absorption.string_kernels import exponents
from qtn.mitigation.values.pauli_noise import PAIRS, PauliNoise
from qtn.states.operators import Observable, Term
from qtn.states.pauli_sums import PauliSum, generators_of, propagate
from qtn.states.pauli_sums.frames import conjugate

Floats = NDArray[np.float64]
Factors = tuple[tuple[int, str], ...]
GROUPS = 64  # of terms that are taken back together, where there are more terms
STRINGS = 1000  # kept on the way back


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """Relative errors of the terms of an observable, for the errors of the model.

    Args:
        groups: strings of the terms.
        covariance: (groups, groups), per value of each group.
    """

    groups: tuple[tuple[Factors, ...], ...]
    covariance: Floats

    def variance(self, values: dict[Factors, Floats]) -> Floats:
        """Return the variance for mitigated values (bindings,) of the strings, by string."""
        bindings = max((len(one) for one in values.values()), default=1)
        sums = np.zeros((len(self.groups), bindings))
        for k, group in enumerate(self.groups):
            sums[k] += sum((values[s] for s in group if s in values), np.zeros(bindings))
        return np.asarray(np.einsum("gb,gh,hb->b", sums, self.covariance, sums))


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """A circuit with a learned model, of which observables are asked.

    Args:
        steps: the circuit, with (number of the rate) + 1 over `scale` in place of every rate.
        scale: number of rates.
        covariances: (gates, 15, 15) of the rates.
    """

    steps: list[GateStep | NoiseStep]
    scale: int
    covariances: Floats

    @classmethod
    def of(cls, circuit: QuantumCircuit, noise: PauliNoise) -> Self:
        """Number the rates of the gates of a circuit."""
        keys, size = list(noise.rates), len(PAIRS)
        scale = len(keys) * size
        numbers = np.arange(1, scale + 1).reshape(len(keys), size) / max(scale, 1)
        numbered = PauliNoise(dict(zip(keys, numbers, strict=True)))
        none = np.zeros((size, size))
        covariances = [noise.covariances.get(key, none) for key in keys]
        return cls(noisy_steps(circuit, numbered), scale, np.array(covariances))

    def about(self, observable: Observable, places: Sequence[int]) -> Doubt:
        """Return what the model leaves open in an observable.

        Args:
            observable: Pauli strings.
            places: device qubit of each of its qubits.

        Cost: a Pauli propagation of `STRINGS` strings per term, at most `GROUPS` of them.
        """
        number = min(GROUPS, len(observable.terms))
        ends = np.linspace(0, len(observable.terms), number + 1).astype(int)
        groups = [observable.terms[a:b] for a, b in itertools.pairwise(ends)]
        spread = np.einsum("gkk->gk", self.covariances).ravel()
        slopes, rests = np.zeros((number, self.scale)), np.zeros(number)
        for k, group in enumerate(groups):
            rates, share = self._shares(group, places)
            slopes[k] = np.bincount(rates, share, self.scale)
            rests[k] = (share * (1 - share)) @ spread[rates]
        split = slopes.reshape(number, *self.covariances.shape[:2])
        common = np.einsum("agk,gkl,bgl->ab", split, self.covariances, split, optimize=True)
        named = tuple(tuple(term.factors for term in group) for group in groups)
        return Doubt(named, 4 * (common + np.diag(rests)))

    def _shares(
        self, terms: Sequence[Term], places: Sequence[int]
    ) -> tuple[NDArray[np.int64], Floats]:
        """Return the numbers of the rates that matter, one per use, and w of each."""
        own = in_cone(self.steps, [places[q] for term in terms for q in term.qubits])
        noises = [step for step in own if isinstance(step, NoiseStep)]
        numbers = [rate * self.scale - 1 for step in noises for rate in step.terms.values()]
        if not numbers:
            return np.zeros(0, np.int64), np.zeros(0)
        asked, local, _ = on_qubits(terms, places, own)
        return np.rint(numbers).astype(np.int64), anticommuting(asked, local)


def anticommuting(observable: PauliSum, steps: Sequence[GateStep | NoiseStep]) -> Floats:
    """Return the share w of an observable that anticommutes with each noise term, (terms,).

    Args:
        observable: at the end of the circuit.
        steps: gates and noise in the order of time, on the qubits of the sum.

    Example:
        >>> steps = [NoiseStep({((0, "X"),): 0.1, ((0, "Z"),): 0.1})]
        >>> anticommuting(PauliSum.from_terms([Term(2.0, ((0, "Z"),))], 1), steps)
        array([1., 0.])
    """
    circuit = generators_of(observable.n, written(steps))
    x, z, values = observable.x.copy(), observable.z.copy(), observable.coefficients.astype(float)
    conjugate(circuit.frame, x, z, values)
    carried = PauliSum(x, z, values, observable.n)
    found: list[Floats] = []
    for part in reversed(in_parts(circuit)):
        if is_noise(part):
            squares = carried.coefficients**2
            hit = exponents(part.x, part.z, carried.x, carried.z, squares)
            found.append(hit / max(float(squares.sum()), 1e-300))
        else:
            carried = propagate(carried, part, max_terms=STRINGS).kept
    return np.concatenate([*found[::-1], np.zeros(0)])
