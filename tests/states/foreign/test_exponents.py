"""What chains and trees of quimb have in common."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.states.foreign.exponents import with_exponent


def test_every_tensor_takes_its_share() -> None:
    tensors = [np.array([0.1, 0.7]), np.array([3.0])]
    same = with_exponent(tensors, 0.0)
    assert all((a == b).all() for a, b in zip(tensors, same, strict=True))
    large = with_exponent(tensors, 400)  # 10⁴⁰⁰ is no floating-point number
    assert [found[0] for found in large] == pytest.approx([0.1e200, 3e200])
