r"""What refinement makes small: losses of probabilities, and the weights of the scores.

A score is :math:`s_l = w_l\, q_l`, where :math:`q = \mathrm{keep} \cdot p + \mathrm{floor}` is what
noise makes of :math:`p_l(x) = |\langle v_l(x)|V_l|0\rangle|^2`.

**Roots.** The square root of a count has the standard deviation 1/2, whatever its mean. What a
device can tell apart are therefore roots of scores, and the loss is the cross-entropy of

.. math:: \pi_l = \frac{e^{z_l}}{\sum_k e^{z_k}}, \qquad z_l = \kappa \sqrt{C\, s_l}

for C scores. Larger probabilities are wider margins: it raises them and needs no further term.

**Scores.** The cross-entropy of the normalised scores does not see their size. By itself it lowers
all probabilities, and with them the counts, fifty times on digits; the signal λ holds them up:

.. math:: L = \frac1N \sum_x \Bigl[ -\ln \frac{s_y(x)}{\sum_l s_l(x)} - \lambda \ln p_y(x) \Bigr] .

In the logarithms of the weights it is convex: for given circuits the best weights are found by
Newton's method, and the gradient by the circuits is the partial one at them (variable projection).

Reference: Anscombe, Biometrika 35, 246 (1948), for roots of counts; Golub and Pereyra, SIAM J.
Numer. Anal. 10, 413 (1973), for the projection.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, real
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

UNSEEN = 1e-12  # added to probabilities under a logarithm or a root
NEWTON, RIDGE = 8, 1e-7  # steps for the weights, and what holds their mean where it is
SIGNALS = (0.03, 0.1, 0.3)  # compared by "auto"
SHARPNESS = (12.0, 25.0, 50.0)
MISSING = 1e-3  # of the mean probability of rows: those below are missing
ANNEALED = ((0.3, 3e-3), (3e-4,))  # floors, in mean probabilities of rows
NO_FLOOR = 1e-90
SMALLEST = 1e-150  # a root of a probability that is divided by


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """What noise makes of probabilities: keep · p + floor, one of each per score."""

    keep: Floats
    floor: Floats

    def __call__(self, p: Floats) -> Floats:
        """Return the probabilities (rows, scores) under noise."""
        return np.asarray(self.keep * p + self.floor)


class Loss(ABC):
    """A function of the probabilities of all scores that refinement makes small.

    Base of all losses; each is a frozen dataclass of its options.
    """

    needs_labels: ClassVar[bool] = True

    @abstractmethod
    def value(self, p: Floats, y: Numbers | None, weights: Floats) -> tuple[float, Floats]:
        """Return the loss and its derivatives by the probabilities.

        Args:
            p: probabilities |⟨v|V|0⟩|² without noise, (rows, scores).
            y: the number of the right score of every row; None for models without labels.
            weights: what the scores count.
        """

    def weights(self, p: Floats, y: Numbers | None, weights: Floats) -> Floats:
        """Return the weights that make the loss small for given probabilities; here as they are."""
        return weights

    def measured(self, scores: Floats, y: Numbers | None, shots: int) -> Floats:
        """Return the loss of every row of scores that a device measured, (..., rows).

        Args:
            scores: weights times frequencies, (..., rows, scores).
            y: numbers of the right scores, (rows,).
            shots: behind every score.

        Raises:
            ArgumentError: this loss is not for devices.
        """
        raise ArgumentError(
            f"The loss {type(self).__name__} is not for measured scores. Leave `method` out, or "
            "take qtn.hybrid.RootCrossEntropy()."
        )

    def candidates(self) -> Sequence[Loss]:
        """Return the losses among which the validation rows choose; here this one."""
        return [self]

    def ways(self, p: Floats, weights: Floats) -> Sequence[Sequence[Loss]]:
        """Return ways to make this loss small, of which the one that ends best counts.

        Args:
            p: probabilities of the rows at the start, (rows, scores).
            weights: what the scores count.

        Returns:
            For every way losses to be made small one after another, this one last; here it alone.
        """
        return [[self]]

    def strict(self) -> Loss:
        """Return the loss by which ways are compared; here this one."""
        return self

    def under(self, channel: Channel) -> Loss:
        """Return the loss under noise.

        Raises:
            ArgumentError: this loss knows no noise.
        """
        raise ArgumentError(
            f"The loss {type(self).__name__} knows no noise. Leave `noise` out, or take "
            "qtn.hybrid.RootCrossEntropy()."
        )


@dataclass(frozen=True, slots=True)
class _Labelled(Loss):
    """What the losses of classifiers have in common."""

    channel: Channel | None = field(default=None, kw_only=True, repr=False)

    def under(self, channel: Channel) -> Self:
        """Return the loss under noise."""
        return replace(self, channel=channel)

    def _noisy(self, p: Floats) -> Floats:
        return p if self.channel is None else self.channel(p)

    def _total(
        self, shares: Floats, logs: Floats, p: Floats, y: Numbers, signal: float
    ) -> tuple[float, Floats, Floats]:
        """Return the loss, and its derivatives by the logits (rows, scores) and by p of the true.

        Args:
            shares: softmax of the logits.
            logs: their logarithms at the right scores, (rows,).
            p: probabilities without noise.
            y: numbers of the right scores.
            signal: λ.
        """
        rows, count = np.arange(len(p)), len(p)
        true = p[rows, y] + UNSEEN
        loss = float(np.mean(-logs - signal * np.log(true)))
        slopes = shares / count
        slopes[rows, y] -= 1.0 / count
        return loss, slopes, -signal / (true * count)

    def _by_probability(self, slopes: Floats, true: Floats, y: Numbers) -> Floats:
        """Return the derivatives by p from those by q and those by p of the right scores."""
        found = slopes if self.channel is None else slopes * self.channel.keep
        found[np.arange(len(y)), y] += true
        return found


@dataclass(frozen=True, slots=True)
class RootCrossEntropy(_Labelled):
    """Cross-entropy of the softmax of κ √(C s): what counts tell apart. The default.

    Args:
        sharpness: κ, above 0; the larger, the more it looks at the rows that are nearly wrong, and
            the fewer counts it keeps. "auto" tries 12, 25 and 50 and takes the one that decides
            best on the validation rows with the shots of the model.
        signal: λ, at least 0, of a further term -λ mean ln p of the right score.

    Raises:
        ArgumentError: numbers out of range, or another word than "auto".
    """

    sharpness: float | str = 25.0
    signal: float = 0.0

    def __post_init__(self) -> None:
        _number_or_auto("sharpness", self.sharpness, open_low=True)
        real("signal", self.signal, 0.0)

    def candidates(self) -> Sequence[Loss]:
        """Return one loss per sharpness compared."""
        if isinstance(self.sharpness, str):
            return [replace(self, sharpness=kappa) for kappa in SHARPNESS]
        return [self]

    def value(self, p: Floats, y: Numbers | None, weights: Floats) -> tuple[float, Floats]:
        """Return the loss and its derivatives by the probabilities."""
        assert y is not None
        assert not isinstance(self.sharpness, str)
        scale = self.sharpness * np.sqrt(p.shape[1] * weights)
        roots = np.sqrt(self._noisy(p) + UNSEEN)
        z = scale * roots
        z -= z.max(axis=1, keepdims=True)
        shares = np.exp(z)
        total = shares.sum(axis=1, keepdims=True)
        logs = z[np.arange(len(p)), y] - np.log(total[:, 0])
        loss, slopes, true = self._total(shares / total, logs, p, y, self.signal)
        return loss, self._by_probability(slopes * scale / (2.0 * roots), true, y)

    def measured(self, scores: Floats, y: Numbers | None, shots: int) -> Floats:
        """Return the loss of every row of measured scores; λ is left out."""
        assert y is not None
        assert not isinstance(self.sharpness, str)
        z = self.sharpness * np.sqrt(scores.shape[-1] * np.maximum(scores, 0.0))
        top = z.max(axis=-1, keepdims=True)
        return np.log(np.exp(z - top).sum(axis=-1)) + top[..., 0] - _right(z, y)


@dataclass(frozen=True, slots=True)
class CrossEntropy(_Labelled):
    """Cross-entropy of the normalised scores minus `signal` times the mean ln p of the right one.

    The weights of the scores are refined too.

    Args:
        signal: λ, at least 0; 0 lowers the probabilities and with them the counts. "auto" tries
            0.03, 0.1 and 0.3 and takes the one that decides best on the validation rows with the
            shots of the model.

    Raises:
        ArgumentError: a signal below 0, or another word than "auto".
    """

    signal: float | str = 0.1

    def __post_init__(self) -> None:
        _number_or_auto("signal", self.signal)

    def candidates(self) -> Sequence[Loss]:
        """Return one loss per signal compared."""
        if isinstance(self.signal, str):
            return [replace(self, signal=signal) for signal in SIGNALS]
        return [self]

    def value(self, p: Floats, y: Numbers | None, weights: Floats) -> tuple[float, Floats]:
        """Return the loss and its derivatives by the probabilities."""
        assert y is not None
        assert not isinstance(self.signal, str)
        q = self._noisy(p) + UNSEEN
        scores = weights * q
        shares = scores / scores.sum(axis=1, keepdims=True)
        logs = np.log(shares[np.arange(len(p)), y])
        loss, slopes, true = self._total(shares, logs, p, y, self.signal)
        return loss, self._by_probability(slopes / q, true, y)

    def measured(self, scores: Floats, y: Numbers | None, shots: int) -> Floats:
        """Return the loss of every row of measured scores; none stands for half a count of 1/C."""
        assert y is not None
        assert not isinstance(self.signal, str)
        known = np.maximum(scores, 0.5 / (shots * scores.shape[-1]))
        true = _right(known, y)
        return np.log(known.sum(axis=-1) / true) - self.signal * np.log(true)

    def weights(self, p: Floats, y: Numbers | None, weights: Floats) -> Floats:
        """Return the best weights for given probabilities, of the same sum.

        Where a class has no rows, nothing says what it counts: all weights stay.
        """
        assert y is not None
        right = np.bincount(y, minlength=p.shape[1]) / len(y)
        if not right.all():
            return weights
        logs = np.log(self._noisy(p) + UNSEEN)
        b = start = np.log(np.maximum(weights, UNSEEN))
        for _ in range(NEWTON):
            scores = np.exp(b + logs - (b + logs).max(axis=1, keepdims=True))
            shares = scores / scores.sum(axis=1, keepdims=True)
            mean = shares.mean(axis=0)
            hessian = np.diag(mean + RIDGE) - shares.T @ shares / len(p)
            step = np.linalg.solve(hessian, mean - right + RIDGE * (b - start))
            b = b - step / max(1.0, float(np.abs(step).max()))
            if np.abs(step).max() < 1e-9:
                break
        found = np.exp(b - b.max())
        return np.asarray(found * weights.sum() / found.sum())


@dataclass(frozen=True, slots=True)
class Likelihood(Loss):
    """The negative mean log probability of rows, in nats: what Born machines are refined on.

        L = -2 mean ln(√p + √floor)

    A row that the circuit hardly makes has p = |f|² with f near 0, where p is flat and so is every
    function of p + floor. The floor is therefore added to the amplitude: L then has a slope of
    2/√floor in |f| however small f is. Where rows are missing at the start, large floors come
    first, under which a row gains the more the rarer it is but none is worth all others; smaller
    ones are tried too, and the better end is kept.

    Args:
        floor: of a probability, above 0, far below those of the rows.

    Raises:
        ArgumentError: a floor out of range.
    """

    needs_labels: ClassVar[bool] = False

    floor: float = 1e-12

    def __post_init__(self) -> None:
        real("floor", self.floor, 0.0, 1.0, open_low=True)

    def value(self, p: Floats, y: Numbers | None, weights: Floats) -> tuple[float, Floats]:
        """Return the loss and its derivatives; what several scores say of a row is added."""
        root, least = np.sqrt(p @ weights), math.sqrt(self.floor)
        slopes = -1.0 / (np.maximum(root, SMALLEST) * (root + least) * len(p))
        return float(-2.0 * np.log(root + least).mean()), slopes[:, None] * weights

    def ways(self, p: Floats, weights: Floats) -> Sequence[Sequence[Loss]]:
        """Return two ways of falling floors where rows are missing, else this loss alone.

        The larger floors end better where they end with all rows, the smaller ones more often do.
        """
        total = p @ weights
        typical = float(total.mean())
        if not typical or total.min() >= MISSING * typical:
            return [[self]]
        found: list[list[Loss]] = []
        for shares in ANNEALED:
            floors = [share * typical for share in shares]
            found.append([replace(self, floor=f) for f in floors if 1.0 > f > self.floor])
        return [[*way, self] for way in found]

    def strict(self) -> Likelihood:
        """Return the loss with next to no floor: rows that are still missing count in full."""
        return replace(self, floor=min(self.floor, NO_FLOOR))


def decided(
    p: Floats, y: Numbers, weights: Floats, shots: int, rng: np.random.Generator, draws: int = 20
) -> float:
    """Return the share of rows that are decided rightly with counts of a device, on average.

    Args:
        p: probabilities as the device has them, (rows, scores).
        y: numbers of the right scores.
        weights: what the scores count.
        shots: of every score.
        rng: of the counts.
        draws: counts drawn per row.
    """
    counts = rng.binomial(shots, np.clip(p, 0.0, 1.0), size=(draws, *p.shape)) * weights
    # Ties, most of them of rows without a count, are broken at random.
    best = counts == counts.max(axis=2, keepdims=True)
    rows = np.arange(len(y))
    return float(np.mean(best[:, rows, y] / best.sum(axis=2)))


def _right(table: Floats, y: Numbers) -> Floats:
    """Return the entries (..., rows) of the right scores."""
    places = np.broadcast_to(y[:, None], (*table.shape[:-1], 1))
    found: Floats = np.take_along_axis(table, places, -1)[..., 0]
    return found


def _number_or_auto(name: str, value: float | str, open_low: bool = False) -> None:
    if isinstance(value, str):
        if value != "auto":
            raise fail(name, 'a number, or "auto"', value)
    else:
        real(name, value, 0.0, open_low=open_low)
