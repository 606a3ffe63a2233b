"""Expectation values of many product operators in one sweep, environments shared.

What to compute is planned once for a set of operators (`expectation_plan`) and carried out by one
compiled loop (`expectation_kernel`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._machine import few_threads, suited
from qtn.states.kernels.blas import GEMM
from qtn.states.kernels.expectation_kernel import run
from qtn.states.kernels.expectation_plan import Factor, plan
from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.sample import in_precision

Array = NDArray[Any]
Factors = Mapping[int, Array]


def product_sum(
    tensors: Sequence[Array],
    operators: Sequence[Factors],
    *,
    center: int | None = None,
    precision: str = "double",
) -> Array:
    """Return ⟨ψ|O_k|ψ⟩ / ⟨ψ|ψ⟩ for product operators O_k = ⊗_i F_{k,i}.

    Args:
        tensors: chain (left, phys, right).
        operators: for each operator its factors {site: matrix (phys, phys)}; {} is the identity.
        center: orthogonality centre of the chain; None if unknown (then one QR sweep is made).
        precision: "single" (complex64) takes half the memory and time at bonds from 64 on, with
            errors of about 1e-6; the gauge is fixed in double.

    Returns:
        Array (len(operators),), real for a real chain and real factors.

    Raises:
        ArgumentError: a site outside the chain or a matrix of the wrong size.

    Cost:
        O(χ³) per site and distinct partial operator; planning, once for a set of operators, takes
        some 10 µs for each of them.

    Example:
        >>> bell = [np.eye(2).reshape(1, 2, 2), np.eye(2).reshape(2, 2, 1)]
        >>> z = np.diag([1.0, -1.0])
        >>> np.round(product_sum(bell, [{0: z, 1: z}, {1: z}]), 12) + 0.0
        array([1., 0.])
    """
    real = all(matrix.dtype.kind != "c" for factors in operators for matrix in factors.values())
    factors, pairs, phases = _taken_apart(operators, [tensor.shape[1] for tensor in tensors])
    if center is None:
        center = 0
        tensors = canonicalise(tensors, 0)
    tensors = in_precision(tensors, precision)
    todo = plan(factors, pairs, tuple(tensor.shape[1] for tensor in tensors), center)
    dtype = np.result_type(
        *tensors, *([np.complex64] if np.iscomplexobj(todo.coefficients) else [])
    )
    tensors = [np.ascontiguousarray(tensor, dtype) for tensor in tensors]
    largest = max(max(tensor.shape[::2]) for tensor in tensors) ** 2
    values = np.zeros(len(operators), dtype)
    with few_threads(suited(max(len(tensor) for tensor in tensors))):
        run(
            todo.program,
            todo.coefficients.astype(dtype),
            np.array([tensor.ctypes.data for tensor in tensors]),
            np.array([tensor.shape for tensor in tensors]),
            np.empty(todo.matrices * largest, dtype),
            largest,
            np.empty(todo.numbers, dtype),
            values,
            GEMM[dtype],
        )
    values = values / float(np.sum(np.abs(tensors[center]) ** 2))
    return values if real else values * phases.astype(np.result_type(dtype, np.complex64))


def factors_in_precision(operators: Sequence[Factors], precision: str) -> list[Factors]:
    """Return the factors as they are ("double") or in complex64 or float32 ("single")."""
    if precision == "double":
        return list(operators)
    return [dict(zip(f, in_precision(list(f.values()), precision), strict=True)) for f in operators]


def _taken_apart(
    operators: Sequence[Factors], phys: Sequence[int]
) -> tuple[tuple[Factor, ...], tuple[tuple[tuple[int, int], ...], ...], Array]:
    """Check the operators; return their factors without repetition, which acts where, and phases.

    An imaginary factor, such as Pauli Y, becomes i times a real one and i goes into the operator's
    phase, so that real chains are contracted in real numbers.
    """
    numbers: dict[Factor, int] = {}
    # Each matrix is kept beside its number: an id belongs to one object only while that lives.
    seen: dict[int, tuple[Array, int, bool]] = {}
    pairs, phases = [], np.ones(len(operators), complex)
    for k, factors in enumerate(operators):
        placed = []
        for site, matrix in factors.items():
            if id(matrix) not in seen:
                imaginary = bool(
                    matrix.dtype.kind == "c" and matrix.any() and not matrix.real.any()
                )
                plain = matrix.imag if imaginary else matrix
                plain = plain if np.imag(plain).any() else plain.real
                number = numbers.setdefault(Factor.of(plain), len(numbers))
                seen[id(matrix)] = matrix, number, imaginary
            _, number, imaginary = seen[id(matrix)]
            if not 0 <= site < len(phys):
                raise fail("operators", f"on sites 0 to {len(phys) - 1}", site)
            if matrix.shape != (phys[site], phys[site]):
                raise fail("operators", f"square of side {phys[site]}", matrix)
            placed.append((site, number))
            if imaginary:
                phases[k] *= 1j
        pairs.append(tuple(placed))
    return tuple(numbers), tuple(pairs), phases
