"""Compiled loop of expectation values: carries out the program of `expectation_plan`."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qtn._kernels import kernel
from qtn.states.kernels.blas import ADJOINT, PLAIN, gemm, pointer

_compiled: Any = kernel()
_carray: Any = numba.carray  # type: ignore[attr-defined]

# A_p is the matrix of a site for the state p of its basis. On the way to the right E[bra, ket] is
# the environment of the bond on the left, to the left E[ket, bra] that on the right.
HALF = 0  # matrix `out` = E A_q (to the left A_q E) with E the matrix `x`
BLOCK = 1  # matrix `out` = A_p+ H (to the left H A_p+) with H the matrix `x`, A_q if x < 0
COMBINE = 2  # matrix `out` = c0 X + c1 Y + c2 1, without X if x < 0 and without Y if y < 0
DOT = 3  # number `out` = Tr(A_p+ H) with H as in BLOCK
TRACE = 4  # number `out` = Tr(X)
ADD = 5  # value `out` += c0 number `x`, or its conjugate if y > 0; c0 alone if x < 0


@_compiled
def run(program, coefficients, sites, shapes, matrices, stride, numbers, values, address):
    """Carry out a program.

    Args:
        program: rows (operation, out, x, y, site, p, q, 1 on the way to the left).
        coefficients: rows (c0, c1, c2), of the type of the matrices.
        sites: where the tensors (left, phys, right) start in memory.
        shapes: of the tensors.
        matrices: room for all matrices, flat; `stride` elements each.
        numbers, values: room for the numbers, and zeros for the values; both complex.
        address: `GEMM` for the type.
    """
    one, zero = coefficients.dtype.type(1), coefficients.dtype.type(0)
    memory, size = matrices.ctypes.data, matrices.itemsize
    for k in range(program.shape[0]):
        operation, out, x, y = program[k, 0], program[k, 1], program[k, 2], program[k, 3]
        site, p, q, back = program[k, 4], program[k, 5], program[k, 6], program[k, 7]
        left, phys, right = shapes[site, 0], shapes[site, 1], shapes[site, 2]
        row = phys * right
        there = memory + size * stride * out
        first, first_row = memory + size * stride * x, right
        if operation in (BLOCK, DOT) and x < 0:
            first, first_row = sites[site] + size * q * right, row
        if operation == HALF:
            ket = sites[site] + size * q * right
            if back == 0:
                gemm(address, left, right, left, one, first, left, PLAIN,
                     ket, row, PLAIN, zero, there, right)  # fmt: skip
            else:
                gemm(address, left, right, right, one, ket, row, PLAIN,
                     first, right, PLAIN, zero, there, right)  # fmt: skip
        elif operation == BLOCK:
            bra = sites[site] + size * p * right
            if back == 0:
                gemm(address, right, right, left, one, bra, row, ADJOINT,
                     first, first_row, PLAIN, zero, there, right)  # fmt: skip
            else:
                gemm(address, left, left, right, one, first, first_row, PLAIN,
                     bra, row, ADJOINT, zero, there, left)  # fmt: skip
        elif operation == COMBINE:
            side = right if back == 0 else left
            combine(matrices, stride * out, stride * x, stride * y, side, coefficients[k])
        elif operation == DOT:
            bras = _carray(pointer(sites[site]), (left * row,), matrices.dtype)
            kets = _carray(pointer(first), (left * first_row,), matrices.dtype)
            total = zero
            for i in range(left):
                for j in range(right):
                    total += np.conj(bras[i * row + p * right + j]) * kets[i * first_row + j]
            numbers[out] = total
        elif operation == TRACE:
            side = left if back == 0 else right
            total = zero
            for i in range(side):
                total += matrices[stride * x + i * (side + 1)]
            numbers[out] = total
        elif x < 0:
            values[out] += coefficients[k, 0]
        else:
            number = numbers[x]
            values[out] += coefficients[k, 0] * (np.conj(number) if y > 0 else number)


@_compiled
def combine(matrices, out, x, y, side, factors):
    """X' = c0 X + c1 Y + c2 1."""
    c0, c1, c2 = factors[0], factors[1], factors[2]
    zero = c0 * 0
    for j in range(side * side):
        total = zero
        if x >= 0:
            total += c0 * matrices[x + j]
        if y >= 0:
            total += c1 * matrices[y + j]
        matrices[out + j] = total
    if c2 != zero:
        for j in range(side):
            matrices[out + j * (side + 1)] += c2
