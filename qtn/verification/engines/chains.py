"""Engines that turn a gate list into a state that can be asked, and that share no code.

`ChainEngine` uses the kernels of `qtn.states`, `QuimbEngine` uses quimb alone. Both keep a matrix
product state and bound the distance of what they keep from the true state: a truncation that
loses the relative squared weight ε moves the state by √ε, unitaries keep distances, so

    ‖ψ - φ‖ ≤ Σ_k √ε_k = sin θ ,

and the true fidelity with any target lies within the angle θ of the computed one.
"""

from __future__ import annotations

import functools
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.devices.tensor.channels import first_major
from qtn.states import MPS
from qtn.states.kernels.circuit import apply_gates
from qtn.verification.inputs import FACTORS, GateList, Product
from qtn.verification.limits import Forecast
from qtn.verification.stop import current_watch

Array = NDArray[Any]
ROUNDING = 1e-15
"""Relative error allowed per gate for rounding (generous: a gate costs a few units)."""


class PreparedState(ABC):
    """The state after a circuit, as one engine represents it.

    Attributes:
        name: Engine name.
        distance: Upper bound of sin θ, θ = angle between the true state and this one.
        kept: Product of the kept weights, an estimate of the fidelity with the true state.
        losses: Effective number of truncations that lost something, (Σ √ε_k)² / Σ ε_k.
        max_bond: Largest bond dimension.
        seconds: Processor time spent.
    """

    name: str
    distance: float
    kept: float
    losses: float
    max_bond: int
    seconds: float

    @abstractmethod
    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        """Apply the gates to |0…0⟩."""

    @abstractmethod
    def chain(self) -> MPS:
        """Return the normalised state with its orthogonality centre at site 0."""

    @abstractmethod
    def overlap(self, target: MPS) -> complex:
        """Return ⟨target|φ⟩ for normalised φ."""

    @abstractmethod
    def expectation(self, terms: Sequence[Product]) -> float:
        """Return ⟨φ|Σ c P|φ⟩ for normalised φ."""

    @abstractmethod
    def amplitudes(self, bits: Array) -> Array:
        """Return ⟨bits|φ⟩ for rows of bits, column i = qubit i."""


class ChainState(PreparedState):
    """A state of the package's own kernels."""

    name = "chain"

    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        start = time.process_time()
        zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * gates.n
        local = [(qubits, first_major(matrix)) for qubits, matrix in gates.gates]
        build = apply_gates(
            zero, local, center=0, max_bond=max_bond, cutoff=cutoff, watch=current_watch()
        )
        self.state = MPS(build.tensors).normalised()  # centre 0
        self.kept = build.fidelity
        self.max_bond = build.max_bond
        self.distance = min(1.0, build.distance + ROUNDING * (1 + len(local)))
        self.losses = effective_losses(build.distance, 1.0 - build.fidelity)
        self.seconds = time.process_time() - start

    def chain(self) -> MPS:
        return self.state

    def overlap(self, target: MPS) -> complex:
        return target.overlap(self.state)

    def expectation(self, terms: Sequence[Product]) -> float:
        from qtn.states.kernels.expectation import product_sum

        factors = [{q: FACTORS[letter] for q, letter in t.factors} for t in terms]
        values = product_sum(self.state.tensors, factors, center=0)
        return float(np.dot([t.coefficient for t in terms], np.real(values)))

    def amplitudes(self, bits: Array) -> Array:
        return self.state.amplitudes(bits)


class QuimbState(PreparedState):
    """A state of quimb's `CircuitMPS`."""

    name = "quimb"

    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        import quimb.tensor as qtensor

        start = time.process_time()
        circuit = qtensor.CircuitMPS(
            gates.n,
            max_bond=max_bond,
            gate_opts={"cutoff": cutoff, "cutoff_mode": "rsum2", "renorm": False},
            dtype="complex128",
        )
        pairs, kept, roots = 0, 1.0, 0.0
        for qubits, matrix in gates.gates:
            circuit.apply_gate_raw(matrix, qubits[::-1])  # Qiskit: first qubit least significant
            if len(qubits) == 1:
                continue
            pairs += 2 * abs(qubits[0] - qubits[1]) - 1
            if max_bond is not None:
                before, kept = kept, min(kept, float(circuit.fidelity_estimate()))
                roots += math.sqrt(before - kept)
        psi = circuit.psi
        weight = abs(inner(psi, psi))
        self.kept = min(1.0, weight)
        self.losses = effective_losses(roots, 1.0 - self.kept)
        psi /= math.sqrt(weight)
        self.psi = psi
        self.max_bond = int(psi.max_bond() or 1)
        floor = ROUNDING * (1 + len(gates.gates))
        if max_bond is None:  # each truncation loses at most the cutoff
            bound = pairs * math.sqrt(cutoff)
        else:  # Σ √ε_k ≤ √(K Σ ε_k) and Σ ε_k ≤ -ln Π (1 - ε_k)
            bound = math.sqrt(pairs * (floor - math.log(self.kept))) if self.kept > 0 else 1.0
        self.distance = min(1.0, bound + floor)
        self.seconds = time.process_time() - start

    def chain(self) -> MPS:
        return MPS.from_quimb(self.psi).normalised()

    def overlap(self, target: MPS) -> complex:
        return inner(target.to_quimb(), self.psi)

    def expectation(self, terms: Sequence[Product]) -> float:
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


def effective_losses(roots: float, lost: float) -> float:
    """Return (Σ √ε)² / Σ ε: K for K equal losses, 1 for a single one."""
    return max(1.0, roots**2 / lost) if lost > 0.0 else 1.0


def is_local(term: Product) -> bool:
    """Whether a product acts on one qubit or on two neighbours."""
    qubits = sorted(term.qubits)
    return len(qubits) == 1 or (len(qubits) == 2 and qubits[1] - qubits[0] == 1)


def quimb_seconds(gates: GateList, expected: Forecast, terms: Sequence[Product]) -> float:
    """Return about how long `QuimbState` takes, mostly for Python's part of it.

    Fitted to circuits of 8 to 200 qubits at bonds 1 to 64.
    """
    pairs, near = gates.two_qubit, sum(is_local(term) for term in terms)
    swaps = sum(2 * abs(q[0] - q[1]) - 2 for q, _ in gates.gates if len(q) == 2)
    seconds = 6e-4 * (pairs + swaps) + 4e-4 * (len(gates.gates) - pairs) + 1.3e-3 * near
    return seconds + 1.2e-4 * gates.n * (len(terms) - near) + expected.seconds


ENGINES: dict[str, type[PreparedState]] = {"chain": ChainState, "quimb": QuimbState}
