"""Tensor-network states: frozen data and the kernels that act on plain arrays."""

from qtn.states.mps import MPS, Truncation

__all__ = ["MPS", "Truncation"]
