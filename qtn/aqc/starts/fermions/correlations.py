r"""Couplings of short circuits that stand for those of a deep one, to second order.

Beyond the mean field a coupling is :math:`e^{i w\,\delta n_a \delta n_b}`. To first order in w it
adds to the determinants on both chains the state :math:`i w\,|k\rangle`, a particle and a hole on
either; brought to the end of the circuit, with orbitals :math:`\Phi` full and H empty there,

.. math:: \langle k|l\rangle = C^A_{kl} C^B_{kl}, \qquad
    C_{kl} = (f_k f_l^\dagger)^*\,(h_k h_l^\dagger), \quad f_k = r_k \Phi,\ h_k = r_k H

for the rows :math:`r_k = (V_k V^\dagger)_a` of the chain's unitary at the coupling's time. The
couplings :math:`\varphi_l` of a short circuit that come nearest to those of the target minimise

.. math:: \Bigl\| \sum_k w_k |k\rangle - \sum_l \varphi_l |l\rangle \Bigr\|^2 ,

a linear problem whose minimum is the infidelity that is left. Without any :math:`\varphi` it is the
floor of circuits that do not entangle the chains.

Cost: O(K² L) for K couplings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn.aqc.starts.fermions.determinants import Layers, applied, orbitals_of
from qtn.aqc.starts.fermions.species import Chain, Species

DAMPING = 1e-6  # of the linear problem, relative to its diagonal
Features = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Placed:
    """What layers of couplings do: which pairs by which phases, after which layers of hops.

    Args:
        layers: numbers of the layers of hops that they follow, ascending.
        pairs: qubits of every coupling of a layer.
        phases: (layers, pairs).
        infidelity: that is left, to second order.
    """

    layers: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    phases: np.ndarray
    infidelity: float


class Coupler:
    """The linear problem of a target and a short circuit of hops.

    Args:
        species: the target.
        shapes: layers of the chains, one shape per chain.
        found: their parameters.
    """

    def __init__(
        self, species: Species, shapes: Sequence[Layers], found: Sequence[np.ndarray]
    ) -> None:
        chains, couplings = species.chains, species.couplings
        self.pairs = tuple(dict.fromkeys(couplings.pairs))
        self.depth = shapes[0].depth
        places = [[species.place(q) for q in pair] for pair in couplings.pairs]
        bases = [_bases(chain) for chain in chains]
        wanted = _features(
            [(place, rows) for place, rows in zip(places, couplings.rows, strict=True)],
            [chain.total for chain in chains], bases,
        )  # fmt: skip
        at = [_unitaries(shape, x) for shape, x in zip(shapes, found, strict=True)]
        spots = [[species.place(q) for q in pair] for pair in self.pairs]
        insertions = [
            (spot, tuple(at[k][layer][i] for k, i in spot))
            for layer in range(self.depth)
            for spot in spots
        ]
        have = _features(insertions, [every[-1] for every in at], bases)
        w = couplings.weights
        self.floor = float(w @ _gram(wanted, wanted) @ w)
        self._goal = _gram(have, wanted) @ w
        self._between = _gram(have, have)

    def placed(self, layers: tuple[int, ...]) -> Placed:
        """Return the best couplings after these layers of hops."""
        m = len(self.pairs)
        if not layers:
            return Placed((), self.pairs, np.zeros((0, m)), self.floor)
        chosen = np.concatenate([np.arange(m) + m * layer for layer in layers])
        goal, between = self._goal[chosen], self._between[np.ix_(chosen, chosen)]
        damping = DAMPING * max(float(np.trace(between)) / len(chosen), 1e-300)
        phases = np.linalg.solve(between + damping * np.eye(len(chosen)), goal)
        left = self.floor - 2.0 * phases @ goal + phases @ between @ phases
        return Placed(layers, self.pairs, phases.reshape(len(layers), m), max(float(left), 0.0))

    def best(self, count: int) -> Placed:
        """Return the best `count` layers of couplings, found one after another and then moved."""
        layers: tuple[int, ...] = ()
        for _ in range(min(count, self.depth)):
            others = [k for k in range(self.depth) if k not in layers]
            layers = min((tuple(sorted((*layers, k))) for k in others), key=lambda s: self._left(s))
        while len(layers) > 1:
            moves = [
                tuple(sorted({*layers} - {old} | {new}))
                for old in layers
                for new in (old - 1, old + 1)
                if 0 <= new < self.depth and new not in layers
            ]
            better = min(moves, key=self._left, default=layers)
            if self._left(better) >= self._left(layers):
                break
            layers = better
        return self.placed(layers)

    def _left(self, layers: tuple[int, ...]) -> float:
        """Return what is left with one phase per layer, which tells the layers apart as well."""
        m, rows = len(self.pairs), list(layers)
        goal = self._goal.reshape(-1, m).sum(axis=1)[rows]
        between = self._between.reshape(self.depth, m, self.depth, m).sum(axis=(1, 3))
        between = between[np.ix_(rows, rows)]
        phases = np.linalg.lstsq(between, goal, rcond=1e-10)[0]
        return self.floor - float(phases @ goal)


def _bases(chain: Chain) -> Features:
    """Return bases of the full and of the empty orbitals at the end of a chain's circuit."""
    return orbitals_of(chain), chain.total[:, ~chain.occupied]


def _unitaries(shape: Layers, x: np.ndarray) -> list[np.ndarray]:
    """Return the one-body unitary after every layer."""
    now, found = np.eye(shape.length, dtype=complex), []
    for start, gates in zip(shape.starts, shape.gates(x), strict=True):
        now = applied(gates, start, now)
        found.append(now)
    return found


def _features(
    insertions: list[tuple[list[tuple[int, int]], tuple[np.ndarray, np.ndarray]]],
    totals: list[np.ndarray],
    bases: list[Features],
) -> list[list[tuple[int, Features]]]:
    """Return for both sides of every coupling its chain and the parts f, h of its row."""
    backs = [
        (total.conj().T @ full, total.conj().T @ empty)
        for total, (full, empty) in zip(totals, bases, strict=True)
    ]
    return [
        [
            (k, (row @ backs[k][0], row @ backs[k][1]))
            for (k, _), row in zip(place, rows, strict=True)
        ]
        for place, rows in insertions
    ]


def _gram(
    left: list[list[tuple[int, Features]]], right: list[list[tuple[int, Features]]]
) -> np.ndarray:
    """Return Re⟨k|l⟩ for couplings k on the left and l on the right."""
    straight = _correlated(left, right, 0, 0) * _correlated(left, right, 1, 1)
    crossed = _correlated(left, right, 0, 1) * _correlated(left, right, 1, 0)
    found: np.ndarray = np.real(straight + crossed)
    return found


def _correlated(
    left: list[list[tuple[int, Features]]], right: list[list[tuple[int, Features]]], a: int, b: int
) -> np.ndarray:
    """Return C for side a of the left couplings and side b of the right ones; 0 across chains."""
    out = np.zeros((len(left), len(right)), complex)
    chains = {k for k, _ in (pair[a] for pair in left)}
    for chain in chains:
        rows = [i for i, pair in enumerate(left) if pair[a][0] == chain]
        columns = [j for j, pair in enumerate(right) if pair[b][0] == chain]
        if not columns:
            continue
        f, h = (np.array([left[i][a][1][part] for i in rows]) for part in (0, 1))
        p, q = (np.array([right[j][b][1][part] for j in columns]) for part in (0, 1))
        out[np.ix_(rows, columns)] = (f @ p.conj().T).conj() * (h @ q.conj().T)
    return out
