r"""Couplings of short circuits that stand for those of a deep one, to second order.

Beyond the mean field a phase is :math:`e^{i w :n_a n_b:}`, normal-ordered. To first order in w it
adds to the determinant the state :math:`i w\,|k\rangle` of two particles and two holes. Brought to
the end of the circuit, where the orbitals :math:`\Phi` are full and H empty, Wick's theorem gives

.. math:: \langle k|l\rangle = \det A \det B, \qquad
    A_{\alpha\beta} = f_{k\alpha}^* \cdot f_{l\beta}, \quad
    B_{\alpha\beta} = h_{k\alpha} \cdot h_{l\beta}^*

with :math:`f = r\Phi`, :math:`h = rH` for the rows :math:`r_{k\alpha} = (V_k V^\dagger)_\alpha` of
both modes :math:`\alpha` at the time of the phase. The phases :math:`\varphi_l` of a short circuit
that come nearest to those of the target minimise

.. math:: \Bigl\| \sum_k w_k |k\rangle - \sum_l \varphi_l |l\rangle \Bigr\|^2 ,

a linear problem whose minimum is the infidelity that is left. Without any :math:`\varphi` it is the
floor of circuits of hops alone.

Cost: O(K² n) for K phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn.aqc.starts.fermions.determinants import Layers, applied
from qtn.aqc.starts.fermions.species import Species

DAMPING = 1e-6  # of the linear problem, relative to its diagonal


@dataclass(frozen=True, slots=True)
class Placed:
    """What layers of couplings do: which pairs by which phases, after which layers of hops.

    Args:
        layers: numbers of the layers of hops that they follow, ascending.
        pairs: modes of every coupling of a layer.
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
        couplings, full = species.couplings, species.filled
        self.pairs = tuple(dict.fromkeys(couplings.pairs))
        self.depth = shapes[0].depth
        # The rows of the target at its end are those from its start, on full and empty modes.
        wanted = couplings.rows[..., full], couplings.rows[..., ~full]
        at = _unitaries(species, shapes, found)
        back = at[-1].conj().T @ species.total
        modes = np.array(self.pairs, dtype=int).reshape(-1, 2)
        rows = np.concatenate([now[modes] for now in at]) @ back
        have = rows[..., full], rows[..., ~full]
        w = couplings.weights
        self.floor = coupling_floor(species)
        self._goal = _gram(have, wanted) @ w
        self._between = _gram(have, have)

    def placed(self, layers: tuple[int, ...]) -> Placed:
        """Return the best couplings after these layers of hops."""
        m = len(self.pairs)
        if not layers or not m:
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
        for _ in range(min(count, self.depth) if self.pairs else 0):
            others = [k for k in range(self.depth) if k not in layers]
            layers = min((tuple(sorted((*layers, k))) for k in others), key=self._left)
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


def coupling_floor(species: Species) -> float:
    """Return the infidelity of the mean field to second order."""
    couplings, full = species.couplings, species.filled
    wanted = couplings.rows[..., full], couplings.rows[..., ~full]
    w = couplings.weights
    return max(float(w @ _gram(wanted, wanted) @ w), 0.0)


def _unitaries(
    species: Species, shapes: Sequence[Layers], found: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return the one-body unitary (n, n) after every layer."""
    at = [np.zeros((species.n, species.n), complex) for _ in range(shapes[0].depth)]
    for chain, shape, x in zip(species.chains, shapes, found, strict=True):
        now = np.eye(shape.length, dtype=complex)
        for k, (start, gates) in enumerate(zip(shape.starts, shape.gates(x), strict=True)):
            now = applied(gates, start, now)
            at[k][np.ix_(chain.modes, chain.modes)] = now
    return at


def _gram(left: tuple[np.ndarray, np.ndarray], right: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return Re⟨k|l⟩ from the parts f and h (phases, 2, modes) of either side."""
    (f, h), (p, q) = left, right
    determinants = []
    for one, other in ((f.conj(), p), (h, q.conj())):
        inner = [[one[:, a] @ other[:, b].T for b in (0, 1)] for a in (0, 1)]
        determinants.append(inner[0][0] * inner[1][1] - inner[0][1] * inner[1][0])
    found: np.ndarray = np.real(determinants[0] * determinants[1])
    return found
