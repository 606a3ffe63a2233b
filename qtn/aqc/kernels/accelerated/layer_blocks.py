r"""Environments of all gates of disjoint layers: few large products, both directions at once.

A layer whose gates share no site cuts the chain into blocks: the two sites of a gate, or a single
site. With F and B the blocks of the states before and after it, g the gate and P = gᵀB*,

    L'_{bd} = Σ P_{a x b} Z_{a x d},    Z_{a x d} = Σ_c L_{ac} F_{c x d},    x = 2 s + t,

is the part left of the next block, and the mirror image of it the part right of the block before.
Environments follow from Z and the part R on the right, E_{yx} = Σ B*_{a y b} Z_{a x d} R_{bd}.
Layers have different numbers of blocks; those with fewer are filled up with bare wires, and a site
alone is a block with a bare wire. So all layers, both directions and both halves of a product are
one batch, the chain is passed in two products per block, and all that is not sequential is done
for all blocks at once.
"""

from __future__ import annotations

import numpy as np

from qtn._optional import Tensor, torch
from qtn.aqc.shape.ansatz import Layer

UNITS = 56  # numbers that a pass takes at most, in units of χ² per block


def blocks_of(layer: Layer, n: int) -> list[tuple[int, int]]:
    """Return the pairs of sites that a layer of disjoint gates cuts a chain into; n: a bare wire.

    Example:
        >>> blocks_of(Layer((1,)), 4)
        [(0, 4), (1, 2), (3, 4)]
    """
    found, site = [], 0
    while site < n:
        paired = site in layer.bonds
        found.append((site, site + 1 if paired else n))
        site += 1 + paired
    return found


class Cut:
    """Where the blocks of all layers are, as numbers on a device.

    Args:
        layers: disjoint layers with the numbers of their gates.
        n: sites.
        device: a torch device.
    """

    def __init__(self, layers: list[tuple[Layer, slice]], n: int, device: torch.device) -> None:
        depth, cuts = len(layers), [blocks_of(layer, n) for layer, _ in layers]
        self.count = max(map(len, cuts))
        sites = np.full((2, self.count, depth), n)
        self._gate = np.full((self.count, depth), -1)
        for column, (cut, (layer, part)) in enumerate(zip(cuts, layers, strict=True)):
            sites[:, : len(cut), column] = np.array(cut).T
            number = dict(zip(layer.bonds, range(part.start, part.stop), strict=True))
            self._gate[: len(cut), column] = [number[a] if b < n else -1 for a, b in cut]
        # Row of a site in (bras, kets) of all layers, one after the other; the last is bare.
        bare = 2 * depth * n
        rows = np.arange(depth) * n + sites
        both = np.stack([rows, rows + depth * n], axis=1)
        flat = np.where(np.stack([sites, sites], axis=1) == n, bare, both).reshape(-1)
        self.rows = torch.from_numpy(flat).to(device)

    def gates(self, gates: np.ndarray) -> np.ndarray:
        """Return the gates block by block, (blocks · layers, 4, 4)."""
        found = gates[self._gate]
        found[self._gate < 0] = np.eye(4)
        return found.reshape(-1, 4, 4)

    def environments(self, found: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Return what `passed` found, in the order of the gates."""
        out = np.empty_like(like)
        held = self._gate.reshape(-1)
        out[held[held >= 0]] = found[held >= 0]
        return out


def passed(states: Tensor, rows: Tensor, gates: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Return the overlap of the first layer and the environments of all blocks.

    Args:
        states: bras of all layers, then kets, then one bare wire: (2 D n + 1, χ, 2, χ).
        rows: `Cut.rows`.
        gates: `Cut.gates`, (M, 4, 4) with M = J · D, block by block.
        scale: factor per layer, (D,).

    Returns:
        The overlap, shape (), and the environments (M, 4, 4).
    """
    chi, m, depth = states.shape[1], gates.shape[0], scale.shape[0]
    count = m // depth
    sites = states.index_select(0, rows)
    halves = sites[: 2 * m].flatten(1, 2), sites[2 * m :].flatten(2, 3)
    pairs = torch.bmm(*halves).view(2, m, chi, 4, chi)
    bra, ket = pairs[0].conj().resolve_conj(), pairs[1]
    del sites, halves
    turned = torch.matmul(gates.mT[:, None], bra)
    ways = (count, 2 * depth, chi, 4 * chi)
    here, there = (_both_ways(t, depth).reshape(ways) for t in (ket, turned))
    part = torch.zeros((count + 1, 2 * depth, chi, chi), dtype=states.dtype, device=states.device)
    part[0, :, 0, 0] = 1.0
    carried = torch.empty(ways, dtype=states.dtype, device=states.device)
    for j in range(count):
        torch.bmm(part[j], here[j], out=carried[j])
        wide = (2 * depth, 4 * chi, chi)
        torch.bmm(there[j].view(wide).mT, carried[j].view(wide), out=part[j + 1])
    left = carried[:, :depth].reshape(m, 4 * chi, chi)
    right = part[:count, depth:].flip(0).reshape(m, chi, chi)
    after = torch.bmm(left, right.mT).view(m, chi, 4, chi)
    # One small product per left index: a single long sum would keep few cores busy.
    found = (bra @ after.mT).sum(1).view(count, depth, 4, 4) * scale[:, None, None]
    return part[count, 0, 0, 0] * scale[0], found.view(m, 4, 4)


def _both_ways(blocks: Tensor, depth: int) -> Tensor:
    """Return blocks (M, χ, 4, χ) from the left and, mirrored, from the right, (J, 2, D, ...)."""
    ordered = blocks.view(-1, depth, *blocks.shape[1:])
    return torch.stack([ordered, ordered.transpose(2, 4).flip(0)], dim=1)
