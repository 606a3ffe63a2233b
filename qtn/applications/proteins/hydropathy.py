r"""How greasy the stretches of a protein are: what a membrane holds, and what a letter count says.

A segment that crosses a membrane is some twenty hydrophobic residues long, so that means of
Kyte and Doolittle's hydropathy over windows tell membrane proteins by a few numbers:

.. math:: h_w(i) = \frac{1}{w} \sum_{j=i}^{i+w-1} k(x_j), \qquad w = 9, 15, 21.

Reference: Kyte and Doolittle, J. Mol. Biol. 157, 105 (1982), the scale and the threshold 1.6.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import positive_int
from qtn.applications.proteins.residues import ALPHABET, CUT, OfProteins, check_proteins

Floats = NDArray[np.float64]
SCALE = dict(zip(
    ALPHABET,
    (1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8, 1.9, -3.5, -1.6, -3.5, -4.5, -0.8,
     -0.7, 4.2, -0.9, -1.3), strict=True)
)  # fmt: skip
"""Hydropathy of every amino acid."""
WINDOWS = (9, 15, 21)
THRESHOLD = 1.6  # above it a window of about twenty residues is likely to cross a membrane
_RANK, _HEAD = 40, 20


class _FeaturesOfProteins(OfProteins):
    """Features of one protein after another."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return itself."""
        return self

    def transform(self, X: Any) -> Floats:
        """Return the features of proteins, (proteins, features).

        Args:
            X: texts of one letter per residue; "*" where a middle was cut out.

        Raises:
            ArgumentError: something that is no protein.
        """
        return np.array([self._features(protein.upper()) for protein in check_proteins(X)])

    def _features(self, protein: str) -> Floats:
        raise NotImplementedError


class Hydropathy(_FeaturesOfProteins):
    """Twelve features: per window of 9, 15 and 21 residues four numbers.

    The largest mean, the 40th largest, how many are above 1.6, and the largest among the first 20
    windows, where signal peptides are. Windows do not reach across a cut.

    Example:
        >>> Hydropathy().transform(["MKV" + "LIVF" * 8]).shape
        (1, 12)
    """

    def _features(self, protein: str) -> Floats:
        segments = [[SCALE.get(letter, 0.0) for letter in s] for s in protein.split(CUT)]
        found: list[float] = []
        for width in WINDOWS:
            parts = [_means(np.array(s), width) for s in segments]
            means = np.concatenate(parts)
            if not len(means):  # shorter than the window: one mean of all
                means = np.array([np.mean(np.concatenate(segments))])
                parts = [means]
            ordered = np.sort(means)[::-1]
            rank = ordered[min(_RANK, len(ordered)) - 1]
            head = parts[0][:_HEAD] if len(parts[0]) else means
            found += [ordered[0], rank, float(np.sum(means > THRESHOLD)), head.max()]
        return np.array(found)


class Composition(_FeaturesOfProteins):
    """The share of every amino acid, in the whole protein or in stretches of equal length.

    Args:
        bins: number of stretches.

    Raises:
        ArgumentError: in `transform`, if there are none.

    Example:
        >>> Composition().transform(["AAC"])[0, :3].round(3).tolist()
        [0.667, 0.333, 0.0]
    """

    def __init__(self, bins: int = 1) -> None:
        self.bins = bins

    def _features(self, protein: str) -> Floats:
        codes = np.array([ALPHABET.find(letter) for letter in protein if letter != CUT])
        shares = []
        for part in np.array_split(codes, positive_int("bins", self.bins)):
            counts = np.bincount(part[part >= 0], minlength=len(ALPHABET))
            shares.append(counts / max(len(part), 1))
        return np.concatenate(shares)


def _means(values: Floats, width: int) -> Floats:
    """Return the means over windows; none where there are fewer values."""
    if len(values) < width:
        return np.empty(0)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((sums[width:] - sums[:-width]) / width)
