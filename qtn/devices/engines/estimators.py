"""Any `BaseEstimatorV2` as a device: its own values and its own standard errors.

Where an estimator tells no error, as Qiskit's `StatevectorEstimator`, which adds the noise of the
precision asked for, the precision asked for is the error.

What such an estimator leaves out is left out here too: Aer's, for instance, ignores readout error.
Whoever wants values with all errors of the device takes a sampler or a backend instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from qiskit.primitives import BaseEstimatorV2

from qtn.devices.engines.base import Engine, Pub, Values
from qtn.devices.engines.samplers import PrimitiveEngine, result_of
from qtn.errors import ArgumentError, DeviceError

__all__ = ["EstimatorEngine", "check_estimable", "check_plannable"]


class EstimatorEngine(PrimitiveEngine):
    """Any `BaseEstimatorV2`; the circuits come with observables on the device's own qubits."""

    gives_values = True

    def __init__(self, estimator: BaseEstimatorV2) -> None:
        super().__init__(estimator)
        self.estimator = estimator

    def start(self, pubs: Sequence[Pub], shots: int) -> Any:
        work = []
        for pub in pubs:
            rows = np.zeros((1, 0)) if pub.values is None else pub.values
            work.append((pub.circuit, list(pub.observables or ()), rows[:, None, :]))
        return self.estimator.run(work, precision=1 / np.sqrt(shots))

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[Values], str]:
        entries = list(result_of(self._job(job_id)))
        found = []
        for pub, entry in zip(pubs, entries, strict=False):
            arrays = [np.asarray(x, dtype=float) for x in (entry.data.evs, entry.data.stds)]
            shape = (pub.bindings, len(pub.observables or ()))
            if any(a.shape != shape for a in arrays):
                break
            # an error of zero beside a precision above zero is an error that was not told
            arrays[1] = np.where(arrays[1] > 0, arrays[1], 1 / np.sqrt(shots))
            value, stderr = (a[0] if pub.values is None else a for a in arrays)
            found.append(Values(value, stderr, type(self.estimator).__name__))
        if not len(found) == len(pubs) == len(entries):
            raise DeviceError(
                f"Job {job_id} returned {len(entries)} results for {len(pubs)} circuits, or "
                "another number of values than asked. The partial result is not used."
            )
        return found, f"{self.name}: its own values and errors"


def check_estimable(
    engine: Engine, observables: Sequence[Any] | None, executor: Executor | None
) -> None:
    """Refuse what an estimator cannot do, before anything is submitted.

    Raises:
        ArgumentError: no observables (an estimator has nothing else to give), or an executor.
    """
    instead = "or take a sampler or a backend as `device`."
    if not observables:
        raise ArgumentError(
            f"{engine.name} is an estimator and gives no counts. Give `observables`, {instead}"
        )
    if executor is not None:
        raise ArgumentError(
            f"Argument `executor` is for simulations, but {engine.name} runs its jobs itself. "
            f"Leave it out, {instead}"
        )


def check_plannable(engine: Engine) -> None:
    """Refuse a budget or a dry run where nobody here knows what will be executed.

    Raises:
        ArgumentError: the estimator computes elsewhere, where its own error mitigation decides
            how often circuits are executed.
    """
    if not engine.local:
        raise ArgumentError(
            f"Arguments `budget` and `dry_run` need to know what will be executed, but "
            f"{engine.name} decides that itself (error mitigation included). Leave them out, or "
            "take a sampler or a backend as `device`, with qtn.mitigate where needed."
        )
