from __future__ import annotations

import numpy as np
import torch

from qtn.models.training.augment import Augmentation


def test_every_image_is_one_of_the_nine_shifts() -> None:
    image = torch.arange(1.0, 10.0).reshape(1, 9, 1).repeat(40, 1, 1)
    out = (
        Augmentation(3, 3, 1, seed=0).apply(image, torch.zeros(1), step=5)[..., 0].reshape(-1, 3, 3)
    )
    padded = np.pad(np.arange(1.0, 10.0).reshape(3, 3), 1)
    allowed = [padded[a : a + 3, b : b + 3] for a in range(3) for b in range(3)]
    found = {next(i for i, w in enumerate(allowed) if (w == got).all()) for got in out.numpy()}
    assert len(found) > 6


def test_step_and_seed_decide() -> None:
    image = torch.rand(20, 9, 1)
    blank = torch.zeros(1)
    first = Augmentation(3, 3, 1, seed=0).apply(image, blank, 1)
    assert torch.equal(first, Augmentation(3, 3, 1, seed=0).apply(image, blank, 1))
    assert not torch.equal(first, Augmentation(3, 3, 1, seed=0).apply(image, blank, 2))


def test_half_of_the_images_are_mirrored() -> None:
    image = torch.arange(6.0).reshape(1, 6, 1).repeat(200, 1, 1)
    out = Augmentation(2, 3, 0, flips=True).apply(image, torch.zeros(1), 0)[..., 0]
    plain, mirrored = torch.arange(6.0), torch.tensor([2.0, 1, 0, 5, 4, 3])
    found = [(row == mirrored).all().item() for row in out]
    assert all(f or (row == plain).all() for f, row in zip(found, out, strict=True))
    # Five standard deviations of 200 fair coins.
    assert abs(sum(found) - 100) < 36
