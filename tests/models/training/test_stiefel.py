from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.training.stiefel import OrthogonalAdam


def test_nearest_orthogonal_matrix_is_found_and_the_constraint_kept() -> None:
    """min ‖U - A‖² over orthogonal U of the determinant of the start is the polar factor."""
    rng = np.random.default_rng(0)
    target = torch.from_numpy(rng.normal(size=(3, 5, 5)))
    u, _, vh = torch.linalg.svd(target)
    best = u @ vh
    start = torch.eye(5, dtype=torch.float64).repeat(3, 1, 1)
    start[:, 0, 0] = torch.linalg.det(best).sign()
    gates = torch.nn.Parameter(start)
    optimiser = OrthogonalAdam([gates], lr=0.05)
    for step in range(600):
        optimiser.param_groups[0]["lr"] = 0.05 * 0.99**step
        optimiser.zero_grad()
        (gates - target).square().sum().backward()
        optimiser.step()
        unit = gates.detach() @ gates.detach().mT
        assert unit.numpy() == pytest.approx(np.tile(np.eye(5), (3, 1, 1)), abs=1e-12)
    assert gates.detach().numpy() == pytest.approx(best.numpy(), abs=1e-2)


def test_free_numbers_move_as_in_adam() -> None:
    mine, theirs = (torch.nn.Parameter(torch.tensor([1.0, -2.0])) for _ in range(2))
    pairs = [(mine, OrthogonalAdam([mine], lr=0.1)), (theirs, torch.optim.Adam([theirs], lr=0.1))]
    for _ in range(5):
        for value, optimiser in pairs:
            optimiser.zero_grad()
            (value**4).sum().backward()
            optimiser.step()
    assert mine.detach().numpy() == pytest.approx(theirs.detach().numpy(), rel=1e-5)
