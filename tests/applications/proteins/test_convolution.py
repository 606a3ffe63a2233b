"""The small convolution: its size, and that it finds a motif."""

from __future__ import annotations

import numpy as np

from qtn.applications.proteins.convolution import SmallConvolution


def test_it_finds_a_planted_motif_with_397_numbers() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 21, (300, 40))
    labels = np.arange(300) % 2
    for row in rows[labels == 1]:
        at = rng.integers(0, 31)
        row[at : at + 9] = 5
    model = SmallConvolution(epochs=15, batch_size=16, shifts=2).fit(
        rows, np.array(["no", "yes"])[labels]
    )
    assert (model.predict(rows) == np.array(["no", "yes"])[labels]).mean() > 0.85
    assert sum(p.numel() for p in model.network_.parameters()) == 397
    again = SmallConvolution(epochs=15, batch_size=16, shifts=2).fit(rows, labels)
    assert np.array_equal(again.predict_proba(rows), model.predict_proba(rows))
