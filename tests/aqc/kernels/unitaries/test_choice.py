"""Which kernel an operator gets."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.aqc.kernels.unitaries.across import AcrossKernel
from qtn.aqc.kernels.unitaries.between import BetweenKernel
from qtn.aqc.kernels.unitaries.choice import operator_kernel
from qtn.aqc.kernels.unitaries.whole import WholeKernel
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.errors import ArgumentError


def identity(n: int) -> qtn.MPO:
    return qtn.MPO((np.eye(2).reshape(1, 2, 2, 1),) * n)


def test_shallow_deep_and_small():
    assert isinstance(operator_kernel(identity(20), brickwall_shape(20, 5)), AcrossKernel)
    assert isinstance(operator_kernel(identity(20), brickwall_shape(20, 31)), BetweenKernel)
    assert isinstance(operator_kernel(identity(4), brickwall_shape(4, 15)), WholeKernel)
    with pytest.raises(ArgumentError, match="share no site"):
        operator_kernel(identity(20), staircase_shape(20, 1))
