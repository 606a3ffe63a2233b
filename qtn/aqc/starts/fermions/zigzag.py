"""Two chains on one line: hops of both side by side, swaps that carry couplings between them.

The two qubits of site j stand at 2j and 2j + 1, in turn one chain first and the other::

    a0 b0 | b1 a1 | a2 b2 | b3 a3 …

Neighbours of different sites are of one chain: b on even bonds, a on odd ones. When all sites swap
their qubits it is the other way round, so that a layer of hops on one line, even bonds of one chain
and odd bonds of the other, is followed by a layer of swaps, and then by hops on all other bonds. A
coupling of the two qubits of a site goes into their swap, which takes three CX with it or without.

D layers of hops have depth 2 D + 3 (D - 1), one less where the first hops act on fresh qubits.

Reference: Kivlichan et al., Phys. Rev. Lett. 120, 110501 (2018), for networks of swaps with
interactions in them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from qtn.aqc.starts.fermions.determinants import Layers
from qtn.aqc.starts.fermions.species import Species
from qtn.errors import ArgumentError

SWAP = np.eye(4)[[0, 2, 1, 3]]


def zigzag_shapes(species: Species, depth: int) -> list[Layers]:
    """Return the layers of both chains on one line, of which the last fits where qubits end.

    Args:
        species: two chains of equal length, whose qubits end in the order above.
        depth: layers of hops.

    Raises:
        ArgumentError: the qubits do not end in that order.
    """
    chains = species.chains
    length = species.n // 2
    ends = [[species.qubits[m] for m in chain.modes] for chain in chains]
    found: list[Layers] = []
    for end in ends if len(chains) == 2 else []:
        apart = [b - a for a, b in pairwise(end)]
        sites = [q // 2 for q in end]
        if len(end) != length or sites != list(range(length)):
            break
        last = 0 if apart[:1] == [1] else 1
        if apart != [1 if (bond - last) % 2 == 0 else 3 for bond in range(length - 1)]:
            break
        found.append(Layers(length, depth, (last + depth - 1) % 2))
    if len(found) < 2:
        raise ArgumentError(
            "Argument `line` needs two chains whose qubits stand on one line as a0 b0 b1 a1 a2 b2 "
            "b3 a3 …: the two qubits of every site side by side, in turn one chain first and the "
            "other. Name the qubits of the circuit so, or use line=False."
        )
    return found


def place_before(qubit: int, swaps: int) -> int:
    """Return where a qubit stands so many layers of swaps before it stands at `qubit`."""
    return qubit ^ (swaps % 2)
