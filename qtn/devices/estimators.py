"""Any `BaseEstimatorV2` as a device: its own values and its own standard errors.

What such an estimator leaves out is left out here too: Aer's, for instance, ignores readout error.
Whoever wants values with all errors of the device takes a sampler or a backend instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit.primitives import BaseEstimatorV2
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qtn.devices.observables import terms_of
from qtn.devices.pubs import Work
from qtn.devices.result import PubResult
from qtn.devices.samplers import backend_of, target_of
from qtn.devices.transpile import transpile_to
from qtn.errors import ArgumentError
from qtn.estimate import Estimate

__all__ = ["estimate_all"]

PROJECTORS = 12  # a product of k projectors is a sum of 2^k Pauli words


def estimate_all(
    estimator: BaseEstimatorV2,
    work: Sequence[Work],
    observables: Sequence[Any] | None,
    single: bool,
    shots: int,
    seed: int,
) -> tuple[PubResult, ...]:
    """Ask an estimator for all observables on all circuits, to the precision of `shots` shots.

    Args:
        estimator: with whatever options its owner set.
        work: circuits and bindings.
        observables: on the circuits' own qubits; the layout is applied.
        single: whether the observable came alone (no axis over observables).
        shots: the precision asked for is 1/sqrt(shots).
        seed: of the transpiler.

    Raises:
        ArgumentError: no observables, or a product of too many projectors.
    """
    if not observables:
        raise ArgumentError(
            f"{type(estimator).__name__} is an estimator and gives no counts. Give `observables`, "
            "or take a sampler or a backend as `device`."
        )
    target = target_of(backend_of(estimator))
    pubs, ready = [], []
    for w in work:
        circuit = w.transpiled or transpile_to(w.circuit, target, seed)
        words = [_pauli_words(o, len(circuit.qubits)) for o in observables]
        placed = [o.apply_layout(list(circuit.qubits), circuit.circuit.num_qubits) for o in words]
        values = np.zeros((1, 0)) if w.values is None else w.values
        pubs.append((circuit.circuit, placed, values[:, None, :]))
        ready.append(circuit)
    result = estimator.run(pubs, precision=1 / np.sqrt(shots)).result()
    found = []
    for w, circuit, entry in zip(work, ready, result, strict=True):
        value, stderr = (np.asarray(x, dtype=float) for x in (entry.data.evs, entry.data.stds))
        if w.values is None:
            value, stderr = value[0], stderr[0]
        if single:
            value, stderr = value[..., 0], stderr[..., 0]
        if value.ndim == 0:
            value, stderr = value.item(), stderr.item()
        estimate = Estimate(value, stderr, shots, f"{type(estimator).__name__}")
        found.append(PubResult(circuit, (), (), estimate))
    return tuple(found)


def _pauli_words(observable: Any, n: int) -> SparsePauliOp:
    widest = max((sum(k != 0 for k in t.kinds) for t in terms_of(observable, n)), default=0)
    if widest > PROJECTORS:
        raise ArgumentError(
            f"Argument `observables` has a product of {widest} projectors, which an estimator "
            f"needs as 2^{widest} Pauli words (limit 2^{PROJECTORS}). Take a sampler or a backend."
        )
    if isinstance(observable, SparseObservable):
        return SparsePauliOp.from_sparse_observable(observable)
    return observable
