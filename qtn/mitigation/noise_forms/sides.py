r"""Noise before or after the gates of a layer, as one another.

U Λ = (U Λ U†) U: a term P before the gates is U P U† behind them, which for Clifford gates is a
Pauli string again. qtn keeps the noise before the gates.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qiskit.circuit.library import get_standard_gate_name_mapping

from qtn.errors import ArgumentError
from qtn.interop.circuits import first_major, operation_matrix
from qtn.mitigation.noise_forms.layers import NoiseLayer, Term, shown_gate
from qtn.mitigation.values.pauli_noise import PAIRS, Key, PauliNoise
from qtn.states.operators import FACTORS

SIDES = ("before", "after")
Letters = tuple[str, str]


def behind(terms: Mapping[Term, float], gates: Sequence[Key]) -> dict[Term, float]:
    """Return terms before the gates as terms behind them.

    Raises:
        ArgumentError: a gate without a Pauli image.
    """
    return _carried(terms, gates, 0)


def in_front(terms: Mapping[Term, float], gates: Sequence[Key]) -> dict[Term, float]:
    """Return terms behind the gates as terms before them.

    Raises:
        ArgumentError: a gate without a Pauli image.
    """
    return _carried(terms, gates, 1)


def gate_terms(noise: PauliNoise, gate: Key) -> dict[Term, float]:
    """Return the terms of one gate of a model of gates, those with a rate of 0 left out."""
    rates = noise.of(*gate)
    return {
        _term(dict(zip(gate[1], letters, strict=True))): float(rate)
        for letters, rate in zip(PAIRS, rates, strict=True)
        if rate
    }


def layer_of(noise: PauliNoise, gates: Sequence[Key]) -> NoiseLayer:
    """Return gates of a model of gates as one layer."""
    terms: dict[Term, float] = {}
    for gate in gates:
        terms |= gate_terms(noise, gate)
    return NoiseLayer(tuple(gates), terms)


def _carried(terms: Mapping[Term, float], gates: Sequence[Key], side: int) -> dict[Term, float]:
    found: dict[Term, float] = {}
    for term, rate in terms.items():
        letters = dict(term)
        for name, (first, second) in gates:
            pair = letters.pop(first, "I"), letters.pop(second, "I")
            if pair != ("I", "I"):
                letters[first], letters[second] = _image(name, pair, side)
        moved = _term(letters)
        found[moved] = found.get(moved, 0.0) + rate
    return found


def _term(letters: Mapping[int, str]) -> Term:
    return tuple(sorted((q, letter) for q, letter in letters.items() if letter != "I"))


def _image(name: str, pair: Letters, side: int) -> Letters:
    table = _images(name)
    if table is None:
        raise ArgumentError(
            f"The gate {shown_gate((name, (0, 1)))} turns Pauli strings into sums of them, so that "
            'noise behind it is no Pauli noise before it. Give noise with site="before".'
        )
    return table[side][pair]


@functools.cache
def _images(name: str) -> tuple[dict[Letters, Letters], dict[Letters, Letters]] | None:
    """Return P -> U P U† and P -> U† P U of a Clifford gate, up to signs; None for others."""
    gate: Any = get_standard_gate_name_mapping().get(name)
    if gate is None or gate.params or gate.num_qubits != 2:
        return None
    matrix = first_major(operation_matrix(gate))
    strings = list(itertools.product("IXYZ", repeat=2))
    dense = np.array([np.kron(FACTORS[a], FACTORS[b]) for a, b in strings])
    turned = matrix @ dense @ matrix.conj().T
    overlaps = np.abs(np.einsum("aij,bji->ab", dense, turned)) / 4  # (behind, before)
    if np.abs(overlaps - np.round(overlaps)).max() > 1e-9:
        return None
    pairs = [(strings[b], strings[a]) for a, b in zip(*np.nonzero(overlaps > 0.5), strict=True)]
    return dict(pairs), {after: before for before, after in pairs}
