r"""Traces as means over random product inputs.

A string P has the eigenvalue ±1 on the product of its letters' eigenstates, and the maximally mixed
state is the mean over these. So, with :math:`B = \sum_k b_k P_k`,

.. math:: 2^{-n} Tr(B U^\dagger A U) = \|b\|_1 \,
          E\big[ sign(b_k) \, s \, \langle\psi| U^\dagger A U |\psi\rangle \big] ,

k drawn with probability |b_k| / ‖b‖₁, every qubit of P_k in a random eigenstate of its letter and
any other in a random eigenstate of Z, s the product of the eigenvalues on P_k. A sample is bounded
by M = ‖b‖₁ Σ|a|; its mean over N samples with variance V is off by more than

.. math:: \sqrt{2 V \ln(2/\delta) / N} + 14 M \ln(2/\delta) / (3 (N - 1))

on either side in at most δ of cases each, with no assumption about the distribution.

Reference: Maurer and Pontil, COLT 2009, theorem 4 (for a range of 2M instead of 1).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qtn._random import generator
from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.states.operators import TURNS, Term, weight_bound
from qtn.states.pauli_sums import PauliSum
from qtn.verification.engines.base import Answer, Interval, Question
from qtn.verification.engines.chains import Chain
from qtn.verification.engines.lightcone import MAX_WIDTH, Cones, cone_cost
from qtn.verification.limits import Limits
from qtn.verification.trial import tried_forecast

__all__ = ["sampled_trace"]

FEWEST = 50  # samples below which nothing is said
MISSED = 0.025  # on either side


def sampled_trace(gates: GateList, a: list[Term], b: PauliSum, limits: Limits) -> Answer:
    """Return the mean over random product inputs with an interval that holds in 95 % of cases.

    Args:
        gates: U.
        a: the terms of A.
        b: B, every string once.
        limits: `shots` is the number of samples, fewer where `seconds` do not suffice; `seed`.

    Raises:
        VerificationError: one input takes too long, or is beyond exact cones and exact chains.

    Cost: one exact expectation value per sample.
    """
    engine, each = _engine(gates, a, limits)
    count = min(limits.shots, int(limits.seconds / max(each, 1e-3)))
    if count < FEWEST:
        raise VerificationError(
            f"Nothing is certified: one random input takes about {each:.2g} s, so that "
            f"{limits.seconds:g} s suffice for {count} of the {FEWEST} needed. Raise the limit: "
            "limits=Limits(seconds=…)."
        )
    rng = generator(limits.seed, "random inputs")
    total, bound = b.total, weight_bound(a)
    labels = b.labels()
    chances = np.abs(b.coefficients) / total
    found, errors = np.zeros(count), np.zeros(count)
    for k in range(count):
        drawn = int(rng.choice(len(labels), p=chances))
        inputs, sign = _random_input(labels[drawn][::-1], rng)
        asked = GateList(gates.n, (*inputs, *gates.gates))
        value = engine.ask(Question(asked, None, [a], limits)).values[0]
        found[k] = total * sign * np.sign(b.coefficients[drawn]) * value.value
        errors[k] = total * (value.high - value.value)
    log = math.log(2.0 / MISSED)
    half = math.sqrt(2.0 * found.var(ddof=1) * log / count)
    half += 14.0 * total * bound * log / (3.0 * (count - 1)) + float(errors.mean())
    mean = float(found.mean())
    why = f"mean over {count:,} random product inputs, each by {engine.name}"
    return Answer("sampled inputs", why, None, (Interval(mean, mean - half, mean + half, False),))


def _engine(gates: GateList, a: list[Term], limits: Limits) -> tuple[Cones | Chain, float]:
    """Return an engine that is exact for every input, and the seconds it takes."""
    width, seconds = cone_cost(gates, a)
    if width <= MAX_WIDTH:
        return Cones(), seconds
    expected = tried_forecast(gates, limits)
    if not expected.exact:
        raise VerificationError(
            f"Nothing is certified: the observable depends on {width} qubits, beyond the "
            f"{MAX_WIDTH} of an exact state vector, and a chain would need a bond up to "
            f"2^{expected.peak:.3g}, beyond the {limits.max_bond} allowed. Raise the limit: "
            "limits=Limits(max_bond=…), or ask for observables with a small causal cone."
        )
    # Random inputs entangle more than |0…0⟩ does, for which the forecast is made.
    return Chain("chain", replace(expected, seconds=0.0)), 2.0 * expected.seconds


def _random_input(
    letters: str, rng: np.random.Generator
) -> tuple[list[tuple[tuple[int, ...], np.ndarray]], float]:
    """Return gates that prepare a random product of eigenstates, and the string's eigenvalue."""
    flips = rng.integers(0, 2, len(letters))
    gates: list[tuple[tuple[int, ...], np.ndarray]] = []
    sign = 1.0
    for qubit, (letter, flip) in enumerate(zip(letters, flips, strict=True)):
        axis = "Z" if letter == "I" else letter
        matrix = np.asarray(TURNS[axis]).conj().T @ (np.eye(2)[::-1] if flip else np.eye(2))
        gates.append(((qubit,), matrix))
        if letter != "I" and flip:
            sign = -sign
    return gates, sign
