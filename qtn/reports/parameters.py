"""How many numbers a model keeps from its training."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

from qtn.hybrid import QuantumModel
from qtn.reports.entrants import inner_model

# What scikit-learn's models keep, by the names that its documentation gives them.
_LEARNT = ("coef_", "intercept_", "coefs_", "intercepts_", "support_vectors_", "dual_coef_")


def count_parameters(model: Any) -> int | None:
    """Return the number of parameters; None where a model does not say.

    Of a tensor network the entries of its cores; of a circuit the angles of its gates, in all
    circuits together; of a linear model, a network or a support vector machine its coefficients
    (the support vectors among them); of a pipeline or a search those of the model inside.
    """
    if isinstance(model, QuantumModel):
        return sum(_angles(c.circuit) for c in model.compiled)
    inner = inner_model(model)
    if hasattr(inner, "parameters_"):
        return int(inner.parameters_)
    network = getattr(inner, "network_", None)
    if network is not None:
        return sum(int(p.numel()) for p in network.parameters())
    # A linear kernel keeps its support vectors; `coef_` is then made of them.
    names = _LEARNT[1:] if hasattr(inner, "support_vectors_") else _LEARNT
    kept = [getattr(inner, name) for name in names if hasattr(inner, name)]
    sizes = [sum(np.size(part) for part in k) if isinstance(k, list) else np.size(k) for k in kept]
    return int(sum(sizes)) or None


def _angles(circuit: Any) -> int:
    return sum(
        not isinstance(p, Parameter | ParameterExpression)
        for instruction in circuit.data
        for p in instruction.operation.params
        if np.ndim(p) == 0
    )
