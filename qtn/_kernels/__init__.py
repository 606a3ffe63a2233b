"""Compiled loops: the one place that knows numba's options, and hears what it compiles."""

from qtn._kernels.compiler import COMPILED, FAST, KERNELS, Compilation, inner, kernel

__all__ = ["COMPILED", "FAST", "KERNELS", "Compilation", "inner", "kernel"]
