"""Solutions of a short chain on a longer one: the gates of the bulk are repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qtn.aqc.kernels.gates import parted
from qtn.aqc.search.improve import Effort, improved
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape
from qtn.aqc.starts.trotter import trotter_start
from qtn.errors import ArgumentError
from qtn.interop.observables import operator_from_words, products_of
from qtn.physics import evolve
from qtn.physics.terms import bond_matrices, read_terms
from qtn.states import MPS
from qtn.states.origin import Evolved


def tiled_start(job: Job, ansatz: Ansatz, effort: Effort) -> np.ndarray:
    """Return gates for the long chain from the solution of a shorter one.

    Raises:
        ArgumentError: the target does not come from the evolution of a uniform chain.
    """
    n, short = ansatz.n, _short_length(ansatz)
    origin = _quench(job.state)
    if short >= n:
        return trotter_start(job.state, ansatz)
    target = _short_target(origin, short)
    small = brickwall_shape(short, len(ansatz.layers))
    inner = replace(job, target=target, keeper=job.keeper.aside())
    solved = improved(inner, small, trotter_start(target, small), effort)
    return parted(repeated(small, solved.gates, ansatz))


def repeated(short: Ansatz, gates: np.ndarray, ansatz: Ansatz) -> np.ndarray:
    """Return gates for a long brickwall from those of a short one with as many layers.

    Gates of the short chain's left half and right half keep their distance from their end; bulk
    gates in between repeat with period two, the unit cell of a brickwall.

    Args:
        short: a brickwall on an even number of sites fewer than `ansatz`.
        gates: its gates (gates, 4, 4).
        ansatz: the long brickwall.
    """
    n, few = ansatz.n, short.n
    table = dict(zip(_addresses(short), gates))
    middle = few // 2 - (few // 2) % 2
    out = np.empty((ansatz.size, 4, 4), complex)
    for number, (layer, bond) in enumerate(_addresses(ansatz)):
        if bond < middle:
            source = bond
        elif n - bond <= few - middle:
            source = few - (n - bond)
        else:
            source = middle + (bond - middle) % 2
        out[number] = table[layer, source]
    return out


def _quench(target: MPS) -> Evolved:
    """Return where the target came from."""
    origin = target.origin
    if not isinstance(origin, Evolved) or origin.start.max_bond > 1:
        raise ArgumentError(
            "Argument `start` is 'tiled', which needs a target from qtn.evolve of a product "
            "state. Use start='identity' or start=(bonds, gates)."
        )
    return origin


def _short_length(ansatz: Ansatz) -> int:
    """Return a length of the parity of n at which the bulk no longer feels the ends."""
    length = max(20, min(ansatz.n // 2, 5 * len(ansatz.layers) + 5))
    return length + (ansatz.n - length) % 2


def _addresses(ansatz: Ansatz) -> list[tuple[int, int]]:
    return [(i, b) for i, layer in enumerate(ansatz.layers) for b in layer.bonds]


def _short_target(origin: Evolved, short: int) -> MPS:
    bonds = bond_matrices(read_terms(origin.hamiltonian))
    if max(float(np.abs(b - bonds[1]).max()) for b in bonds[1:-1]) > 1e-12:
        raise ArgumentError(
            "Argument `start` is 'tiled', but the couplings differ along the chain. "
            "Use start='trotter'."
        )
    start = MPS(origin.start.tensors[: short - 1] + origin.start.tensors[-1:])
    operator = first_sites(origin.hamiltonian, short)
    return evolve(operator, start, origin.time, cutoff=1e-12)


def first_sites(operator: Any, short: int) -> Any:
    """Return the terms of the first `short` sites, right for uniform open chains."""
    kept = [
        ("".join(letter for _, letter in term.factors), list(term.qubits), term.coefficient)
        for term in products_of(operator)
        if all(site < short for site in term.qubits)
    ]
    return operator_from_words(kept, short)
