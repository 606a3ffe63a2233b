"""Images shifted and mirrored at random in training: more rows than there are, and no memory."""

from __future__ import annotations

import numpy as np

from qtn._optional import Tensor, torch
from qtn._random import generator


class Augmentation:
    """Moves every image of a batch at random; what enters at the border is 0.

    Args:
        height: of the images, in pixels.
        width: of the images, in pixels.
        largest: largest shift in every direction, in pixels.
        flips: mirror half of the images left to right.
        seed: chooses shifts and flips.
    """

    def __init__(
        self, height: int, width: int, largest: int, *, flips: bool = False, seed: int = 0
    ) -> None:
        self.seed = seed
        steps = range(-largest, largest + 1)
        blank = height * width
        padded = np.full((height + 2 * largest, width + 2 * largest), blank)
        padded[largest : largest + height, largest : largest + width] = np.arange(blank).reshape(
            height, width
        )
        tables = [
            padded[largest + dy : largest + dy + height, largest + dx : largest + dx + width]
            for dy in steps
            for dx in steps
        ]
        if flips:
            tables += [table[:, ::-1] for table in tables]
        self.tables = np.stack([t.ravel() for t in tables])

    def apply(self, x: Tensor, blank: Tensor, step: int) -> Tensor:
        """Return the features of the moved images.

        Args:
            x: features, shape (batch, sites, phys).
            blank: feature vector of an empty pixel, shape (phys,).
            step: number of the training step; decides the moves together with the seed.
        """
        rng = generator(self.seed, "shifts", step)
        tables = torch.from_numpy(self.tables[rng.integers(0, len(self.tables), len(x))])
        padded = torch.cat([x, blank.expand(len(x), 1, -1)], dim=1)
        return padded[torch.arange(len(x))[:, None], tables]
