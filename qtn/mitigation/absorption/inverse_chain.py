r"""The inverse of all noise of a circuit as a matrix product operator.

With M = U_L … U_1 (U_1 Λ_1)^-1 … (U_L Λ_L)^-1 the ideal state is M(noisy state), and Õ = M†(O).
M is built from the middle outwards, M_l = U_l M_(l-1) Λ_l^-1 U_l^-1, starting with the identity:
for weak noise every M_l stays close to the identity, hence of small bond dimension, no matter how
entangled the state is. M is a matrix product operator between Pauli vectors, kept as a chain of
sixteen levels per site (output times input), so that one gate is one application of
U ⊗ (Λ^-1 U^-1)^T and the kernels for states do the work.

A truncation at l cuts D from M_l, and the value changes by Tr(O_l D(ρ_l)), with O_l the observable
taken back to l and ρ_l the noisy state there. In normalised Pauli vectors this is at most

.. math:: \|O\|_2 \, \|D\|_F \, 2^{k/2}

on k qubits, for unitary gates keep ‖O_l‖₂ and no state has a longer vector. It is rigorous and,
for ‖M‖_F is 2^k itself, of use on few qubits or with a chain that is nearly exact. What D does to
an operator on average, ‖O‖₂ ‖D‖_F / 2^k, is the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.interop.circuits import first_major
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep
from qtn.mitigation.absorption.operator_chain import LETTERS, grown_loss, inverse_channels
from qtn.states.kernels.circuit import Gate, apply_gates, fuse_gates, route_gates
from qtn.states.kernels.density import ptm

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class InverseNoise:
    """M as a chain, and what its truncations leave open.

    Args:
        tensors: (left, 16, right), level 4 · output + input, in the Pauli basis.
        bound: rigorous error of a value per 2-norm of the observable.
        spread: expected error per 2-norm of the observable.
    """

    tensors: tuple[Floats, ...]
    bound: float
    spread: float


def inverse_noise(
    steps: Sequence[GateStep | NoiseStep],
    sites: Sequence[int],
    *,
    max_bond: int,
    cutoff: float,
) -> InverseNoise:
    """Contract the inverse of all noise of a circuit into a matrix product operator.

    Args:
        steps: gates and noise in the order of time.
        sites: qubits in the order of the chain.
        max_bond: largest bond dimension.
        cutoff: relative squared weight that one truncation may lose.

    Raises:
        ArgumentError: noise on more than two qubits at once.

    Cost: two-qubit gates × 16³ χ³.
    """
    place = {q: k for k, q in enumerate(sites)}
    outputs: list[Gate] = []
    inputs: list[Gate] = []
    for step in steps:
        if isinstance(step, GateStep):  # M -> U M Uᵀ
            ideal = tuple(place[q] for q in step.qubits), np.asarray(ptm(first_major(step.matrix)))
            outputs.append(ideal)
            inputs.append(ideal)
        else:  # M -> M Λ^-1
            channels = inverse_channels(step.terms, place)
            outputs += [(at, np.eye(len(channel))) for at, channel in channels]
            inputs += channels
    gates = _both(outputs, inputs)
    # of norm 1, so that single precision does not overflow on many qubits
    start = [np.eye(4).reshape(1, 16, 1) / 2] * len(sites)
    build = apply_gates(start, gates, max_bond=max_bond, cutoff=cutoff)
    lost = grown_loss(build)
    k = len(sites)
    return InverseNoise(tuple(2 * t for t in build.tensors), 2.0 ** (1.5 * k) * lost, lost)


def _both(outputs: Sequence[Gate], inputs: Sequence[Gate]) -> list[Gate]:
    """Return gates on outputs and inputs as gates on both, fused while they are small."""
    (alone, pairs), (alone_in, pairs_in) = (
        fuse_gates(route_gates(gates, 4), 4) for gates in (outputs, inputs)
    )
    singles = [((site,), _paired(one, alone_in[site])) for site, one in alone.items()]
    return singles + [
        (at, _paired(one, other)) for (at, one), (_, other) in zip(pairs, pairs_in, strict=True)
    ]


def _paired(output: Floats, inner: Floats) -> NDArray[Any]:
    """Kronecker product with the levels of every site together: (o1 i1)(o2 i2) … order."""
    if len(output) == 4:
        return np.kron(output, inner)
    product = np.einsum("abcd,efgh->aebfcgdh", output.reshape((4,) * 4), inner.reshape((4,) * 4))
    return np.asarray(product.reshape(256, 256))


def pulled_back(tensors: Sequence[Floats], letters: Mapping[int, str]) -> list[Floats]:
    """Fix the output of M to a Pauli string; a chain (left, 4, right) of the inputs is left."""
    chain = []
    for k, tensor in enumerate(tensors):
        left, _, right = tensor.shape
        output = LETTERS.index(letters.get(k, "I"))
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
