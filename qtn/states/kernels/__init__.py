"""Kernels that act on lists of plain arrays."""
