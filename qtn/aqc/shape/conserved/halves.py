r"""Fidelity of a circuit with a deep circuit that conserves charges, both in blocks.

The target is not a state at hand but its circuit :math:`S = S_2 S_1`. The overlap

.. math:: \langle 0|S^\dagger V|0\rangle = \langle S_1 0 | S_2^\dagger V 0\rangle

meets in the middle of the target: neither side is more entangled than after half of it, where the
whole state may be out of reach of any chain. Both sides are chains in blocks of the charges that
the target conserves, with bounds of what truncations lost, which enter the floor as in
`qtn.aqc.shape.certificate`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtn.aqc.shape.blocks import Block, Blocks
from qtn.aqc.shape.certificate import Certificate
from qtn.errors import ArgumentError
from qtn.interop.charged import ChargedCircuit, charged_circuit
from qtn.interop.circuits import GateList
from qtn.states.blocks.gate_charges import conserved_by
from qtn.states.blocks.grouping.merging import local_gates, starting_levels

# Relative weight that one truncation may drop at first, and where that lowers the floor too much:
# by more than this share of the infidelity.
LOOSE, TIGHT, CLOSE = 1e-11, 1e-14, 1.02
WIDEST = 1600  # bond of either side; what more would hold lowers the floor
METHOD = "exact charges, contraction in blocks from both ends"


def certify_in_blocks(gates: Sequence[Block], blocks: Blocks) -> Certificate | None:
    """Return the infidelity of a circuit with the state of another one, and a rigorous floor.

    Args:
        gates: the target, pairs (sites, matrix) in time order from |0…0⟩.
        blocks: the circuit.

    Returns:
        None where the two conserve no charge in common.

    Cost: O(Σ_q χ_q³) per gate, with the bonds of half of the target.
    """
    n, half = blocks.n, len(gates) // 2
    later = [gate for part in (gates, blocks.gates) for gate in starting_levels(part, n)[2]]
    weights = conserved_by(local_gates(later), n)
    if weights is None:
        return None
    undone = [(sites, matrix.conj().T) for sites, matrix in reversed(gates[half:])]
    halves = (list(gates[:half]), [*blocks.gates, *undone])
    read = [charged_circuit(_listed(n, side), weights) for side in halves]
    sides = [side for side in read if side is not None]
    try:
        found = _compared(sides, LOOSE)
        if 1.0 - found.floor > CLOSE * found.infidelity:
            found = _compared(sides, TIGHT)
    except ArgumentError:  # the circuit does not conserve what the target does
        return None
    return found


def _compared(sides: list[ChargedCircuit], cutoff: float) -> Certificate:
    """Return the infidelity of the states of two circuits, truncated by so much at a time."""
    found = [side.start.evolved(side.gates, max_bond=WIDEST, cutoff=cutoff) for side in sides]
    if sides[0].groups != sides[1].groups:
        found = [side.split(one) for side, one in zip(sides, found, strict=True)]
    ket, bra = (one.state.normalised() for one in found)
    infidelity = min(max(ket.infidelity(bra), 0.0), 1.0)
    angle = math.asin(math.sqrt(infidelity))
    for one in found:
        angle += math.asin(min(1.0, one.distance))
    floor = math.cos(angle) ** 2 if angle < math.pi / 2 else 0.0
    return Certificate(infidelity, floor, METHOD)


def _listed(n: int, gates: Sequence[Block]) -> GateList:
    """Return gates as they are read from circuits, the first qubit least significant."""
    return GateList(n, tuple((sites[::-1], matrix) for sites, matrix in gates))
