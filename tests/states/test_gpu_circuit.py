"""Circuits built in torch against those of numpy, on the CPU and, where there is one, on a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import unitary_group

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.gpu_circuit import DeviceRun
from qtn.states.kernels.circuit import apply_gates

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def gates(n: int, layers: int) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """Return Haar-random brickwall layers, a one-site gate and one on distant sites."""
    found: list[tuple[tuple[int, ...], np.ndarray]] = [
        ((k, k + 1), unitary_group.rvs(4, random_state=100 * layer + k))
        for layer in range(layers)
        for k in range(layer % 2, n - 1, 2)
    ]
    return [((n - 1,), unitary_group.rvs(2, random_state=7)), *found, ((4, 1), found[0][1])]


def run(device: str, n: int, layers: int, limit: int | None, cutoff: float = 1e-20) -> DeviceRun:
    found = DeviceRun(n, device, limit, cutoff)
    found.apply(gates(n, layers))
    found.move(0)
    return found


def state(found: DeviceRun) -> MPS:
    return MPS(tuple(t.cpu().numpy() for t in found.tensors)).normalised()


def exact(n: int, layers: int) -> MPS:
    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * n
    return MPS(apply_gates(zero, gates(n, layers), center=0, cutoff=1e-20).tensors).normalised()


@pytest.mark.parametrize("device", DEVICES)
def test_a_chain_without_a_limit_is_exact(device: str) -> None:
    found = run(device, 8, 5, None)
    assert abs(state(found).overlap(exact(8, 5))) ** 2 == pytest.approx(1.0, abs=1e-12)
    assert found.distance < 1e-6
    assert found.fidelity == pytest.approx(1.0, abs=1e-12)
    # Isometric to the right of the centre.
    last = found.tensors[3].flatten(1)
    assert torch.allclose(last @ last.mH, torch.eye(len(last), dtype=last.dtype).to(last.device))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("limit", [4, 10])
def test_the_weight_lost_is_the_true_one(device: str, limit: int) -> None:
    found = run(device, 8, 5, limit)
    fidelity = abs(state(found).overlap(exact(8, 5))) ** 2
    assert found.max_bond <= limit
    assert found.fidelity < 0.999
    assert abs(fidelity - found.fidelity) < 0.25
    assert 1 - fidelity <= found.distance**2 + 1e-9
    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * 8
    on_cpu = apply_gates(zero, gates(8, 5), center=0, max_bond=limit)
    assert found.fidelity == pytest.approx(on_cpu.fidelity, rel=0.25)


def test_a_bond_that_is_not_needed_is_not_kept() -> None:
    swap = np.eye(4)[[0, 2, 1, 3]]
    found = DeviceRun(3, "cpu", None, 1e-20)
    turn = unitary_group.rvs(2, random_state=0)
    found.apply([((0,), turn), ((0, 1), swap), ((1, 2), swap)])
    assert found.max_bond == 1


def test_gates_outside_are_refused() -> None:
    with pytest.raises(ArgumentError, match="on sites 0 to 2"):
        DeviceRun(3, "cpu", None, 1e-12).apply([((0, 3), np.eye(4))])
