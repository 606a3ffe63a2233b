r"""Tensor-network error mitigation: the inverse of all noise, contracted into the observable.

The inverse of the noise is one matrix product operator M, with its error bound
(`absorption.inverse_chain`); it is computed once for all terms of an observable, from the gates and
the noise that matter to it. Õ = M†(O) is then read as a sum of Pauli strings, of which the largest
are measured (`dressed`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from qtn._checks import positive_int
from qtn.devices import Transpiled
from qtn.mitigation.absorption.inverse_chain import inverse_noise, pulled_back
from qtn.mitigation.absorption.noisy_circuit import NoiseLike
from qtn.mitigation.techniques.absorbing.dressed import (
    Dressed,
    Dressing,
    Factors,
    Steps,
    chain_sites,
    chain_strings,
    measured_part,
    placed,
)
from qtn.states.operators import Observable

CUTOFF = 1e-10  # relative squared weight that one truncation of the inverse may lose


@dataclass(frozen=True, slots=True, repr=False)
class TEM(Dressed):
    """Tensor-network error mitigation on measured Pauli strings.

    `Estimate.method` says a rigorous bound of the bias that truncation leaves, for the noise of the
    model; the standard error holds an estimate of it.

    Args:
        noise: the model of the circuit's gates or layers (`learn_noise`, `read_noise`).
        max_bond: bond dimension of the inverse noise.
        strings: number of Pauli strings of the dressed observable that are measured at most.
        threshold: strings with smaller coefficients are left out.
        found: from an earlier plan of the same circuit; None computes it.

    Raises:
        ArgumentError: projectors in the observable, or no model.

    Reference: Filippov, Leahy, Rossi, García-Pérez, "Scalable tensor-network error mitigation for
        near-term quantum computing", arXiv:2307.11740. There the data are informationally
        complete; here the strings of the dressed observable are measured in their own bases.
    """

    title: ClassVar[str] = "Tensor-network error mitigation"

    noise: NoiseLike
    max_bond: int = 32
    strings: int = 300
    threshold: float = 1e-4
    found: tuple[Dressing, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check()
        positive_int("max_bond", self.max_bond)

    def _knowing(self, found: tuple[Dressing, ...]) -> Self:
        """Return the technique with dressed observables that are known."""
        return replace(self, found=found)

    def _dressing(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        sites = chain_sites(steps)
        inverse = inverse_noise(steps, sites, max_bond=self.max_bond, cutoff=CUTOFF)
        place = {q: k for k, q in enumerate(sites)}
        found: dict[Factors, float] = {}
        bound = spread = 0.0
        for term in observable.terms:
            letters = {place[q]: a for q, a in placed(term, native, sites).items()}
            chain = pulled_back(inverse.tensors, letters)
            strings, left = chain_strings(self, chain, term, native, sites)
            for key, value in strings.items():
                found[key] = found.get(key, 0.0) + value
            bound += abs(term.coefficient) * inverse.bound + 2 ** (len(sites) / 2) * left
            spread += abs(term.coefficient) * inverse.spread + left
        return measured_part(self, observable, found, bound, spread)
