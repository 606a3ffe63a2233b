r"""Tensor-network error mitigation: the inverse of all noise, contracted into the observable.

Gates are noisy as U_l Λ_l. With M = U_L … U_1 (U_1 Λ_1)^-1 … (U_L Λ_L)^-1 the ideal state is
M(noisy state), so that <O> = Tr(Õ ρ_noisy) with Õ = M†(O): the noise is undone on measured data, by
contraction, and the device runs the unchanged circuit only.

M is built from the middle outwards, M_l = U_l M_(l-1) Λ_l^-1 U_l^-1, starting with the identity:
for weak noise every M_l stays close to the identity, hence of small bond dimension, no matter how
entangled the state is. M is a matrix product operator between Pauli vectors, kept as a chain of
sixteen levels per site (output times input), so that one gate is one application of
U ⊗ (Λ^-1 U^-1)^T and the kernels for states do the work.

Õ is then read as a sum of Pauli strings. Its largest strings are measured, together with their
qubit-wise commuting companions; the weight of the strings left out is known and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, positive_int, real
from qtn.devices import Transpiled
from qtn.devices.tensor.channels import gate_matrix
from qtn.devices.tensor.ordering import chain_order
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.techniques.base import Context, Task, Technique
from qtn.mitigation.values.pauli_noise import PauliNoise, key_of
from qtn.states.kernels.circuit import Gate, apply_gates
from qtn.states.operators import Observable, Term, aligned, grouped

Floats = NDArray[np.float64]
_LETTERS = "IXYZ"


@dataclass(frozen=True, slots=True, repr=False)
class TEM(Technique):
    """Tensor-network error mitigation on measured Pauli strings.

    Args:
        noise: the model of the circuit's gates (`learn_noise`).
        max_bond: bond dimension of the inverse noise.
        strings: number of Pauli strings of the dressed observable that are measured at most.
        threshold: strings with smaller coefficients are left out.

    Raises:
        ArgumentError: projectors in the observable, or no model.

    Reference: Filippov, Leahy, Rossi, García-Pérez, "Scalable tensor-network error mitigation for
        near-term quantum computing", arXiv:2307.11740. There the data are informationally
        complete; here the strings of the dressed observable are measured in their own bases.
    """

    stage: ClassVar[str] = "measure"
    on_gates: ClassVar[bool] = True
    removable: ClassVar[bool] = False

    noise: PauliNoise
    max_bond: int = 32
    strings: int = 300
    threshold: float = 1e-4

    def __post_init__(self) -> None:
        if not isinstance(self.noise, PauliNoise):
            raise fail("noise", "a PauliNoise", self.noise, "Learn it with learn_noise.")
        positive_int("max_bond", self.max_bond)
        positive_int("strings", self.strings)
        real("threshold", self.threshold, 0.0, 1.0)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with the observables Õ, to be measured on the unchanged circuit."""
        observables = [self.undone(task.native, one) for one in task.observables]
        return replace(task, observables=aligned(observables))

    def undone(self, native: Transpiled, observable: Observable) -> Observable:
        """Return the observable Õ, in which the noise is undone, with constant and coefficients."""
        if any(not term.is_pauli for term in observable.terms):
            raise ArgumentError(
                "Tensor-network error mitigation takes Pauli observables, but `observable` holds "
                "projectors. Expand them into Pauli strings, or use ZNE."
            )
        order, tensors = inverse_noise(native.circuit, self.noise, max_bond=self.max_bond)
        site = {qubit: k for k, qubit in enumerate(order)}
        missing = [q for q in native.qubits if q not in site]
        place = {q: site[p] for q, p in enumerate(native.qubits) if p in site}
        found: dict[tuple[tuple[int, str], ...], float] = {}
        back = {s: q for q, s in place.items()}
        for term in observable.terms:
            outside = tuple((q, f) for q, f in term.factors if native.qubits[q] in missing)
            letters = {place[q]: f for q, f in term.factors if q in place}
            chain = _pulled_back(tensors, letters)
            cut = self.threshold / max(abs(term.coefficient), 1e-12)
            for string, value in largest_strings(chain, cut, 20 * self.strings):
                inside = tuple((back[s], _LETTERS[a]) for s, a in enumerate(string) if a)
                key = tuple(sorted(inside + outside))
                found[key] = found.get(key, 0.0) + term.coefficient * value
        constant = observable.constant + found.pop((), 0.0)
        ranked = sorted(found.items(), key=lambda item: -abs(item[1]))[: self.strings]
        terms = tuple(Term(value, key) for key, value in ranked if abs(value) >= self.threshold)
        return Observable(observable.n, constant, terms, grouped(terms, observable.n))


