"""Maps learned on circuits that the caller chooses, once for many targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation.measuring import term_values
from qtn.mitigation.techniques.base import Technique
from qtn.mitigation.techniques.learn import LearnedMap, fit_map
from qtn.mitigation.values.ideal import ideal_values


def learn_map(
    circuits: Sequence[QuantumCircuit],
    observable: Any,
    techniques: Sequence[Technique] = (),
    *,
    device: Any,
    shots: Any = 4096,
    seed: int = 0,
) -> LearnedMap:
    """Learn a map on given circuits, to be used for many targets of the same structure.

    Args:
        circuits: training circuits, simulable as matrix product states.
        observable: as in `mitigate`; its terms must be those of the targets, in any coefficients.
        techniques: the readout correction and noise factors that the targets will use as well.
        device: as in `mitigate`.
        shots: as in `mitigate`, for each training circuit.
        seed: seed of everything random.

    Returns:
        The map; use it as `Twins(known=...)`.

    Cost: that of mitigating every training circuit.
    """
    noisy, variances, ideal, spent, limit = [], [], [], 0, None
    for number, circuit in enumerate(circuits):
        data = term_values(
            circuit, observable, techniques, device=device, shots=shots, seed=seed + number
        )
        noisy.append(data.mean)
        variances.append(data.variances)
        ideal.append(ideal_values(data.native, data.observable.terms))
        limit = data.observable.mixed_values
        spent += data.shots
    if limit is None:
        raise ArgumentError("Argument `circuits` must hold at least one circuit, but is empty.")
    stacked = (np.stack(noisy), np.stack(variances), np.stack(ideal))
    return fit_map(*stacked, spent, limit)
