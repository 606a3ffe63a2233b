r"""Propagated noise absorption: the inverse noise carried to the end and into the observable.

The inverse of the noise of every layer is pushed through the rest of the circuit to the observable
at its end; the noise-absorbing observable Õ that comes out is measured on the unchanged noisy
circuit, and its value is the ideal one. The work is done on a classical computer by sums of Pauli
strings (`absorption.pauli_pass`) or a matrix product operator (`absorption.operator_chain`), both
in two passes through the circuit and both with a bound of what was cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from qtn._checks import choice, positive_int
from qtn.devices import Transpiled
from qtn.mitigation.absorption.noisy_circuit import NoiseLike
from qtn.mitigation.absorption.operator_chain import absorb_chain
from qtn.mitigation.absorption.pauli_pass import absorb, on_qubits
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
from qtn.states.pauli_sums import PauliSum

WAYS = ("paulis", "mpo")


@dataclass(frozen=True, slots=True, repr=False)
class PNA(Dressed):
    """Propagated noise absorption: measure an observable that has absorbed the inverse noise.

    `Estimate.method` says a rigorous bound of the bias that is left, for the noise of the model;
    the standard error holds an estimate of it. The plan shows both, and the shots that Õ takes for
    the same error as the observable asked for, before anything runs.

    Args:
        noise: the model of the circuit's gates or layers (`learn_noise`, `read_noise`).
        by: "paulis", sums of Pauli strings, or "mpo", a matrix product operator.
        max_terms: strings kept on the way, by "paulis".
        max_bond: bond dimension, by "mpo".
        strings: number of Pauli strings of Õ that are measured at most.
        threshold: strings with smaller coefficients are not measured.
        found: from an earlier plan of the same circuit; None computes it.

    Raises:
        ArgumentError: no model, projectors in the observable, free parameters, a gate or layer that
            the model does not hold, or beside a technique that undoes the same noise.

    Cost: by "paulis" two propagations of `max_terms` strings, 3 s for 30 qubits, 20 layers and 1e5
    strings; by "mpo" per term of the observable twice the two-qubit gates × 4³ χ³.

    Example:
        >>> import numpy as np
        >>> from qiskit import QuantumCircuit
        >>> from qiskit_aer import AerSimulator
        >>> from qtn.mitigation import PauliNoise, aer_noise, mitigate
        >>> noise = PauliNoise({("cx", (0, 1)): np.full(15, 4e-3)})
        >>> bell = QuantumCircuit(2); _ = bell.h(0); _ = bell.cx(0, 1)
        >>> device = AerSimulator(noise_model=aer_noise(noise), basis_gates=["cx", "rz", "sx", "x"])
        >>> found = mitigate(bell, "ZZ", PNA(noise), device=device, shots=20_000, progress=False)
        >>> abs(found.value - 1) < 4 * found.stderr, found.method
        (True, 'pna, bias of at most 0')

    Reference: arXiv:2606.20441 and qiskit-addon-pna, for the method. There every generator of the
        noise is carried forward and applied on its own; here two passes carry the sum of what all
        of them add, and what is cut bounds the bias.
    """

    title: ClassVar[str] = "Propagated noise absorption"

    noise: NoiseLike
    by: str = "paulis"
    max_terms: int = 20_000
    max_bond: int = 64
    strings: int = 300
    threshold: float = 1e-4
    found: tuple[Dressing, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check()
        choice("by", self.by, WAYS)
        positive_int("max_terms", self.max_terms)
        positive_int("max_bond", self.max_bond)

    def _knowing(self, found: tuple[Dressing, ...]) -> Self:
        """Return the technique with dressed observables that are known."""
        return replace(self, found=found)

    def _dressing(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        if self.by == "paulis":
            return self._by_paulis(native, observable, steps)
        return self._by_chain(native, observable, steps)

    def _by_paulis(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        asked, local, qubits = on_qubits(observable.terms, native.qubits, steps)
        found = absorb(asked, local, max_terms=self.max_terms)
        own = {p: q for q, p in enumerate(native.qubits)}
        strings: dict[Factors, float] = {}
        for part in (asked, found.added):
            for key, value in _strings(part, qubits, own):
                strings[key] = strings.get(key, 0.0) + value
        return measured_part(self, observable, strings, found.bound, found.spread)

    def _by_chain(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        sites = chain_sites(steps)
        found: dict[Factors, float] = {}
        bound = spread = 0.0
        for term in observable.terms:
            made = absorb_chain(placed(term, native, sites), steps, sites, max_bond=self.max_bond)
            strings, left = chain_strings(self, made.tensors, term, native, sites)
            for key, value in strings.items():
                found[key] = found.get(key, 0.0) + value
            bound += abs(term.coefficient) * made.bound + 2 ** (len(sites) / 2) * left
            spread += abs(term.coefficient) * made.spread + left
        return measured_part(self, observable, found, bound, spread)


def _strings(
    total: PauliSum, qubits: Sequence[int], own: dict[int, int]
) -> Iterator[tuple[Factors, float]]:
    """Yield the strings of a sum on the circuit's own qubits, with their coefficients."""
    for label, value in zip(total.labels(), total.coefficients, strict=True):
        key = ((own[qubits[k]], a) for k, a in enumerate(reversed(label)) if a != "I")
        yield tuple(sorted(key)), float(value)
