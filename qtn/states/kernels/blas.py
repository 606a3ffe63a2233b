"""Matrix products for compiled kernels, straight to BLAS.

numba's own `np.dot` compiles for most of a second and copies what is not contiguous; a call through
the address that SciPy gives out costs next to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, errors
from numba.extending import get_cython_function_address, intrinsic

_intrinsic: Any = intrinsic
# How a matrix enters a product: BLAS's letters.
PLAIN, TRANSPOSE, ADJOINT = ord("n"), ord("t"), ord("c")
# Given to compiled functions at run time, so that their code may be kept on disk.
GEMM: dict[np.dtype[Any], int] = {
    np.dtype(kind): get_cython_function_address("scipy.linalg.cython_blas", name)
    for kind, name in (("f4", "sgemm"), ("f8", "dgemm"), ("c8", "cgemm"), ("c16", "zgemm"))
}

# Eigenvectors of Hermitian complex matrices, by division.
HEEVD: int = get_cython_function_address("scipy.linalg.cython_lapack", "zheevd")


@_intrinsic
def gemm(  # type: ignore[no-untyped-def]
    _typing, address, rows, columns, inner,
    scale, a, a_stride, a_form, b, b_stride, b_form, keep, c, c_stride,
):  # fmt: skip
    """C = scale op(A) op(B) + keep C for row-major matrices.

    Args:
        address: `GEMM[dtype]`.
        rows, columns, inner: C is (rows, columns), op(A) is (rows, inner).
        scale, keep: of the type of the matrices.
        a, b, c: where the matrices start in memory (integers).
        a_stride, b_stride, c_stride: from row to row, in elements.
        a_form, b_form: `PLAIN`, `TRANSPOSE` or `ADJOINT`.
    """
    signature = types.void(
        address, rows, columns, inner,
        scale, a, a_stride, a_form, b, b_stride, b_form, scale, c, c_stride,
    )  # fmt: skip

    def write(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        starts = [builder.inttoptr(values[k], cgutils.voidptr_t) for k in (5, 8, 12)]
        strides = values[6], values[9], values[13]
        _call(builder, values[:5], values[11], starts, strides, (values[7], values[10]))
        return context.get_dummy_value()

    return signature, write


@_intrinsic
def product(  # type: ignore[no-untyped-def]
    _typing, address, rows, columns, inner, a, a_form, b, b_form, out
):
    """out = op(A) op(B) for contiguous arrays of any shape, read as row-major matrices.

    Args:
        address: `GEMM[dtype]`.
        rows, columns, inner: out is (rows, columns), op(A) is (rows, inner).
        a, b, out: arrays of the same type.
        a_form, b_form: `PLAIN`, `TRANSPOSE` or `ADJOINT`.
    """
    for array in (a, b, out):
        if not isinstance(array, types.Array) or array.layout != "C" or array.dtype != out.dtype:
            raise errors.TypingError(f"{array}: expected a contiguous array of {out}'s type")

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address, rows, columns, inner, _, a_form, _, b_form, _ = values
        one, zero = (
            context.get_constant_generic(builder, signature.args[8].dtype, k) for k in (1, 0)
        )

        def start(k: int) -> Any:
            array = context.make_array(signature.args[k])(context, builder, values[k])
            return builder.bitcast(array.data, cgutils.voidptr_t)

        def stride(form: Any, plain: Any, turned: Any) -> Any:
            is_plain = builder.icmp_signed("==", form, ir.Constant(form.type, PLAIN))
            return builder.select(is_plain, plain, turned)

        strides = stride(a_form, inner, rows), stride(b_form, columns, inner), columns
        _call(
            builder, (address, rows, columns, inner, one), zero,
            [start(k) for k in (4, 6, 8)], strides, (a_form, b_form),
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(address, rows, columns, inner, a, a_form, b, b_form, out), write


def _call(builder: Any, sizes: Any, keep: Any, starts: Any, strides: Any, forms: Any) -> None:
    """Emit C^T = op(B)^T op(A)^T, since BLAS is column-major."""
    address, rows, columns, inner, scale = sizes

    def place(value: Any) -> Any:
        pointer = cgutils.alloca_once(builder, value.type)
        builder.store(value, pointer)
        return builder.bitcast(pointer, cgutils.voidptr_t)

    def number(value: Any) -> Any:
        return place(builder.trunc(value, ir.IntType(32)))

    def letter(form: Any) -> Any:
        return place(builder.trunc(form, ir.IntType(8)))

    a, b, c = starts
    arguments = [
        letter(forms[1]), letter(forms[0]), number(columns), number(rows), number(inner),
        place(scale), b, number(strides[1]), a, number(strides[0]),
        place(keep), c, number(strides[2]),
    ]  # fmt: skip
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.inttoptr(address, kind.as_pointer()), arguments)


@_intrinsic
def fortran(_typing, address, places):  # type: ignore[no-untyped-def]
    """Call a routine of LAPACK by its address with the places of its arguments (integers)."""
    count = len(places)

    def write(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        found = cgutils.unpack_tuple(builder, values[1], count)
        arguments = [builder.inttoptr(place, cgutils.voidptr_t) for place in found]
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * count)
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), arguments)
        return _context.get_dummy_value()

    return types.void(address, types.UniTuple(types.int64, count)), write


@_intrinsic
def pointer(_typing, address):  # type: ignore[no-untyped-def]
    """Return an integer address as what `numba.carray` takes."""

    def write(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(address), write
