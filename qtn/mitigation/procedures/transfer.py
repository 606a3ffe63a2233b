r"""Learned maps for circuits of other sizes and depths than those they were learned on.

A map with one noise factor divides each term by its damping. The logarithm of the damping grows in
proportion to the gates that a term has behind it, so at r times the depth the weight w becomes w^r;
and in a regular circuit terms of one kind (the same letters) are damped alike wherever they sit, so
that a larger circuit takes the mean over the known terms of that kind. How far the known terms
differ from their mean is kept as the residual error of the map.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qtn._checks import real
from qtn.errors import ArgumentError
from qtn.interop.observables import ObservableLike, parse_observable
from qtn.mitigation.techniques.learn import LearnedMap


def transfer_map(
    known: LearnedMap, source: ObservableLike, target: ObservableLike, *, depth: float = 1.0
) -> LearnedMap:
    """Return a map for another observable, size and depth of the same kind of circuit.

    Args:
        known: learned with one noise factor (no extrapolation).
        source: the observable it was learned for.
        target: the observable to be measured; its letters must occur in `source`.
        depth: two-qubit gates per qubit of the target over those of the training circuits.

    Returns:
        A map with one weight per term of `target`.

    Raises:
        ArgumentError: a map with several noise factors, another number of terms than `source`,
            letters that were not learned, or a weight that is no damping.

    Cost: negligible.

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> weights = np.array([[1.1, 1.1]])
        >>> known = LearnedMap(weights, np.zeros((2, 1, 1)), 3, 300, np.zeros(2))
        >>> moved = transfer_map(known, SparsePauliOp(["IZZ", "ZZI"]), "ZZ", depth=2)
        >>> f"{moved.weights[0, 0]:.2f}"
        '1.21'

    Reference: the transfer along depth is the exponential model of zero-noise extrapolation
        (Temme, Bravyi, Gambetta, arXiv:1612.02058) read backwards; see also Czarnik et al.,
        arXiv:2005.10189, on maps between sizes.
    """
    depth = real("depth", depth, 0.0, 100.0)
    old, new = (parse_observable(o, _width(o)) for o in (source, target))
    if known.weights.shape != (1, len(old.terms)):
        raise ArgumentError(
            f"Argument `known` has weights of shape {known.weights.shape}, but a map that can be "
            f"transferred has one noise factor and the {len(old.terms)} terms of `source`: learn "
            "it without ZNE."
        )
    if (known.weights <= 0).any():
        raise ArgumentError(
            "Argument `known` has a weight that is not positive, which no damping explains. "
            "Learn it with more shots or other training circuits."
        )
    groups: dict[str, list[int]] = {}
    for index, term in enumerate(old.terms):
        groups.setdefault(_letters(term.factors), []).append(index)
    weights, covariance, residual = [], [], []
    for term in new.terms:
        own = groups.get(_letters(term.factors))
        if own is None:
            raise ArgumentError(
                f"Argument `target` holds a term of letters {_letters(term.factors)}, but `source` "
                f"only {', '.join(groups)}. Learn the map with such terms."
            )
        mean = float(known.weights[0, own].mean())
        slope = depth * mean ** (depth - 1)
        weights.append(mean**depth)
        covariance.append(slope**2 * known.covariance[own].mean(0) / len(own))
        spread = float(known.weights[0, own].std()) * slope / mean**depth
        residual.append(np.hypot(known.residual[own].mean(), spread))
    return LearnedMap(
        np.array([weights]), np.array(covariance), known.circuits, known.shots, np.array(residual)
    )


def _letters(factors: tuple[tuple[int, str], ...]) -> str:
    return "".join(letter for _, letter in sorted(factors))


def _width(observable: ObservableLike) -> int:
    if isinstance(observable, Mapping):
        observable = next(iter(observable), "")
    return len(observable) if isinstance(observable, str) else int(observable.num_qubits)
