"""Matrix products for compiled kernels, straight to BLAS.

numba's own `np.dot` on slices of a flat array compiles for more than a second; a call through the
address that SciPy gives out costs next to nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic

_intrinsic: Any = intrinsic
DGEMM: int = get_cython_function_address("scipy.linalg.cython_blas", "dgemm")


@_intrinsic
def multiply_into(  # type: ignore[no-untyped-def]
    _typing, address, c, c_first, a, a_first, b, b_first, rows, inner, columns, keep
):
    """C = A @ B + keep C for row-major matrices that start at given places of flat arrays.

    Args:
        address: `DGEMM`; given at run time, so that the compiled code may be cached.
        c, a, b: flat float64 arrays.
        c_first, a_first, b_first: where C, A and B start.
        rows, inner, columns: A is (rows, inner), B is (inner, columns).
        keep: 0.0 or 1.0.
    """
    signature = types.void(address, c, c_first, a, a_first, b, b_first, rows, inner, columns, keep)
    return signature, _write_call


def _write_call(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Emit the call of dgemm: C^T = B^T A^T, since BLAS is column-major."""
    address, c, c_first, a, a_first, b, b_first, rows, inner, columns, keep = values
    integer, double = ir.IntType(32), ir.DoubleType()

    def place(value: Any, kind: Any) -> Any:
        pointer = cgutils.alloca_once(builder, kind)
        builder.store(value, pointer)
        return pointer

    def number(value: Any) -> Any:
        return place(builder.trunc(value, integer), integer)

    def start(array: int, value: Any, first: Any) -> Any:
        data = context.make_array(signature.args[array])(context, builder, value).data
        return builder.gep(data, [first])

    letter = place(ir.Constant(ir.IntType(8), ord("n")), ir.IntType(8))
    m, n, k = number(columns), number(rows), number(inner)
    arguments = [
        letter, letter, m, n, k, place(ir.Constant(double, 1.0), double),
        start(5, b, b_first), m, start(3, a, a_first), k, place(keep, double),
        start(1, c, c_first), m,
    ]  # fmt: skip
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.inttoptr(address, kind.as_pointer()), arguments)
    return context.get_dummy_value()
