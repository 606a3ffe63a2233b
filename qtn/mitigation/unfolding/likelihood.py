r"""The likeliest distribution behind outcomes that a known response has blurred.

With frequencies f of the outcomes and their probabilities q = R p, the log-likelihood
Σ_y f_y log q_y is concave in p. Expectation maximisation keeps p non-negative and normalised and
never lowers it:

    p_x ← p_x g_x,    g_x = Σ_y R(y, x) f_y / q_y,

and p_x ← p_x g_x^ω with 1 < ω < 2, normalised, has the same fixed points and needs fewer steps.
Where only outcomes that were seen are candidates, shot noise that p may not cancel by negative
entries would be kept as many small positive ones. A candidate stays if the likelihood without it,
L(p) - L(p without x), falls by more than ½ log(shots), what a parameter costs by the Bayesian
information criterion: an outcome far from all others stays even if it was seen once, one that
flips of a likelier outcome explain does not.

Where all outcomes are candidates and most are seen a few times, the largest likelihood follows the
shot noise; fewer steps from the uniform distribution are smoother. How many is decided on outcomes
that the search does not see: each half of the copies is unfolded, and the other half says after how
many steps it was likeliest (`held_out_steps`).

Errors: the random copies of the circuit are drawn again and again, with replacement, and their
outcomes unfolded by responses whose rates are drawn from their own errors; the scatter holds shots
and copies.

Reference: Lucy, Astron. J. 79, 745 (1974); D'Agostini, Nucl. Instrum. Meth. A 362, 487 (1995). Here
    the response comes from a noise model of the gates and a calibration of the readout. The
    criterion: Schwarz, Ann. Stat. 6, 461 (1978).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qtn.mitigation.unfolding.response import Matrix, Response

Floats = NDArray[np.float64]
STEPS = 2000
ROUGH_STEPS = 300  # between two choices of candidates
REPEATED_STEPS = 200  # of a bootstrap sample, which starts at the answer
LAST_TRIED = 256  # steps that held-out outcomes judge
RELAXED = 1.8
SETTLED = 1e-7  # change of the distribution in one step at which the search ends
TINY = 1e-300
REPLICATES = 24


def likeliest(
    response: Response,
    frequencies: Floats,
    start: Floats,
    steps: int = STEPS,
    power: float = RELAXED,
) -> Floats:
    """Return the distribution of largest likelihood.

    Args:
        response: of the device.
        frequencies: of the outcomes, in the order of the response's rows.
        start: positive distribution over the candidates.
        steps: at most.
        power: ω; 1 where the way there matters, not only its end.

    Cost: two applications of the response per step.
    """
    p = start / start.sum()
    for _ in range(steps):
        q = np.maximum(response.forward(p), TINY)
        growth = np.maximum(response.backward(frequencies / q), 0.0)
        new = p * growth**power
        new /= new.sum()
        change = float(np.abs(new - p).sum())
        p = new
        if change < SETTLED:
            break
    return p


def held_out_steps(response: Response, halves: tuple[Floats, Floats]) -> int:
    """Return the steps from the uniform distribution after which the other half is likeliest.

    Args:
        response: of the device, on all outcomes.
        halves: frequencies of the outcomes in two halves of the copies.

    Returns:
        One of 1, 2, 4, …; `STEPS` where the likelihood still grows at the last one tried.

    Cost: two searches of at most `LAST_TRIED` steps.
    """
    tried = [1 << k for k in range(LAST_TRIED.bit_length())]
    found = np.zeros(len(tried))
    for seen, unseen in (halves, halves[::-1]):
        p, done = np.full(len(seen), 1 / len(seen)), 0
        for k, steps in enumerate(tried):
            p, done = likeliest(response, seen, p, steps - done, 1.0), steps
            found[k] += unseen @ np.log(np.maximum(response.forward(p), TINY))
    best = int(np.argmax(found))
    return STEPS if best == len(tried) - 1 else tried[best]


def supported(
    response: Matrix, frequencies: Floats, start: Floats, shots: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return the candidates that the outcomes need, and their likeliest distribution.

    The least needed half of those that are not needed goes at a time, because two candidates may
    stand for each other.

    Args:
        response: between outcomes and candidates.
        frequencies: of the outcomes.
        start: positive distribution over the candidates.
        shots: outcomes behind the frequencies.

    Returns:
        Columns of the response, and a probability for each.

    Cost: log2(candidates) searches.
    """
    places = np.arange(response.entries.shape[1])
    p = start / start.sum()
    price = 0.5 * np.log(shots)
    while True:
        part = Matrix(response.entries[:, places])
        p = likeliest(part, frequencies, p, ROUGH_STEPS)
        loss = losses(part, frequencies, p, shots)
        order = np.argsort(loss)
        unneeded = int((loss < price).sum())
        if unneeded == 0 or len(places) == 1:
            return places, likeliest(part, frequencies, p)
        kept = np.sort(order[min(-(-unneeded // 2), len(places) - 1) :])
        places, p = places[kept], np.maximum(p[kept], TINY)


def losses(response: Matrix, frequencies: Floats, p: Floats, shots: int) -> Floats:
    """Return by how much the log-likelihood falls if a candidate's share goes to the others."""
    q = np.maximum(response.forward(p), TINY)
    rest = np.maximum(1 - response.entries * p / q[:, None], TINY)
    left = np.log(np.maximum(1 - p, TINY))
    return np.asarray(shots * (left * frequencies.sum() - frequencies @ np.log(rest)))


def scatter(
    drawn: Callable[[np.random.Generator], tuple[Response, Floats]],
    found: Floats,
    rng: np.random.Generator,
    steps: int | None = None,
) -> Floats:
    """Return the standard deviation of the answer over bootstrap samples.

    Args:
        drawn: gives a response and frequencies, both drawn from their errors.
        found: the answer.
        rng: generator of the samples.
        steps: from the uniform distribution, where the answer took so many; None starts near it.

    Cost: `REPLICATES` shorter searches.
    """
    share = 0.9 if steps is None else 0.0
    start = share * found + (1 - share) / len(found)
    samples = np.empty((REPLICATES, len(found)))
    for k in range(REPLICATES):
        response, frequencies = drawn(rng)
        if steps is None:
            samples[k] = likeliest(response, frequencies, start, REPEATED_STEPS)
        else:
            samples[k] = likeliest(response, frequencies, start, steps, 1.0)
    return np.asarray(samples.std(axis=0, ddof=1))
