"""Unfolded outcomes: on all of them where they are few, on those that were seen where not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.mitigation.unfolding.faults import Faults, Masks
from qtn.mitigation.unfolding.likelihood import (
    RELAXED,
    STEPS,
    held_out_steps,
    likeliest,
    scatter,
    supported,
)
from qtn.mitigation.unfolding.response import (
    DENSE,
    Convolution,
    Response,
    convolution,
    likely_patterns,
    matrix,
)
from qtn.mitigation.values.calibration import ReadoutCalibration

Floats = NDArray[np.float64]
CANDIDATES = 2000  # outcomes, above DENSE bits, that may be ideal ones
FEW_PATTERNS = 48  # for the first look at them


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Readout rates of the bits as random flips make them, and their variances."""

    mean: Floats
    variances: Floats

    @classmethod
    def of(cls, calibration: ReadoutCalibration, qubits: tuple[int, ...]) -> Rates:
        """Cut a calibration to the measured qubits."""
        missing = set(qubits) - set(calibration.qubits)
        if missing:
            raise ArgumentError(
                f"Argument `calibration` holds qubits {list(calibration.qubits)}, but the circuit "
                f"measures {sorted(missing)} as well. Calibrate these qubits too."
            )
        rows = [calibration.qubits.index(q) for q in qubits]
        variances = calibration.variances.reshape(-1, 2)[rows].sum(axis=1) / 4
        return cls(calibration.rates[rows].mean(axis=1), variances)

    def drawn(self, rng: np.random.Generator) -> Floats:
        """Return rates drawn from their errors."""
        drawn = rng.normal(self.mean, np.sqrt(self.variances))
        return np.asarray(np.clip(drawn, 0.0, 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Outcomes with their unfolded probabilities, standard errors, and frequencies as measured."""

    strings: Masks
    probabilities: Floats
    stderr: Floats
    raw: Floats

    def at(self, strings: Masks) -> tuple[Floats, Floats]:
        """Return probabilities and variances of outcomes; 0 for those that are not held."""
        order = np.argsort(self.strings)
        place = np.searchsorted(self.strings[order], strings).clip(max=len(order) - 1)
        place = order[place]
        held = self.strings[place] == strings
        return self.probabilities[place] * held, self.stderr[place] ** 2 * held

    def in_order(self) -> Answer:
        """Return the outcomes that were seen or have a probability, likeliest first."""
        kept = np.flatnonzero((self.probabilities > 0) | (self.raw > 0))
        rows = kept[np.argsort(-self.probabilities[kept], kind="stable")]
        strings, probabilities = self.strings[rows], self.probabilities[rows]
        return Answer(strings, probabilities, self.stderr[rows], self.raw[rows])


def unfolded(faults: Faults, rates: Rates, outcomes: Masks, rng: np.random.Generator) -> Answer:
    """Unfold outcomes, with their errors.

    Args:
        faults: of the gates.
        rates: of the readout.
        outcomes: (copies, shots), one number per shot of every random copy.
        rng: generator of the bootstrap samples.

    Returns:
        All outcomes up to `DENSE` bits, above those that were seen.

    Cost: see `likelihood` and `response`.
    """
    unfold = _on_all if faults.n <= DENSE else _on_seen
    strings, found, stderr, own = unfold(faults, rates, outcomes, rng)
    # a probability that came out as 0 is not known better than to about one count
    floor = 1 / (outcomes.size * faults.none * float(np.prod(1 - rates.mean)))
    return Answer(strings, found, np.maximum(stderr, floor), own)


Unfolded = tuple[Masks, Floats, Floats, Floats]


def _on_all(faults: Faults, rates: Rates, outcomes: Masks, rng: np.random.Generator) -> Unfolded:
    """Unfold on all 2^n outcomes."""
    size = 1 << faults.n
    index = outcomes.astype(np.int64)
    frequencies = _frequencies(index, size)
    response = convolution(faults, rates.mean)
    halves = _frequencies(index[::2], size), _frequencies(index[1::2], size)
    steps = held_out_steps(response, halves)
    power = RELAXED if steps == STEPS else 1.0
    found = likeliest(response, frequencies, np.full(size, 1 / size), steps, power)
    gates = convolution(faults, np.zeros(faults.n)).spectrum
    without = Faults(faults.n, (), (), True)

    def drawn(rng: np.random.Generator) -> tuple[Response, Floats]:
        readout = convolution(without, rates.drawn(rng))
        return Convolution(gates * readout.spectrum), _frequencies(_copies(index, rng), size)

    stderr = scatter(drawn, found, rng, None if steps == STEPS else steps)
    if steps < STEPS:  # how much a smooth answer still moves
        uniform = np.full(size, 1 / size)
        further = likeliest(response, frequencies, uniform, 2 * steps, power)
        stderr = np.hypot(stderr, found - further)
    return np.arange(size, dtype=np.uint64), found, stderr, frequencies


def _on_seen(faults: Faults, rates: Rates, outcomes: Masks, rng: np.random.Generator) -> Unfolded:
    """Unfold on the outcomes that were seen: roughly first, to drop candidates, then in full."""
    seen, index, counts = np.unique(outcomes, return_inverse=True, return_counts=True)
    index = index.reshape(outcomes.shape)
    frequencies = counts / outcomes.size
    places = np.argsort(-counts, kind="stable")[:CANDIDATES]
    p = frequencies[places]
    few = likely_patterns(faults, FEW_PATTERNS)
    for patterns in (few, likely_patterns(faults)):
        response = matrix(seen, seen[places], patterns, rates.mean)
        kept, p = supported(response, frequencies, p, outcomes.size)
        places = places[kept]

    def drawn(rng: np.random.Generator) -> tuple[Response, Floats]:
        response = matrix(seen, seen[places], few, rates.drawn(rng))
        return response, _frequencies(_copies(index, rng), len(seen))

    found, stderr = np.zeros(len(seen)), np.zeros(len(seen))
    found[places] = p
    stderr[places] = scatter(drawn, p, rng)
    return seen, found, stderr, frequencies


def _frequencies(index: NDArray[np.int64], size: int) -> Floats:
    return np.asarray(np.bincount(index.ravel(), minlength=size) / index.size)


def _copies(index: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the copies of the circuit with replacement."""
    return index[rng.integers(len(index), size=len(index))]
