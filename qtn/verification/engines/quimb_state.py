"""The state of a circuit by quimb: the second engine.

Nothing here, nor in what it imports, is used by the compiler, but for the readers of circuits and
the frozen `MPS` in which targets come (`tests/contracts/test_independence.py`).
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qtn._kernels.quimb import interpreted, quimb_tensor
from qtn._machine import GrowingThreads, few_threads, suited
from qtn.interop.circuits import GateList
from qtn.states import MPS
from qtn.states.operators import FACTORS, Term
from qtn.verification.engines.prepared import PER_GATE, Array, PreparedState, effective_losses
from qtn.verification.limits import Forecast

__all__ = ["QuimbState", "inner", "quimb_seconds"]


class QuimbState(PreparedState):
    """A state of quimb's `CircuitMPS`."""

    name = "quimb"

    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        qtensor = quimb_tensor()
        start = time.process_time()
        circuit = qtensor.CircuitMPS(
            gates.n,
            max_bond=max_bond,
            gate_opts={"cutoff": cutoff, "cutoff_mode": "rsum2", "renorm": False},
            dtype="complex128",
        )
        pairs, kept, roots = 0, 1.0, 0.0
        with interpreted(), GrowingThreads() as threads:
            for qubits, matrix in gates.gates:
                circuit.apply_gate_raw(matrix, qubits[::-1])  # Qiskit: the first is least
                if len(qubits) == 1:
                    continue
                threads.saw(circuit._psi.bond_size(min(qubits), min(qubits) + 1))
                pairs += 2 * abs(qubits[0] - qubits[1]) - 1
                if max_bond is not None:
                    before, kept = kept, min(kept, float(circuit.fidelity_estimate()))
                    roots += math.sqrt(before - kept)
        psi = circuit.psi
        self.max_bond = int(psi.max_bond() or 1)
        with few_threads(suited(self.max_bond)):
            weight = abs(inner(psi, psi))
        self.kept = min(1.0, weight)
        self.losses = effective_losses(roots, 1.0 - self.kept)
        psi /= math.sqrt(weight)
        self.psi = psi
        floor = PER_GATE * (1 + len(gates.gates))
        if max_bond is None:  # each truncation loses at most the cutoff
            bound = pairs * math.sqrt(cutoff)
        else:  # Σ √ε_k ≤ √(K Σ ε_k) and Σ ε_k ≤ -ln Π (1 - ε_k)
            bound = math.sqrt(pairs * (floor - math.log(self.kept))) if self.kept > 0 else 1.0
        self.distance = min(1.0, bound + floor)
        self.seconds = time.process_time() - start

    def chain(self) -> MPS:
        return MPS.from_quimb(self.psi).normalised()

    def overlap(self, target: MPS) -> complex:
        with few_threads(suited(self.max_bond)):
            return inner(target.to_quimb(), self.psi)

    def expectation(self, terms: Sequence[Term]) -> float:
        with interpreted(), few_threads(suited(self.max_bond)):
            return self._expectation(terms)

    def _expectation(self, terms: Sequence[Term]) -> float:
        total = 0.0
        local: dict[tuple[int, ...], Array] = {}
        for term in terms:
            places = dict(sorted(term.factors))
            if is_local(term):
                matrix = functools.reduce(np.kron, (FACTORS[x] for x in places.values()))
                where = tuple(places)
                local[where] = local.get(where, 0.0) + term.coefficient * matrix
                continue
            factors = {qubit: FACTORS[letter] for qubit, letter in term.factors}
            total += term.coefficient * inner(self.psi, self.psi, factors).real
        if local:
            total += complex(self.psi.compute_local_expectation(local, normalized=True)).real
        return float(total)

    def amplitudes(self, bits: Array) -> Array:
        rows = np.asarray(bits, dtype=int)
        values = np.ones((len(rows), 1), dtype=complex)
        for tensor, column in zip(_site_arrays(self.psi), rows.T, strict=True):
            values = np.einsum("ba,bac->bc", values, tensor[:, column].transpose(1, 0, 2))
        return values[:, 0]


def _site_arrays(psi: Any) -> list[Array]:
    """Return the tensors of quimb's chain as arrays (left, phys, right)."""
    out, sites = [], range(psi.nsites)
    for site in sites:
        around = [psi.bond(k, k + 1) for k in (site - 1, site) if 0 <= k < len(sites) - 1]
        names = [*around[: site > 0], psi.site_ind(site), *around[site > 0 :]]
        array = np.asarray(psi[site].transpose(*names).data)
        before = array.shape[0] if site > 0 else 1
        out.append(array.reshape(before, 2, -1))
    return out


def inner(bra: Any, ket: Any, factors: Mapping[int, Array] | None = None) -> complex:
    """Return ⟨bra|⊗_i F_i|ket⟩ of two chains of quimb, site by site.

    quimb would hand all sites to one einsum, which knows 52 indices.
    """
    carried = np.ones((1, 1), dtype=complex)
    for site, (b, k) in enumerate(zip(_site_arrays(bra), _site_arrays(ket), strict=True)):
        if factors and site in factors:
            k = np.tensordot(factors[site], k, axes=(1, 1)).transpose(1, 0, 2)
        carried = np.tensordot(b.conj(), np.tensordot(carried, k, axes=1), axes=((0, 1), (0, 1)))
    return complex(carried[0, 0])


def is_local(term: Term) -> bool:
    """Whether a product acts on one qubit or on two neighbours."""
    qubits = sorted(term.qubits)
    return len(qubits) == 1 or (len(qubits) == 2 and qubits[1] - qubits[0] == 1)


def quimb_seconds(gates: GateList, expected: Forecast, terms: Sequence[Term]) -> float:
    """Return about how long `QuimbState` takes, mostly for Python's part of it.

    Fitted to circuits of 8 to 200 qubits at bonds 1 to 64.
    """
    pairs, near = gates.two_qubit, sum(is_local(term) for term in terms)
    swaps = sum(2 * abs(q[0] - q[1]) - 2 for q, _ in gates.gates if len(q) == 2)
    seconds = 6e-4 * (pairs + swaps) + 4e-4 * (len(gates.gates) - pairs) + 1.3e-3 * near
    return seconds + 1.2e-4 * gates.n * (len(terms) - near) + expected.seconds
