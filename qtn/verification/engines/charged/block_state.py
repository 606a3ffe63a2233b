"""The state after a circuit that conserves charges, in blocks, with the account of its losses."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from qtn._machine import few_threads
from qtn.interop.charged import ChargedCircuit
from qtn.states import MPS, BlockMPS
from qtn.states.blocks.inner import pair_densities, product_values
from qtn.states.blocks.moves import canonicalise, normalise
from qtn.states.blocks.updates import Account, run_gates
from qtn.states.kernels.work import Watch
from qtn.states.operators import FACTORS, Term
from qtn.verification.engines.prepared import PER_GATE, Array, PreparedState, effective_losses
from qtn.verification.stop import current_watch

__all__ = ["FINEST", "BlockState"]

FINEST = 1e-13
"""Least relative squared weight that a truncation may lose: what is finer is found only by singular
values, which take three times as long, and moves no value by more than some 1e-5."""
LETTERS = np.stack([np.eye(2, dtype=complex), FACTORS["X"], FACTORS["Y"], FACTORS["Z"]])


class BlockState(PreparedState):
    """A state in blocks; its sites hold one or two qubits.

    Attributes:
        lost: what every gate lost.
    """

    name = "blocks"

    def __init__(
        self, circuit: ChargedCircuit, max_bond: int, cutoff: float, watch: Watch | None = None
    ) -> None:
        start = time.process_time()
        sites = canonicalise(circuit.start.sites, 0)
        account = Account(sites, 0, max(cutoff, FINEST), max_bond)
        with few_threads(1):
            run_gates(account, circuit.gates, watch or current_watch())
            self.sites = normalise(account.sites)[0]  # centre 0
        self.circuit, self.lost = circuit, account.losses
        self.kept = max(0.0, self.lost.kept)
        self.max_bond = self.chain().max_bond
        roots = math.fsum(math.sqrt(loss.weight) for loss in self.lost.each)
        self.losses = effective_losses(roots, 1.0 - self.kept)
        gates = len(self.lost.each)
        self.distance = min(1.0, self.lost.distance + PER_GATE * (1 + gates))
        self.seconds = time.process_time() - start
        self._home = {q: k for k, qubits in enumerate(circuit.groups) for q in qubits}

    def chain(self) -> Any:  # a BlockMPS, which has the verbs of an MPS
        return BlockMPS(tuple(self.sites), self.circuit.start.charges)

    def overlap(self, target: MPS) -> complex:
        with few_threads(1):
            sites = self.circuit.on_qubits(self.sites)
            here: dict[int, Array] = {0: np.ones((1, 1))}
            for site, tensor in zip(sites, target.tensors, strict=True):
                there: dict[int, Array] = {}
                bra = tensor.conj()
                for (q, s), block in site.blocks.items():
                    if q in here:
                        part = bra[:, s].T @ (here[q] @ block)
                        charge = q + site.levels[s]
                        there[charge] = there[charge] + part if charge in there else part
                here = there
        return complex(sum(e[0, 0] for e in here.values()))

    def expectation(self, terms: Sequence[Term]) -> float:
        values = self.values(terms)
        return float(np.dot([t.coefficient for t in terms], values))

    def values(self, terms: Sequence[Term]) -> Array:
        """Return the values of products, for coefficient 1, all in one sweep."""
        with few_threads(1):
            return product_values(self.sites, [self._factors(term) for term in terms]).real

    def half_width(self, term: Term, value: float) -> float:
        """Return a bound of what truncations did to a product of Paulis, for coefficient 1."""
        homes = {self._home[q] for q in term.qubits}
        ours = self.lost.half_width(homes, value)
        return min(ours, 2.0 * self.distance)

    def amplitudes(self, bits: Array) -> Array:
        sites = self.circuit.on_qubits(self.sites)
        return BlockMPS(tuple(sites), self.circuit.qubit_charges).amplitudes(bits)

    def pairs(self) -> list[Array]:
        """Return the values of all products of Paulis on any two neighbouring sites.

        Returns:
            One array (4, …, 4) per pair, an axis per qubit; without the identity's.
        """
        with few_threads(1):
            found = pair_densities(self.sites)
        return [_pauli_values(matrix) for matrix in found]

    def touched(self, term: Term) -> list[int]:
        """Return which neighbouring pairs of sites a product has a factor on."""
        homes = {self._home[q] for q in term.qubits}
        last = len(self.sites) - 2
        return sorted({p for k in homes for p in (k - 1, k) if 0 <= p <= last})

    def _factors(self, term: Term) -> dict[int, Array]:
        letters = dict(term.factors)
        factors = {}
        for site in {self._home[q] for q in letters}:
            matrix: Array = np.eye(1)
            for q in self.circuit.groups[site]:
                matrix = np.kron(matrix, FACTORS[letters[q]] if q in letters else np.eye(2))
            factors[site] = matrix
        return factors


def _pauli_values(density: Array) -> Array:
    """Return Tr(P ρ) of all products P of Paulis, one axis per qubit; 0 for the identity."""
    count = len(density).bit_length() - 1
    found = density.reshape((2,) * (2 * count))
    for k in range(count):  # the first row axis and its column axis become a letter at the end
        found = np.tensordot(found, LETTERS, ((0, count - k), (2, 1)))
    values = found.real.copy()
    values[(0,) * count] = 0.0
    return np.asarray(values)
