"""PennyLane's measurements from shots: perfect samples of the chain in the bases asked for.

Measurements that can share a basis share their shots, so that samples of several observables are
those of one experiment; a sum of Pauli words takes its words apart, each basis with all shots.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.measurements import (
    ClassicalShadowMP,
    ExpectationMP,
    SampleMeasurement,
    ShadowExpvalMP,
    Shots,
)

from qtn._random import derived_seed, generator
from qtn.plugins.pennylane_state import rotated
from qtn.states import MPS
from qtn.states.operators import TURNS

__all__ = ["accepts", "sampled"]

Word = dict[Any, str]
Evaluate = Callable[[NDArray[np.int64]], Any]


def accepts(measurement: Any) -> bool:
    """Say whether a measurement can be taken from shots."""
    if isinstance(measurement, ClassicalShadowMP | ShadowExpvalMP):
        return True
    if not isinstance(measurement, SampleMeasurement):
        return False
    obs = measurement.obs
    return obs is None or _can(obs, isinstance(measurement, ExpectationMP))


def _can(obs: Any, mean: bool) -> bool:
    if obs.has_diagonalizing_gates or (mean and obs.pauli_rep is not None):
        return True
    return mean and isinstance(obs, qml.ops.Sum) and all(_can(o, mean) for o in obs.operands)


def sampled(
    measurements: Sequence[Any], state: MPS, wires: Sequence[Any], shots: Shots, seed: int
) -> list[list[Any]]:
    """Take measurements from shots.

    Returns:
        For each measurement its results, one per part of the shots.

    Cost: O(shots × wires × bond²) per basis.
    """
    parts = list(shots.bins())
    found: list[list[Any]] = [[] for _ in measurements]
    streams = itertools.count()
    for basis, members in _groups(measurements, wires):
        rows = _rows(state, basis, wires, shots.total_shots, derived_seed(seed, next(streams)))
        for number, evaluate in members:
            found[number].append([evaluate(rows[low:high]) for low, high in parts])
    for number, measurement in enumerate(measurements):
        for task in _alone(measurement):
            stream = derived_seed(seed, next(streams))
            found[number].append(_by_itself(task, state, wires, parts, stream))
    constants = [_constant(m) for m in measurements]
    return [
        [_total(values, constant) for values in zip(*terms, strict=True)]
        if terms
        else [np.float64(constant)] * len(parts)
        for terms, constant in zip(found, constants, strict=True)
    ]


def _total(values: Sequence[Any], constant: float) -> Any:
    """Sum the terms of one measurement; a single one keeps its form."""
    if len(values) == 1 and constant == 0.0:
        return values[0]
    return np.float64(sum(float(v) for v in values) + constant)


def _means(measurement: Any) -> list[Any] | None:
    """Return the operands of a mean of a sum, all sums in it taken apart, else None."""
    if not isinstance(measurement, ExpectationMP) or measurement.obs is None:
        return None
    operands, todo = [], [measurement.obs]
    while todo:
        obs = todo.pop()
        if obs.pauli_rep is None and isinstance(obs, qml.ops.Sum):
            todo += obs.operands
        else:
            operands.append(obs)
    return operands


def _constant(measurement: Any) -> float:
    """Return the weight of the identity in the Pauli parts of a mean."""
    parts = [o.pauli_rep for o in _means(measurement) or () if o.pauli_rep is not None]
    return sum(_weight(c) for part in parts for word, c in part.items() if not word)


def _groups(
    measurements: Sequence[Any], wires: Sequence[Any]
) -> list[tuple[Word, list[tuple[int, Evaluate]]]]:
    """Put what one basis serves together: Pauli words, and what reads the computational basis."""
    groups: list[tuple[Word, list[tuple[int, Evaluate]]]] = []
    for number, measurement in enumerate(measurements):
        for word, evaluate in _readings(measurement, wires):
            for basis, members in groups:
                if all(basis.get(wire, letter) == letter for wire, letter in word.items()):
                    basis.update(word)
                    members.append((number, evaluate))
                    break
            else:
                groups.append((dict(word), [(number, evaluate)]))
    return groups


def _readings(measurement: Any, wires: Sequence[Any]) -> Iterator[tuple[Word, Evaluate]]:
    """Yield the bases that a measurement needs, and how its value is read from rows of bits."""
    place = {wire: k for k, wire in enumerate(wires)}
    obs, order = measurement.obs, qml.wires.Wires(wires)
    if isinstance(measurement, ClassicalShadowMP | ShadowExpvalMP):
        return
    if obs is None:
        word = dict.fromkeys(measurement.wires or wires, "Z")
        yield word, partial(measurement.process_samples, wire_order=order)
    elif isinstance(measurement, ExpectationMP):
        for operand in _means(measurement) or ():
            for word, weight in (operand.pauli_rep or {}).items():
                if word:
                    sites = [place[wire] for wire in word]
                    yield dict(word), partial(_parity, sites=sites, weight=_weight(weight))
    elif qml.pauli.is_pauli_word(obs) and obs.wires:
        (word,) = obs.pauli_rep
        yield dict(word), partial(measurement.process_samples, wire_order=order)


def _alone(measurement: Any) -> list[Any]:
    """Return what a measurement needs a basis of its own for."""
    if isinstance(measurement, ClassicalShadowMP | ShadowExpvalMP):
        return [measurement]
    if measurement.obs is None:
        return []
    if isinstance(measurement, ExpectationMP):
        return [qml.expval(o) for o in _means(measurement) or () if o.pauli_rep is None]
    word = qml.pauli.is_pauli_word(measurement.obs) and bool(measurement.obs.wires)
    return [] if word else [measurement]


def _by_itself(
    task: Any, state: MPS, wires: Sequence[Any], parts: list[tuple[int, int]], seed: int
) -> list[Any]:
    if isinstance(task, ClassicalShadowMP | ShadowExpvalMP):
        return [
            _shadow(task, state, wires, high - low, derived_seed(seed, k))
            for k, (low, high) in enumerate(parts)
        ]
    turned = rotated(state, task.diagonalizing_gates(), wires)
    rows = turned.sample(parts[-1][1], seed).astype(np.int64)
    order = qml.wires.Wires(wires)
    return [task.process_samples(rows[low:high], order) for low, high in parts]


def _rows(
    state: MPS, basis: Word, wires: Sequence[Any], shots: int, seed: int
) -> NDArray[np.int64]:
    """Return bits (shots, wires): 0 for the eigenvalue +1 of the letter on each wire."""
    turned = [
        np.einsum("pq,lqr->lpr", TURNS[basis.get(wire, "Z")], tensor)
        for wire, tensor in zip(wires, state.tensors, strict=True)
    ]
    return MPS(tuple(turned)).sample(shots, seed).astype(np.int64)


def _parity(rows: NDArray[np.int64], sites: list[int], weight: float) -> np.float64:
    return np.float64(weight * np.mean(1 - 2 * (rows[:, sites].sum(axis=1) % 2)))


def _weight(coefficient: Any) -> float:
    return float(np.real(qml.math.toarray(coefficient)))


def _shadow(
    task: ClassicalShadowMP | ShadowExpvalMP,
    state: MPS,
    wires: Sequence[Any],
    shots: int,
    seed: int,
) -> Any:
    """Measure every wire in a random basis, another one in every shot.

    Reference: Huang, Kueng, Preskill, Nat. Phys. 16, 1050 (2020).
    """
    chosen = list(task.wires or wires)
    # as PennyLane draws them, so that its `seed` means the same
    recipes = np.random.RandomState(task.seed).randint(0, 3, size=(shots, len(chosen)))
    rng = generator(seed, "shadow")
    # the order X, Y, Z is that of PennyLane's shadow recipes
    turns = np.stack([TURNS[letter] for letter in "XYZ"])
    column = {wire: k for k, wire in enumerate(chosen)}
    bits = np.zeros((shots, len(chosen)), dtype=np.int8)
    rows, vectors = np.arange(shots), np.ones((shots, 1), dtype=np.complex128)
    for wire, tensor in zip(wires, state.tensors, strict=True):
        branches = np.tensordot(vectors, tensor, axes=(1, 0))  # shots, phys, right
        if wire in column:
            branches = turns[recipes[:, column[wire]]] @ branches
        weights = np.sum(np.abs(branches) ** 2, axis=2)
        outcome = (rng.random(shots) * weights.sum(axis=1) >= weights[:, 0]).astype(int)
        vectors = branches[rows, outcome] / np.sqrt(weights[rows, outcome])[:, None]
        if wire in column:
            bits[:, column[wire]] = outcome
    if isinstance(task, ClassicalShadowMP):
        return np.stack([bits, recipes.astype(np.int8)])
    return qml.ClassicalShadow(bits, recipes, wire_map=chosen).expval(task.H, task.k)
