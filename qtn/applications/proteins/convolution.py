"""A small convolutional network on the same rows of residues, as a baseline of equal size.

Letters in four dimensions, eight filters of nine residues, their maximum and their mean, a logistic
layer: 397 numbers.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from qtn._optional import Tensor, need_torch, nn, torch
from qtn._random import derived_seed, generator
from qtn.data.dataset import label_array

_LETTERS, _EMBEDDED, _FILTERS, _WIDTH = 21, 4, 8, 9


class SmallConvolution(ClassifierMixin, BaseEstimator):
    """Classify rows of residues, as `Residues` gives them, into two classes.

    Args:
        epochs: passes over the rows.
        batch_size: rows per step of Adam.
        learning_rate: first step size; it falls as a cosine.
        shifts: in training rows are turned by up to so many places.
        seed: of the start and the order.
    """

    def __init__(
        self, epochs: int = 10, batch_size: int = 128, learning_rate: float = 0.02,
        shifts: int = 0, seed: int = 0,
    ) -> None:  # fmt: skip
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.shifts = shifts
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on rows of numbers 0 … 20 with labels of two kinds."""
        need_torch()
        rows = torch.from_numpy(np.asarray(X, dtype=np.int64))
        self.classes_, numbers = np.unique(label_array("y", y), return_inverse=True)
        targets = torch.from_numpy(numbers).float()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(self.seed, "start"))
            self.network_ = _Filters()
        optimiser = torch.optim.Adam(self.network_.parameters(), lr=self.learning_rate)
        steps = self.epochs * -(-len(rows) // self.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        rng = generator(self.seed, "order")
        for _ in range(self.epochs):
            for batch in np.array_split(
                rng.permutation(len(rows)), -(-len(rows) // self.batch_size)
            ):
                turned = torch.roll(rows[batch], int(rng.integers(0, self.shifts + 1)), 1)
                logits = self.network_(turned)
                loss = nn.functional.binary_cross_entropy_with_logits(logits, targets[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the class probabilities of rows, (rows, 2)."""
        with torch.no_grad():
            p = self.network_(torch.from_numpy(np.asarray(X, dtype=np.int64))).sigmoid().double()
        return np.stack([1 - p.numpy(), p.numpy()], axis=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the more probable class of every row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class _Filters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(_LETTERS, _EMBEDDED)
        self.filters = nn.Conv1d(_EMBEDDED, _FILTERS, _WIDTH)
        self.last = nn.Linear(2 * _FILTERS, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the logit of the second class of rows."""
        seen = torch.relu(self.filters(self.letters(rows).transpose(1, 2)))
        both = torch.cat([seen.amax(dim=2), seen.mean(dim=2)], dim=1)
        found: Tensor = self.last(both)[:, 0]
        return found
