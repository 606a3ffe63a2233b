r"""Start with the structure of the circuit that prepared a state.

Every block of the circuit goes into the first brickwall layer that it can, blocks that meet there
are multiplied. A circuit of at most so many layers fits as it is, and the start is exact. Of a
longer one the layers of even and of odd bonds are each drawn together evenly: products of
neighbouring layers on the same bond, which makes coarse steps of a long product formula out of its
fine ones. All angles are free from there on.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import parted
from qtn.aqc.shape.ansatz import Ansatz, identity_gates
from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.origin import Prepared


def prepared_start(target: MPS, ansatz: Ansatz) -> np.ndarray:
    """Return gates in parts (gates, 2, 4, 4) for a brickwall.

    Args:
        target: its `origin` must be `Prepared`: it was read from a circuit.
        ansatz: a brickwall.

    Raises:
        ArgumentError: the target does not know a circuit that prepared it.
    """
    origin = target.origin
    if not isinstance(origin, Prepared):
        raise ArgumentError(
            "Argument `start` is 'prepared', but the target does not know a circuit that prepared "
            "it. Compile the circuit itself, or use start='auto'."
        )
    levels = brick_levels(ansatz.n, origin.bonds)
    depth = len(ansatz.layers)
    if max(levels, default=0) >= depth:
        levels = _drawn_together(levels, depth)
    places = {
        (level, bond): part.start + k
        for level, (layer, part) in enumerate(zip(ansatz.layers, ansatz.slices, strict=True))
        for k, bond in enumerate(layer.bonds)
    }
    gates = identity_gates(ansatz, False)
    for level, bond, block in zip(levels, origin.bonds, origin.blocks, strict=True):
        # One layer alone, and two sites, have no place for some bonds.
        if (level, bond) in places:
            number = places[level, bond]
            gates[number] = block @ gates[number]
    return parted(gates)


def brick_levels(n: int, bonds: tuple[int, ...]) -> list[int]:
    """Return the brickwall layer of each block in time order; blocks that meet share one.

    Example:
        >>> brick_levels(4, (0, 0, 1, 2, 0))
        [0, 0, 1, 2, 2]
    """
    if n == 2:
        return [0] * len(bonds)
    last = [(-1, -1)] * n  # the layer and the bond of the last block on each site
    levels = []
    for bond in bonds:
        level = 0
        for before, other in (last[bond], last[bond + 1]):
            level = max(level, before if other == bond else before + 1)
        level += (level - bond) % 2
        last[bond] = last[bond + 1] = (level, bond)
        levels.append(level)
    return levels


def _drawn_together(levels: list[int], depth: int) -> list[int]:
    """Return layers below `depth`, of the same parity and in the same order, spread evenly.

    Where the circuit begins and ends with layers of even bonds, those two get half a share each, as
    in a formula of second order.
    """
    there = max(levels) + 1
    old, new = ((there + 1) // 2, there // 2), ((depth + 1) // 2, depth // 2)
    out = []
    for level in levels:
        part, index = level % 2, level // 2
        if part == 0 and depth % 2 and depth > 1:
            place = int((index + 0.5) * (new[0] - 1) / old[0] + 0.5)
        else:
            place = index * new[part] // old[part]
        out.append(min(2 * place + part, depth - 1))
    return out
