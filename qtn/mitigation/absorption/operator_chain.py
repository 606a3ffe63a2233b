r"""The noise-absorbing observable as a matrix product operator, in two passes.

O = Σ_P c_P P is kept as a chain of its coefficients, four levels per site. Backwards, gates turn c
by the transpose of their Pauli transfer matrix R, to O_0; forwards K_l = U_l Λ_l⁻¹(K_{l-1}) U_l† is
c → R (c / f), with f the fidelities of the noise.

What a truncation at l cuts, d, changes the value by Tr(d ρ_l) = Σ_P d_P ⟨P⟩_l, with ρ_l the ideal
state at l on the way back and the noisy one on the way there (`pauli_pass`), hence by at most

.. math:: \|d\|_2 \, \Big( \sum_P \langle P \rangle_l^2 \Big)^{1/2}
          = \|d\|_2 \sqrt{2^k \, Tr \rho_l^2} \le \|d\|_2 \, 2^{k/2}

on k qubits. Σ‖d‖₂ follows from the weights that were lost: backwards norms stay, forwards they only
grow, so that no operator before is larger than the last one. The factor 2^{k/2}, of a pure state
all of whose strings conspire, makes the bound useless on many qubits unless the chain is nearly
exact; strings of random signs and sizes of at most 1 give Σ‖d‖₂ (`spread`), an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.interop.circuits import first_major
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep
from qtn.mitigation.noise_forms.layers import Term, shown_terms
from qtn.states.kernels.circuit import Build, Gate, apply_gates
from qtn.states.kernels.density import ptm

Floats = NDArray[np.float64]
LETTERS = "IXYZ"
NOTHING = 1e-12  # weight kept, or norm left, below which rounding decides


@dataclass(frozen=True, slots=True, eq=False)
class AbsorbedChain:
    """Õ of one Pauli string as a chain.

    Args:
        tensors: (left, 4, right) per site.
        bound: no state makes the value wrong by more.
        spread: expected error where what was cut has random signs.
    """

    tensors: tuple[Floats, ...]
    bound: float
    spread: float


def absorb_chain(
    letters: Mapping[int, str],
    steps: Sequence[GateStep | NoiseStep],
    sites: Sequence[int],
    *,
    max_bond: int,
    cutoff: float = 1e-20,
) -> AbsorbedChain:
    """Return the noise-absorbing observable of one Pauli string.

    Args:
        letters: of the string, by qubit.
        steps: gates and noise in the order of time.
        sites: qubits in the order of the chain.
        max_bond: largest bond dimension.
        cutoff: relative squared weight that one truncation may lose.

    Raises:
        ArgumentError: noise on more than two qubits at once.

    Cost: twice the two-qubit gates × 4³ χ³.
    """
    place = {q: k for k, q in enumerate(sites)}
    start = [np.eye(4)[LETTERS.index(letters.get(q, "I"))].reshape(1, 4, 1) for q in sites]
    ideal = [_gate(step, place) for step in steps if isinstance(step, GateStep)]
    back = apply_gates(
        start, [(at, r.T) for at, r in reversed(ideal)], max_bond=max_bond, cutoff=cutoff
    )
    forth: list[Gate] = []
    for step in steps:
        if isinstance(step, GateStep):
            forth.append(_gate(step, place))
        else:
            forth += inverse_channels(step.terms, place)
    made = apply_gates(back.tensors, forth, center=back.center, max_bond=max_bond, cutoff=cutoff)
    spread = back.distance + grown_loss(made)
    return AbsorbedChain(made.tensors, 2 ** (len(sites) / 2) * spread, spread)


def grown_loss(build: Build) -> float:
    """Return Σ‖d‖₂ of a build whose gates make no norm smaller.

    √ε of a truncation is relative to the norm before it, which is at most that of the end over the
    root of the weights kept since; `Build.distance` holds it times the root of those kept before.
    Where nothing was kept, nothing is known.
    """
    norm = norm_of(build.tensors)
    if not min(build.fidelity, norm) > NOTHING:
        return math.inf
    return build.distance * norm / build.fidelity


def norm_of(tensors: Sequence[Floats]) -> float:
    """Return the 2-norm of a chain in any gauge."""
    gram = np.ones((1, 1))
    for tensor in tensors:
        gram = np.einsum("ab,asc,bsd->cd", gram, tensor, tensor, optimize=True)
    return float(np.sqrt(max(gram[0, 0], 0.0)))


def inverse_channels(terms: Mapping[Term, float], place: Mapping[int, int]) -> list[Gate]:
    """Return the inverse of the noise of one layer as diagonal gates on one or two sites.

    Raises:
        ArgumentError: a term on more than two qubits.
    """
    wide = [term for term in terms if len(term) > 2]
    if wide:
        raise ArgumentError(
            f"The noise acts on more than two qubits at once: {shown_terms(wide)}. A chain takes "
            'terms on at most two. Take PNA(noise, by="paulis").'
        )
    logs: dict[tuple[int, ...], Floats] = {}
    for term, rate in terms.items():
        at = tuple(sorted(q for q, _ in term))
        clash = [_clashes(letter) for _, letter in sorted(term)]
        odd = clash[0] if len(clash) == 1 else np.logical_xor.outer(*clash).ravel()
        logs[at] = logs.get(at, np.zeros(len(odd))) + 2 * rate * odd
    return [(tuple(place[q] for q in at), np.diag(np.exp(log))) for at, log in logs.items()]


def _clashes(letter: str) -> NDArray[np.bool_]:
    return np.array([a not in ("I", letter) for a in LETTERS])


def _gate(step: GateStep, place: Mapping[int, int]) -> Gate:
    return tuple(place[q] for q in step.qubits), np.asarray(ptm(first_major(step.matrix)))
