"""Learned maps from noisy to ideal values, trained on circuits with a classical twin."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn.devices import Transpiled
from qtn.mitigation.observables import Observable
from qtn.mitigation.technique import Technique

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A native circuit and, for training circuits, the ideal values of all terms."""

    native: Transpiled
    ideal: Floats | None


class LearnTechnique(Technique):
    """Learns on training circuits how to map measured values to ideal ones."""

    stage: ClassVar[str] = "learn"

    @abstractmethod
    def programs(
        self, native: Transpiled, observable: Observable, rng: np.random.Generator
    ) -> tuple[Program, ...]:
        """Return the training circuits with their ideal values."""

    @abstractmethod
    def fit(
        self, factors: Floats, noisy: Floats, variances: Floats, ideal: Floats, terms: Observable
    ) -> tuple[Floats, Floats, str]:
        """Learn weights (settings, terms) with value = offset + sum over settings.

        Args:
            factors: (settings,) noise factors.
            noisy: (programs, settings, terms) measured values, target first.
            variances: same shape, squared standard errors.
            ideal: (programs - 1, terms) exact values of the training circuits.
            terms: the observable.

        Returns:
            weights (settings, terms), variance (terms, terms) added by the limited training, and
            what was done.
        """
