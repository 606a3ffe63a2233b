"""Windows of hydropathy and shares of amino acids."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.proteins.hydropathy import SCALE, Composition, Hydropathy
from qtn.applications.proteins.residues import ALPHABET
from qtn.errors import ArgumentError


def test_windows_against_plain_means() -> None:
    rng = np.random.default_rng(0)
    protein = "".join(rng.choice(list(ALPHABET), 150))
    found = Hydropathy().transform([protein])[0].reshape(3, 4)
    values = np.array([SCALE[letter] for letter in protein])
    for row, width in zip(found, (9, 15, 21), strict=True):
        means = np.array([values[k : k + width].mean() for k in range(151 - width)])
        expected = [means.max(), np.sort(means)[-40], (means > 1.6).sum(), means[:20].max()]
        assert np.allclose(row, expected, atol=1e-12)


def test_windows_do_not_reach_across_a_cut() -> None:
    halves = "I" * 10 + "*" + "I" * 10
    found = Hydropathy().transform([halves, "I" * 20])
    assert found[0, 2] == 4  # two windows of nine in either half
    assert found[1, 2] == 12


def test_proteins_shorter_than_a_window_have_features() -> None:
    found = Hydropathy().transform(["MI"])
    assert found.shape == (1, 12)
    assert found[0, 0] == pytest.approx((1.9 + 4.5) / 2)


def test_composition() -> None:
    found = Composition(2).transform(["AACC*DD"])
    assert found.shape == (1, 40)
    assert found[0, [0, 1]].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert found[0, [21, 22]].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert np.isclose(Composition().transform(["MKVX"]).sum(), 0.75)
    with pytest.raises(ArgumentError, match="one letter per residue"):
        Composition().transform([None])


@pytest.mark.parametrize("bins", [0, 2.5])
def test_stretches_are_counted(bins: float) -> None:
    with pytest.raises(ArgumentError, match="bins"):
        Composition(bins).transform(["ACD"])  # type: ignore[arg-type]
