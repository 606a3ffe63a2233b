"""The tensor-network simulator: primitives on matrix product states and density operators."""

from __future__ import annotations

from qtn.devices.tensor.primitives import TensorEstimator, TensorSampler

__all__ = ["TensorEstimator", "TensorSampler"]
