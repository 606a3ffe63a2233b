"""`qtn.core_shapes`: bounds of the error, states, bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.states.tucker import door
from qtn.states.tucker.factors import cut, hooi, hosvd


def decaying(sides: tuple[int, ...], rate: float, seed: int) -> np.ndarray:
    """Random signs under entries that decay with the sum of the indices, in random bases."""
    rng = np.random.default_rng(seed)
    tensor = rng.normal(size=sides) * np.exp(-rate * np.indices(sides).sum(0))
    for axis, n in enumerate(sides):
        basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
        tensor = np.moveaxis(np.tensordot(basis, tensor, (1, axis)), 0, axis)
    return tensor


@pytest.mark.parametrize("phases", [False, True])
def test_the_error_lies_between_its_bounds(phases: bool) -> None:
    tensor = decaying((6, 5, 4), 0.5, 0) * (np.exp(1j * np.arange(4)) if phases else 1.0)
    for most in (16, 40, 80, 200):
        found = qtn.core_shapes(1e-200 * tensor, most)
        low, high = found.bounds
        assert low <= found.error + 1e-15
        assert found.error <= high + 1e-15
        assert found.parameters <= most
        dense = 1e200 * found.decomposition.to_dense()
        error = np.linalg.norm(dense - tensor) / np.linalg.norm(tensor)
        assert found.error == pytest.approx(error, abs=1e-13)


def test_a_larger_number_of_parameters_never_does_worse() -> None:
    tensor = decaying((5, 5, 5), 0.3, 1)
    errors = [qtn.core_shapes(tensor, most).error for most in range(16, 200, 7)]
    assert errors == sorted(errors, reverse=True)


def test_near_the_best_of_all_shapes_with_iteration() -> None:
    tensor, most = decaying((4, 5, 4, 3), 0.6, 2), 90
    whole = hosvd(tensor)[0]

    def error(shape: tuple[int, ...]) -> float:
        start = cut(whole, shape)
        return float(np.linalg.norm(tensor - hooi(tensor, start).to_dense()))

    def count(shape: tuple[int, ...]) -> int:
        return int(np.prod(shape)) + sum(n * r for n, r in zip(tensor.shape, shape))

    shapes = itertools.product(*(range(1, n + 1) for n in tensor.shape))
    best = min(error(s) for s in shapes if 70 <= count(s) <= most)
    assert error(qtn.core_shapes(tensor, most).shape) <= 1.01 * best


def test_states() -> None:
    chain = qtn.MPS.from_dense(decaying((2,) * 7, 0.5, 3).reshape(-1))
    found = qtn.core_shapes(chain, 60)
    assert found.shape == found.decomposition.bonds
    assert found.parameters == sum(t.size for t in found.decomposition.tensors) <= 60
    assert found.error == pytest.approx(np.sqrt(chain.infidelity(found.decomposition)))
    assert found.bounds[0] <= found.error <= found.bounds[1]
    tree = qtn.TTN.product([[1, 0]] * 4, ((0, 1), (2, 3), (4, 5)))
    exact = qtn.core_shapes(tree, 12)
    assert (exact.shape, exact.parameters, exact.error) == ((1, 1), 9, 0.0)


def test_text() -> None:
    found = qtn.core_shapes(np.ones((3, 3)), 10)
    assert repr(found).startswith("CoreShape(1×1, 7 parameters")
    assert "sum of the tails" in found._repr_html_()


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ArgumentError, match=r"at least 10, which the smallest core, .* is 9\. Allow"
    ):
        qtn.core_shapes(np.ones((2, 3, 4)), 9)
    with pytest.raises(ArgumentError, match="at least 6, which the state with all bonds 1 takes"):
        qtn.core_shapes(qtn.MPS.product([[1, 0]] * 3), 5)
    with pytest.raises(ArgumentError, match=r"but is BlockMPS.* Give its `to_mps\(\)`"):
        qtn.core_shapes(qtn.BlockMPS.product([0, 1]), 9)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="two axes, but has 1"):
        qtn.core_shapes(np.ones(3), 9)
    with pytest.raises(ArgumentError, match="must not be zero"):
        qtn.core_shapes(np.zeros((3, 3)), 9)
    with pytest.raises(ArgumentError, match="`max_parameters` must be a positive integer"):
        qtn.core_shapes(np.ones((3, 3)), 0)
    with pytest.raises(ArgumentError, match="finite numbers only"):
        qtn.core_shapes(np.full((3, 3), np.nan), 9)
    monkeypatch.setattr(door, "LARGEST_TABLE", 8)
    with pytest.raises(ArgumentError, match=r"at most 8e\+00 entries, but has 9"):
        qtn.core_shapes(np.ones((3, 3)), 9)
