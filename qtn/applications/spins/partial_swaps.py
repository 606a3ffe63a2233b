r"""Equivariant circuits as gates of a device.

Singlets take one CX each. A gate on a pair is exp(-iθ/4 (XX + YY + ZZ)), three CX. One on three
spins is a product of turns about the singlets of its first and its last pair,

.. math:: e^{i\varphi}Q + \sum U_{ab}E_{ab} \;\propto\;
   \prod_k e^{i\alpha_k P_s(12)}\, e^{i\beta_k P_s(23)},

four or five in turn (four turns about two axes that are 60° apart reach every rotation; the fifth
is for the phase); neighbouring turns about the same pair become one.

Reference: Lowenthal, Rocky Mountain J. Math. 1, 575 (1971), for the number of turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from qtn.applications.spins.couplings import Pair, Sites
from qtn.applications.spins.vertices import KINDS, Kind, gate_matrix
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.errors import QtnError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Array = NDArray[Any]
Floats = NDArray[np.float64]
_AXES = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.25, -(0.1875**0.5)], [-(0.1875**0.5), 0.75]]])
_EXACT = 1e-12
_TURNS, _STARTS = (4, 5, 6), 8
_SINGLET = np.array(
    [[0.0, 1.0, 0.0, -1.0], [1.0, 0.0, 1.0, 0.0], [-1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]
) / np.sqrt(2.0)  # fmt: skip


def written(
    n: int, singlets: Sequence[Pair], kind: Kind, gates: Sequence[Sites], angles: Floats,
    basis: str = "cx",
) -> QuantumCircuit:  # fmt: skip
    """Return the circuit of singlets and gates; spin i is qubit i.

    Args:
        n: number of spins.
        singlets: pairs of the start.
        kind: of the gates.
        gates: their spins, in time order.
        angles: of all gates, one after the other.
        basis: "cx", "cz", "ecr" or "rzz".

    Raises:
        ArgumentError: an unknown basis.
    """
    turns: list[tuple[Pair, float]] = []
    for sites, own in zip(gates, np.reshape(angles, (len(gates), -1)), strict=True):
        for turn in turns_of(kind, sites, own):
            _append(turns, *turn)
    blocks = [(tuple(pair), _SINGLET) for pair in singlets]
    blocks += [(pair, gate_matrix(KINDS["pairs"], np.array([a]))) for pair, a in turns if a]
    return to_circuit(Blocks(n, tuple(blocks)), basis)


def _append(turns: list[tuple[Pair, float]], pair: Pair, angle: float) -> None:
    """Add a turn, to one about the same pair where nothing that touches it came between."""
    for k in reversed(range(len(turns))):
        if set(turns[k][0]) & set(pair):
            if set(turns[k][0]) == set(pair):
                turns[k] = (pair, turns[k][1] + angle)
                return
            break
    turns.append((pair, angle))


def turns_of(kind: Kind, sites: Sites, angles: Floats) -> list[tuple[Pair, float]]:
    """Return a gate as turns about singlets of pairs, in time order, up to a phase."""
    if kind.spins == 2:
        return [((sites[0], sites[1]), float(angles[0]))]
    pairs = ((sites[0], sites[1]), (sites[1], sites[2]))
    coefficients, _ = kind.coefficients(angles)
    wanted = coefficients[1:].reshape(2, 2) / coefficients[0]
    first, found = _factored(tuple(wanted.reshape(-1).tolist()))
    return [(pairs[(first + k) % 2], angle) for k, angle in enumerate(found)]


@lru_cache(maxsize=4096)
def _factored(entries: tuple[complex, ...]) -> tuple[int, tuple[float, ...]]:
    """Return which pair comes first, and the turns whose product is a matrix of U(2)."""
    wanted = np.array(entries).reshape(2, 2)
    if np.abs(wanted - np.eye(2)).max() < _EXACT:
        return 0, ()
    rng = np.random.default_rng(0)
    tried = [(count, first) for count in _TURNS for first in (0, 1) for _ in range(_STARTS)]
    for count, first in tried:
        start = rng.uniform(-np.pi, np.pi, count)
        found = least_squares(
            _off, start, _slopes, args=(first, wanted), xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        if np.abs(found.fun).max() < _EXACT:
            turns = (found.x + np.pi) % (2.0 * np.pi) - np.pi
            return first, tuple(float(a) if abs(a) > _EXACT else 0.0 for a in turns)
    raise QtnError(f"No {_TURNS[-1]} turns make the matrix {wanted.tolist()}; please report it.")


def _partial(turns: Floats, first: int) -> tuple[list[Array], list[Array]]:
    """Return the turns as matrices, and their derivatives."""
    axes = [_AXES[(first + k) % 2] for k in range(len(turns))]
    phases = np.exp(1j * turns)
    return (
        [np.eye(2) + (p - 1.0) * a for p, a in zip(phases, axes, strict=True)],
        [1j * p * a for p, a in zip(phases, axes, strict=True)],
    )


def _off(turns: Floats, first: int, wanted: Array) -> Floats:
    product = np.eye(2)
    for matrix in _partial(turns, first)[0]:
        product = matrix @ product
    return _real(product - wanted)


def _slopes(turns: Floats, first: int, wanted: Array) -> Floats:
    matrices, slopes = _partial(turns, first)
    columns = []
    for k, slope in enumerate(slopes):
        product = np.eye(2)
        for i, matrix in enumerate(matrices):
            product = (slope if i == k else matrix) @ product
        columns.append(_real(product))
    return np.stack(columns, axis=1)


def _real(matrix: Array) -> Floats:
    return np.concatenate([matrix.real.reshape(-1), matrix.imag.reshape(-1)])
