"""Matrices of parametrised gates for every binding of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Instruction, ParameterExpression

from qtn.devices.tensor.channels import ROTATIONS, ChannelTable, NoisyCircuit

__all__ = ["binding_matrices", "bound_matrices", "parameter_columns"]

Array = NDArray[Any]


def binding_matrices(
    plan: NoisyCircuit, table: ChannelTable, parameters: Any, values: Array
) -> list[Array]:
    """Return the matrices of the suffix steps for all bindings, each (bindings or 1, d, d)."""
    out = []
    for step in plan.suffix:
        if step.operation is None:
            out.append(np.asarray(step.matrix)[None])
            continue
        matrices = bound_matrices(step.operation, table, parameters, values)
        out.append(matrices if step.matrix is None else step.matrix @ matrices)
    return out


def bound_matrices(
    operation: Instruction, table: ChannelTable, parameters: Any, values: Array
) -> Array:
    """Return the matrices of a parametrised gate for all bindings, (bindings, d, d)."""
    columns = parameter_columns(operation, parameters, values)
    if operation.name in ROTATIONS:
        return table.rotations(operation.name, columns[0])
    rows = zip(*columns, strict=True)
    return np.stack([table.gate(_with_params(operation, r)) for r in rows])


def _with_params(operation: Any, params: Iterable[float]) -> Any:
    bound = operation.to_mutable()
    bound.params = [float(p) for p in params]
    return bound


def parameter_columns(
    operation: Instruction, parameters: Sequence[Any], values: Array
) -> list[Array]:
    """Return the arguments of a parametrised gate for every binding.

    Args:
        operation: a gate, some of whose parameters are expressions.
        parameters: the circuit's parameters, the columns of `values`.
        values: parameter values (bindings, parameters).

    Returns:
        One array (bindings,) per gate argument.
    """
    column = {p: k for k, p in enumerate(parameters)}
    out = []
    for expression in operation.params:
        if not isinstance(expression, ParameterExpression) or not expression.parameters:
            out.append(np.full(len(values), float(expression)))
            continue
        free = list(expression.parameters)
        slopes = [expression.gradient(p) for p in free]
        if all(isinstance(s, int | float) for s in slopes):
            offset = float(expression.bind(dict.fromkeys(free, 0.0)))
            terms = (float(s) * values[:, column[p]] for s, p in zip(slopes, free, strict=True))
            out.append(offset + np.sum(list(terms), axis=0))
        else:
            rows = ({p: row[column[p]] for p in free} for row in values)
            out.append(np.array([float(expression.bind(row)) for row in rows]))
    return out