def inverse_noise(
    circuit: QuantumCircuit, noise: PauliNoise, *, max_bond: int = 32, cutoff: float = 1e-10
) -> tuple[tuple[int, ...], tuple[Floats, ...]]:
    """Contract the inverse of all noise of a circuit into a matrix product operator.

    Args:
        circuit: native gates without measurements.
        noise: rates of the two-qubit gates.
        max_bond: largest bond dimension.
        cutoff: relative squared weight that one truncation may lose.

    Returns:
        Device qubits in chain order, and tensors (left, 16, right), level 4 · output + input, of M
        in the Pauli basis.

    Cost: two-qubit gates × 16³ χ³.
    """
    operations = [i for i in circuit.data if i.operation.name not in ("barrier", "delay")]
    index = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    places = [tuple(index[q] for q in i.qubits) for i in operations]
    order = chain_order(
        [q for qubits in places for q in qubits], [(q[0], q[1]) for q in places if len(q) == 2]
    )
    if not order:
        return (), ()
    site = {q: k for k, q in enumerate(order)}
    gates: list[Gate] = []
    for instruction, qubits in zip(operations, places, strict=True):
        ideal = gate_matrix(instruction.operation)
        right = ideal.T  # the inverse of an orthogonal transfer matrix
        if is_two_qubit(instruction):
            damping = noise.fidelities(*key_of(circuit, instruction))
            right = np.diag(1 / damping) @ right
        # M -> U M right; as a vector (output, input): U ⊗ rightᵀ
        gates.append((tuple(site[q] for q in qubits), _paired(ideal, right.T)))
    start = [np.eye(4).reshape(1, 16, 1)] * len(order)
    build = apply_gates(start, gates, max_bond=max_bond, cutoff=cutoff)
    return order, build.tensors


def _paired(output: Floats, inner: Floats) -> NDArray[Any]:
    """Kronecker product with the levels of every site together: (o1 i1)(o2 i2) … order."""
    if len(output) == 4:
        return np.kron(output, inner)
    product = np.einsum("abcd,efgh->aebfcgdh", output.reshape((4,) * 4), inner.reshape((4,) * 4))
    return np.asarray(product.reshape(256, 256))


def _pulled_back(tensors: Sequence[Floats], letters: dict[int, str]) -> list[Floats]:
    """Fix the output of M to a Pauli string; a chain (left, 4, right) of the inputs is left."""
    chain = []
    for k, tensor in enumerate(tensors):
        left, _, right = tensor.shape
        output = _LETTERS.index(letters.get(k, "I"))
        chain.append(tensor.reshape(left, 4, 4, right)[:, output])
    return chain


def largest_strings(
    chain: Sequence[Floats], threshold: float, limit: int
) -> list[tuple[tuple[int, ...], float]]:
    """Return the entries of a chain of at least `threshold`, at most `limit` of them.

    Depth by depth, prefixes are kept whose remaining vector has a norm of at least the threshold
    (no entry below can be larger), at most `limit` of the largest.

    Args:
        chain: tensors (left, levels, right).
        threshold: smallest absolute value of interest.
        limit: number of prefixes kept per site.

    Returns:
        Pairs of levels per site and value, largest first.

    Cost: sites × limit × levels × χ².
    """
    # right-canonical form: the norm of a partial vector is that of what follows
    tensors = [np.array(t) for t in chain]
    for k in range(len(tensors) - 1, 0, -1):
        left, levels, right = tensors[k].shape
        q, r = np.linalg.qr(tensors[k].reshape(left, levels * right).T)
        tensors[k] = np.asarray(q.T.reshape(-1, levels, right))
        tensors[k - 1] = np.tensordot(tensors[k - 1], r.T, axes=1)
    prefixes = np.zeros((1, 0), dtype=np.int64)
    vectors = np.ones((1, 1))
    for tensor in tensors:
        grown = np.einsum("pl,lar->par", vectors, tensor)
        norms = np.linalg.norm(grown, axis=2)
        rows, levels = np.nonzero(norms >= threshold)
        if len(rows) > limit:
            best = np.argsort(-norms[rows, levels])[:limit]
            rows, levels = rows[best], levels[best]
        prefixes = np.concatenate([prefixes[rows], levels[:, None]], axis=1)
        vectors = grown[rows, levels]
    values = vectors[:, 0] if len(vectors) else np.zeros(0)
    ranking = np.argsort(-np.abs(values))
    return [(tuple(int(a) for a in prefixes[i]), float(values[i])) for i in ranking]
