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

from qtn.devices.observables import measurement_bases, terms_of
from qtn.devices.plan import Plan
from qtn.devices.pubs import Work
from qtn.devices.result import PubResult
from qtn.devices.samplers import backend_of, dies_with_process, target_of
from qtn.devices.transpile import Transpiled, transpile_to
from qtn.errors import ArgumentError
from qtn.estimate import Estimate

__all__ = ["check_unrecorded", "estimate_all", "placed", "plan_of"]

PROJECTORS = 12  # a product of k projectors is a sum of 2^k Pauli words


def estimate_all(
    estimator: BaseEstimatorV2,
    work: Sequence[Work],
    ready: Sequence[Transpiled],
    observables: Sequence[Any],
    single: bool,
    shots: int,
) -> tuple[PubResult, ...]:
    """Ask an estimator for all observables on all circuits, to the precision of `shots` shots.

    Args:
        estimator: with whatever options its owner set.
        work: circuits and bindings.
        ready: the circuits as they will run, from `placed`.
        observables: on the circuits' own qubits; the layout is applied.
        single: whether the observable came alone (no axis over observables).
        shots: the precision asked for is 1/sqrt(shots).

    Raises:
        ArgumentError: a product of too many projectors.
    """
    pubs = []
    for w, circuit in zip(work, ready, strict=True):
        words = [_pauli_words(o, len(circuit.qubits)) for o in observables]
        placed = [o.apply_layout(list(circuit.qubits), circuit.circuit.num_qubits) for o in words]
        values = np.zeros((1, 0)) if w.values is None else w.values
        pubs.append((circuit.circuit, placed, values[:, None, :]))
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


def check_unrecorded(
    estimator: BaseEstimatorV2, observables: Sequence[Any] | None, ledger: Any, executor: Any
) -> None:
    """Refuse what an estimator cannot do, before anything is submitted.

    Args:
        estimator: the device.
        observables: an estimator has nothing else to give.
        ledger: as given to `qtn.run`; only None and False are possible.
        executor: as given to `qtn.run`; only None is possible.

    Raises:
        ArgumentError: no observables; a ledger or an executor; or an estimator that computes
            elsewhere without the explicit word that its job is not recorded.
    """
    name = type(estimator).__name__
    instead = "or take a sampler or a backend as `device`."
    if not observables:
        raise ArgumentError(
            f"{name} is an estimator and gives no counts. Give `observables`, {instead}"
        )
    if executor is not None:
        raise ArgumentError(
            f"Argument `executor` is for simulations, but {name} runs its jobs itself. Leave it "
            f"out, {instead}"
        )
    if ledger is not None and ledger is not False:
        raise ArgumentError(
            f"Argument `ledger` cannot record {name}: an estimator returns no raw counts to keep. "
            f"Leave it out, {instead}"
        )
    if ledger is None and not dies_with_process(estimator):
        raise ArgumentError(
            f"{name} computes elsewhere and its job would not be recorded: a crash could lose what "
            f"was paid for. Accept that with ledger=False, {instead}"
        )


def placed(estimator: BaseEstimatorV2, work: Sequence[Work], seed: int) -> list[Transpiled]:
    """Transpile every circuit once for the device behind an estimator."""
    target = target_of(backend_of(estimator))
    return [w.transpiled or transpile_to(w.circuit, target, seed) for w in work]


def plan_of(
    estimator: BaseEstimatorV2,
    work: Sequence[Work],
    ready: Sequence[Transpiled],
    observables: Sequence[Any],
    shots: int,
) -> Plan:
    """Count what an estimator that computes here would execute: every basis, `shots` times.

    Raises:
        ArgumentError: the estimator computes elsewhere, where its own error mitigation decides
            how often circuits are executed.
    """
    if not dies_with_process(estimator):
        raise ArgumentError(
            f"Arguments `budget` and `dry_run` need to know what will be executed, but "
            f"{type(estimator).__name__} decides that itself (error mitigation included). Leave "
            "them out, or take a sampler or a backend as `device`, with qtn.mitigate where needed."
        )
    circuits = 0
    for w, circuit in zip(work, ready, strict=True):
        bases = measurement_bases(list(observables), len(circuit.qubits))
        circuits += len(bases) * (1 if w.values is None else len(w.values))
    return Plan(
        device=type(estimator).__name__,
        circuits=circuits,
        jobs=1,
        shots=circuits * shots,
        depth=max(int(c.circuit.depth()) for c in ready),
        two_qubit_depth=max(c.two_qubit_depth for c in ready),
        two_qubit_gates=max(c.two_qubit_gates for c in ready),
        seconds=None,
        money=None,
    )


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
