"""Matrix products for compiled kernels, straight to BLAS.

numba's own `np.dot` on slices of a flat array compiles for more than a second and copies what is
not contiguous; a call through the address that SciPy gives out costs next to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic

_intrinsic: Any = intrinsic
# Given to compiled functions at run time, so that their code may be kept on disk.
GEMM: dict[np.dtype[Any], int] = {
    np.dtype(kind): get_cython_function_address("scipy.linalg.cython_blas", name)
    for kind, name in (("f4", "sgemm"), ("f8", "dgemm"), ("c8", "cgemm"), ("c16", "zgemm"))
}


@_intrinsic
def gemm(  # type: ignore[no-untyped-def]
    _typing, address, rows, columns, inner,
    scale, a, a_stride, a_adjoint, b, b_stride, b_adjoint, keep, c, c_stride,
):  # fmt: skip
    """C = scale op(A) op(B) + keep C for row-major matrices, op the adjoint or nothing.

    Args:
        address: `GEMM[dtype]`.
        rows, columns, inner: C is (rows, columns), op(A) is (rows, inner).
        scale, keep: of the type of the matrices.
        a, b, c: where the matrices start in memory (integers).
        a_stride, b_stride, c_stride: from row to row, in elements.
        a_adjoint, b_adjoint: 1 for the adjoint, 0 for the matrix itself.
    """
    signature = types.void(
        address, rows, columns, inner,
        scale, a, a_stride, a_adjoint, b, b_stride, b_adjoint, scale, c, c_stride,
    )  # fmt: skip
    return signature, _write_call


def _write_call(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Emit C^T = op(B)^T op(A)^T, since BLAS is column-major."""
    (
        address, rows, columns, inner,
        scale, a, a_stride, a_adjoint, b, b_stride, b_adjoint, keep, c, c_stride,
    ) = values  # fmt: skip

    def place(value: Any) -> Any:
        pointer = cgutils.alloca_once(builder, value.type)
        builder.store(value, pointer)
        return builder.bitcast(pointer, cgutils.voidptr_t)

    def number(value: Any) -> Any:
        return place(builder.trunc(value, ir.IntType(32)))

    def letter(adjoint: Any) -> Any:
        byte = ir.IntType(8)
        zero = ir.Constant(adjoint.type, 0)
        choice = builder.icmp_signed("!=", adjoint, zero)
        return place(builder.select(choice, byte(ord("c")), byte(ord("n"))))

    def start(value: Any) -> Any:
        return builder.inttoptr(value, cgutils.voidptr_t)

    arguments = [
        letter(b_adjoint), letter(a_adjoint), number(columns), number(rows), number(inner),
        place(scale), start(b), number(b_stride), start(a), number(a_stride),
        place(keep), start(c), number(c_stride),
    ]  # fmt: skip
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.inttoptr(address, kind.as_pointer()), arguments)
    return context.get_dummy_value()


@_intrinsic
def pointer(_typing, address):  # type: ignore[no-untyped-def]
    """Return an integer address as what `numba.carray` takes."""

    def write(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(address), write
