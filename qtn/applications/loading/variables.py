r"""A smooth function of several variables as a matrix product state over all their digits.

On m Chebyshev nodes per variable the function is a tensor train, found by cross interpolation; m is
doubled until values between the nodes are right to the tolerance. Every site of that train is a set
of polynomials in one variable, whose values at the middles of the cells are a chain over its digits
(`qtn.applications.loading.multiscale`).

The digits of a variable stand in a row, from fine to coarse or from coarse to fine. Between a
variable's coarse end and the rest the bond is the rank of the train, at the fine end it is small;
so the first variable ends with its coarse digit and the last begins with it. What lies between is
tried both ways, and the order with the cheapest bonds is taken.

Reference: Dolgov, Kressner, Strössner, SIAM J. Sci. Comput. 43, A3190 (2021), for Chebyshev trains
by cross interpolation. What differs: a chain of digits takes the place of the Tucker factors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator
from qtn.applications.loading.cross import Train, cross_train
from qtn.applications.loading.multiscale import lagrange, polynomial_step
from qtn.errors import ArgumentError
from qtn.states import MPS

Floats = NDArray[np.float64]

FEWEST, MOST = 16, 256
MAX_RANK = 128
TESTS = 2048
# Directions of the middle variables are all tried up to so many variables.
MAX_TRIED = 6


@dataclass(frozen=True, slots=True)
class Laid:
    """A chain over the digits of several variables.

    Args:
        state: normalised.
        sites: per variable the site of every digit, the coarsest first.
        discarded: the part of the squared norm that truncation left out.
        evaluations: values of the function asked for.
    """

    state: MPS
    sites: tuple[tuple[int, ...], ...]
    discarded: float
    evaluations: int


def several(
    function: Callable[..., Any],
    domains: Sequence[tuple[float, float]],
    digits: Sequence[int],
    tolerance: float,
    seed: int = 0,
) -> Laid:
    """Return the matrix product state of a function of two or more variables.

    Raises:
        ArgumentError: the function is no polynomial of degree 255 in each variable.
    """
    train, nodes = chebyshev_train(function, domains, tolerance, seed)
    orders = _orders(len(domains))
    laid = [_laid(train, nodes, digits, order, tolerance) for order in orders]
    return min(laid, key=lambda found: sum(bond**2 for bond in found.state.bonds))


def chebyshev_train(
    function: Callable[..., Any],
    domains: Sequence[tuple[float, float]],
    tolerance: float,
    seed: int,
) -> tuple[Train, int]:
    """Return the train of values at Chebyshev nodes, and how many nodes a variable has."""
    rng = generator(seed, "between the nodes")
    lows = np.array([low for low, _ in domains])
    widths = np.array([high - low for low, high in domains])
    tests = rng.random((TESTS, len(domains)))
    known = checked_values(function, lows + widths * tests)
    evaluations, count = len(tests), FEWEST
    while True:
        nodes, _, _ = polynomial_step(count)

        def at(places: NDArray[np.int64], nodes: Floats = nodes) -> Floats:
            return checked_values(function, lows + widths * nodes[places])

        train = cross_train(at, [count] * len(domains), tolerance / 10, MAX_RANK, seed)
        evaluations += train.evaluations
        found = np.ones((TESTS, 1))
        for variable, tensor in enumerate(train.tensors):
            weights = lagrange(nodes, tests[:, variable])
            found = np.einsum("bl,kb,lkr->br", found, weights, tensor, optimize=True)
        size = float(np.sqrt(np.mean(known**2)))
        error = float(np.sqrt(np.mean((found[:, 0] - known) ** 2))) / max(size, 1e-300)
        if error <= tolerance:
            return Train(train.tensors, error, evaluations), count
        if count == MOST:
            raise ArgumentError(
                f"Argument `function` is no polynomial of degree {MOST - 1} in every variable: the "
                f"error between the nodes is {error:.1e}, the tolerance {tolerance:.1e}. It has "
                "kinks or narrow ridges: take a smaller domain, other variables or a larger "
                "tolerance."
            )
        count *= 2


def checked_values(function: Callable[..., Any], places: Floats) -> Floats:
    """Return a function's values at places (rows, variables), real and finite."""
    values = np.asarray(function(*places.T))
    if values.shape != (len(places),):
        raise ArgumentError(
            f"Argument `function` must take {places.shape[1]} arrays and return one value per "
            f"place, shape ({len(places)},), but returned shape {values.shape}."
        )
    if np.iscomplexobj(values) or not np.isfinite(values).all():
        wrong = places[~np.isfinite(values)]
        at = f" at {tuple(wrong[0].round(6).tolist())}" if len(wrong) else ": they are complex"
        raise ArgumentError(
            f"Argument `function` must have finite real values on the domain, but has not{at}. "
            "Take a domain without that place."
        )
    return values.astype(np.float64)


def _orders(variables: int) -> list[tuple[bool, ...]]:
    """Return the directions to try: True where a variable's coarse digit comes first."""
    if variables > MAX_TRIED:
        return [(False, *[True] * (variables - 1))]
    middle = itertools.product((False, True), repeat=variables - 2)
    return [(False, *way, True) for way in middle]


def _laid(
    train: Train, nodes: int, digits: Sequence[int], order: tuple[bool, ...], tolerance: float
) -> Laid:
    tensors: list[Floats] = []
    sites: list[tuple[int, ...]] = []
    for tensor, count, coarse_first in zip(train.tensors, digits, order, strict=True):
        first = len(tensors)
        # A variable that begins with its fine digit is the mirror image of one that ends with it.
        block = _digits(tensor if coarse_first else tensor.transpose(2, 1, 0), nodes, count)
        if not coarse_first:
            block = [t.transpose(2, 1, 0) for t in reversed(block)]
        tensors += block
        numbers = tuple(range(first, first + count))
        sites.append(numbers if coarse_first else numbers[::-1])
    raw = MPS(tuple(t / np.sqrt(2.0) for t in tensors))
    cut = raw.truncated(cutoff=tolerance**2 / (8 * len(tensors)))
    return Laid(cut.state.normalised(), tuple(sites), 1 - cut.fidelity_floor, train.evaluations)


def _digits(tensor: Floats, nodes: int, digits: int) -> list[Floats]:
    """Return the chain of a variable's digits, the coarsest first: left -> … -> right bond."""
    _, step, middles = polynomial_step(nodes)
    right = tensor.shape[2]
    if digits == 1:
        return [np.einsum("lkr,kb->lbr", tensor, middles)]
    out = [np.einsum("lkr,kbm->lbmr", tensor, step).reshape(len(tensor), 2, -1)]
    one = np.eye(right)
    for _ in range(digits - 2):
        out.append(np.einsum("kbm,rq->krbmq", step, one).reshape(nodes * right, 2, -1))
    out.append(np.einsum("kb,rq->krbq", middles, one).reshape(nodes * right, 2, right))
    return out
