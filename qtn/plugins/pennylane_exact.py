"""PennyLane's measurements without shots, on a chain of any length where the chain allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.measurements import (
    ExpectationMP,
    MeasurementProcess,
    ProbabilityMP,
    StateMeasurement,
    VarianceMP,
)

from qtn.errors import ArgumentError
from qtn.plugins.pennylane_state import rotated
from qtn.states import MPS
from qtn.states.kernels.expectation import product_sum
from qtn.states.operators import FACTORS

__all__ = ["accepts", "exact"]

DENSE_LIMIT = 20  # wires whose full distribution may be written out
LARGEST = 2**26  # entries of an array on the way to a distribution


def accepts(measurement: Any) -> bool:
    """Say whether a measurement can be evaluated without shots."""
    if not isinstance(measurement, StateMeasurement):
        return False
    return measurement.obs is None or _can(measurement.obs, isinstance(measurement, ExpectationMP))


def _can(obs: Any, mean: bool) -> bool:
    if obs.pauli_rep is not None or obs.has_diagonalizing_gates:
        return True
    if mean and isinstance(obs, qml.SparseHamiltonian):
        return True
    if mean and isinstance(obs, qml.ops.Sum):
        return all(_can(o, mean) for o in obs.operands)
    return mean and isinstance(obs, qml.ops.SProd) and _can(obs.base, mean)


def exact(measurement: MeasurementProcess, state: MPS, wires: Sequence[Any]) -> Any:
    """Evaluate a measurement without shots.

    Raises:
        ArgumentError: the result, or something on the way to it, does not fit into memory.
    """
    if isinstance(measurement, ExpectationMP) and measurement.obs is not None:
        return np.float64(_mean(measurement.obs, state, wires))
    if isinstance(measurement, VarianceMP) and measurement.obs is not None:
        return np.float64(_variance(measurement.obs, state, wires))
    if isinstance(measurement, ExpectationMP | VarianceMP):  # of mid-circuit measurements
        values = np.asarray(measurement.eigvals(), dtype=float)
        chances = _distribution(state, list(measurement.wires), wires)
        mean = float(values @ chances)
        second = isinstance(measurement, VarianceMP)
        return np.float64((values - mean) ** 2 @ chances if second else mean)
    if isinstance(measurement, ProbabilityMP):
        turned = rotated(state, measurement.diagonalizing_gates(), wires)
        return _distribution(turned, list(measurement.wires) or list(wires), wires)
    _fits(len(wires) <= DENSE_LIMIT, type(measurement).__name__, len(wires))
    # Entropies count on wires that are numbered in order.
    numbered = qml.map_wires(measurement, {wire: k for k, wire in enumerate(wires)})
    return numbered.process_state(_vector(state), qml.wires.Wires(range(len(wires))))


def _mean(obs: Any, state: MPS, wires: Sequence[Any]) -> float:
    if obs.pauli_rep is not None:
        return _paulis(obs.pauli_rep, state, wires)
    if isinstance(obs, qml.ops.Sum):
        return sum(_mean(o, state, wires) for o in obs.operands)
    if isinstance(obs, qml.ops.SProd):
        return float(np.real(obs.scalar)) * _mean(obs.base, state, wires)
    if isinstance(obs, qml.SparseHamiltonian):
        _fits(len(wires) <= DENSE_LIMIT, "SparseHamiltonian", len(wires))
        vector = _vector(state)
        return float(np.real(vector.conj() @ (obs.sparse_matrix(wire_order=wires) @ vector)))
    values, chances = _spectrum(obs, state, wires)
    return float(values @ chances)


def _variance(obs: Any, state: MPS, wires: Sequence[Any]) -> float:
    if obs.pauli_rep is not None:
        mean = _paulis(obs.pauli_rep, state, wires)
        return max(0.0, _paulis(obs.pauli_rep @ obs.pauli_rep, state, wires) - mean**2)
    values, chances = _spectrum(obs, state, wires)
    return float((values - values @ chances) ** 2 @ chances)


def _spectrum(obs: Any, state: MPS, wires: Sequence[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return eigenvalues of an observable and their probabilities."""
    turned = rotated(state, obs.diagonalizing_gates(), wires)
    values = np.real(qml.math.toarray(obs.eigvals()))
    return values, _distribution(turned, list(obs.wires), wires)


def _paulis(sentence: Any, state: MPS, wires: Sequence[Any]) -> float:
    """Return the expectation value of a weighted sum of Pauli words, in one sweep."""
    place = {wire: k for k, wire in enumerate(wires)}
    words = [{place[w]: FACTORS[p] for w, p in word.items()} for word in sentence]
    if not words:
        return 0.0
    weights = np.array([complex(qml.math.toarray(c)) for c in sentence.values()])
    return float(np.real(weights @ product_sum(state.tensors, words, center=0)))


def _distribution(state: MPS, chosen: list[Any], wires: Sequence[Any]) -> NDArray[np.float64]:
    """Return the joint distribution of some wires, the first one most significant.

    In the form with centre 0, sites to the right of the last chosen one sum to the identity.
    """
    place = {wire: k for k, wire in enumerate(wires)}
    sites = [place[wire] for wire in chosen]
    count = len(sites)
    _fits(count <= DENSE_LIMIT, f"a distribution over {count} wires", len(wires))
    environment = np.ones((1, 1, 1), dtype=state.dtype)  # (outcomes so far, bond, bond)
    for site, tensor in enumerate(state.tensors[: max(sites, default=-1) + 1]):
        outcomes = len(environment) * (2 if site in sites else 1)
        size = outcomes * tensor.shape[2] ** 2
        _fits(size <= LARGEST, f"a distribution over {count} wires", len(wires))
        half = np.tensordot(environment, tensor, axes=(2, 0))  # outcomes, bra, phys, ket
        if site in sites:
            environment = np.einsum("alpr,lpq->apqr", half, tensor.conj(), optimize=True)
            environment = environment.reshape(-1, *environment.shape[2:])
        else:
            environment = np.einsum("alpr,lpq->aqr", half, tensor.conj(), optimize=True)
    chances = np.real(np.trace(environment, axis1=1, axis2=2)).reshape((2,) * count)
    order = np.argsort(np.argsort(np.array(sites, dtype=int)))
    chances = np.clip(chances.transpose(order).reshape(-1), 0.0, None)
    return np.asarray(chances / chances.sum())


def _vector(state: MPS) -> NDArray[Any]:
    """Return the amplitudes, the first wire most significant."""
    return state.to_dense().reshape((2,) * state.n).transpose().reshape(-1)


def _fits(fits: bool, what: str, wires: int) -> None:
    if not fits:
        raise ArgumentError(
            f"The device qtn.mps does not offer {what} on {wires} wires without shots. Ask for "
            f"expval or var, set shots, or take at most {DENSE_LIMIT} wires for state and probs."
        )
