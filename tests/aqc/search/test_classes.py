"""Gates that keep their class, and the nearest gates of one CX."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import unitary_group

from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.gates import joined, nearest_unitary, parted, unitary
from qtn.aqc.search.classes import Classes, nearest_entanglers
from qtn.aqc.search.entanglers import CX
from qtn.aqc.search.keeper import Keeper
from qtn.aqc.search.optimise import LBFGS, Search, lbfgs
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.shape.emit import cx_count
from qtn.states import MPS


@pytest.mark.parametrize("real", [False, True])
def test_held_gates_keep_their_class_while_the_search_gains(real: bool) -> None:
    rng = np.random.default_rng(3)
    vector = rng.normal(size=32) + (0.0 if real else 1j) * rng.normal(size=32)
    state = MPS.from_dense(vector).normalised()
    shape = brickwall_shape(5, 4)
    gates = rng.normal(size=(shape.size, 4, 4)) + 1j * (not real) * rng.normal(
        size=(shape.size, 4, 4)
    )
    gates = nearest_unitary(gates.real if real else gates).astype(complex)
    held = np.zeros(shape.size, bool)
    for g, kept in ((1, CX), (3, np.eye(4)), (6, CX)):
        gates[g], held[g] = kept, True
    search = Search(Keeper())
    kernel = DenseKernel(list(state.tensors), shape)
    lbfgs(kernel, parted(gates), search, LBFGS(30), moves=Classes(held, real))
    values = [record.infidelity for record in search.history]
    assert search.best < 0.5 * values[0]
    found = joined(unitary(search.gates))
    assert [cx_count(found[g]) for g in (1, 3, 6)] == [1, 0, 1]
    assert not real or np.abs(found.imag).max() < 1e-12


def test_the_gradient_is_that_of_finite_steps() -> None:
    rng = np.random.default_rng(4)
    state = MPS.from_dense(rng.normal(size=16) + 1j * rng.normal(size=16)).normalised()
    shape = brickwall_shape(4, 3)
    gates = parted(unitary_group.rvs(4, size=shape.size, random_state=5).astype(complex))
    held = np.arange(shape.size) % 2 == 0
    moves, kernel = Classes(held, real=False), DenseKernel(list(state.tensors), shape)

    def value(step: np.ndarray) -> float:
        return -2.0 * np.log(abs(kernel.evaluate(moves.moved(gates, step))[0]))

    overlap, environments = kernel.evaluate(gates)
    gradient = moves.gradient(gates, environments, overlap)
    step = np.concatenate(
        [
            1e-5 * gradient[: 32 * int((~held).sum())],
            1e-5 * rng.normal(size=12 * int(held.sum())),
        ]
    )
    change = (value(step) - value(-step)) / 2.0
    assert change == pytest.approx(gradient @ step, rel=1e-5)


@pytest.mark.parametrize("real", [False, True])
def test_the_nearest_entangler_is_found(real: bool) -> None:
    rng = np.random.default_rng(6)
    sides = rng.normal(size=(4, 8, 2, 2)) + 1j * (not real) * rng.normal(size=(4, 8, 2, 2))
    one = [nearest_unitary(m.real if real else m) for m in sides]
    pairs = [np.einsum("mac,mbd->mabcd", a, b).reshape(-1, 4, 4) for a, b in (one[:2], one[2:])]
    targets = pairs[0] @ CX @ pairs[1]
    values, gates = nearest_entanglers(targets.conj(), np.random.default_rng(0))
    assert values == pytest.approx(np.full(8, 4.0), abs=1e-5)
    assert np.abs(gates - targets).max() < 1e-2
    assert all(cx_count(gate) == 1 for gate in gates)
