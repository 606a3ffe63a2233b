"""Chains whose memory meets one site after the other by two-qubit blocks of SO(4), two CX each.

The wires of a step are the site and the memory behind it. The first block joins the site and the
memory's first wire, `depth` more follow along the memory, the site is discarded, and the memory's
wires take turns: what was first becomes last, so that every wire meets sites.

Blocks on the memory alone lose nothing, however much they mix: they start at random, and mix what a
site leaves with what was there. Blocks with a site start near the identity, so that sites turn the
memory a little and all of them reach the readout. Starting all of them near the identity, nothing
but the sums that the first wire sees is learnt for long.
"""

from __future__ import annotations

from qtn._checks import fail
from qtn._optional import Tensor, torch
from qtn._random import generator
from qtn.models.networks.in_numpy.network_arrays import check_array
from qtn.models.networks.isometric import IsometricNetwork, chain_outcomes
from qtn.models.networks.pair_blocks.block_channels import node_matrices, through_block
from qtn.models.networks.pair_blocks.block_tree import small_rotations
from qtn.models.networks.pair_blocks.patterns import Pattern


class BlockChain(IsometricNetwork):
    """A memory that meets one site after the other by blocks.

    Args:
        classes: number of classes.
        blocks: shape (sites · blocks of a step, 4, 4), in time order.
        width: qubits of the memory.
        depth: blocks on the memory alone in a step, at most width - 1.
    """

    def __init__(self, classes: int, blocks: Tensor, width: int, depth: int) -> None:
        super().__init__(classes, [blocks])
        self.width, self.pattern = width, step_pattern(width, depth)
        self.sites = len(blocks) // len(self.pattern.blocks)

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`."""
        if phys != 2 or 2 ** (self.width + 1) < outputs:
            raise fail("nodes", f"at least {outputs} outcomes of qubits", 2 ** (self.width + 1))
        check_array("nodes.0", self.nodes[0], (sites * len(self.pattern.blocks), 4, 4))
        check_array("sharpness", self.sharpness, ())

    @classmethod
    def near_identity(
        cls, sites: int, classes: int, width: int, depth: int, seed: int
    ) -> BlockChain:
        """Build a chain whose sites turn its memory a little, and whose memory mixes.

        Args:
            sites: number of sites.
            classes: number of classes.
            width: qubits of the memory.
            depth: blocks on the memory alone in a step.
            seed: chooses the rotations.
        """
        count = len(step_pattern(width, depth).blocks)
        blocks = small_rotations(sites * count, seed).unflatten(0, (sites, count))
        normal = generator(seed, "memory").standard_normal((sites, count - 1, 4, 4))
        plane = torch.from_numpy(normal)
        blocks[:, 1:] = torch.matrix_exp(plane - plane.mT)
        return cls(classes, blocks.flatten(0, 1), width, depth)

    def outcomes(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Return the distribution of the outcomes; see `IsometricNetwork.outcomes`.

        Args:
            x: features of unit length, shape (sites, 2, batch).
            noise: probability that a block leaves its two qubits completely mixed.
        """
        blocks = self.nodes[0].unflatten(0, (self.sites, -1))
        if noise:
            return self._noisy(blocks, x, noise)
        half = 2**self.width // 2
        gates = node_matrices(blocks, self.pattern).unflatten(1, (2, 2, half))
        # Rows (site, first, others) become (site, others, first), columns (memory, site); the
        # wires of the last step are measured as they stand.
        turned = torch.cat([gates[:-1].transpose(2, 3).flatten(1, 3), gates[-1:].flatten(1, 3)])
        return chain_outcomes(turned.unflatten(2, (2, -1)).transpose(2, 3).flatten(2, 3), x)

    def _noisy(self, blocks: Tensor, x: Tensor, noise: float) -> Tensor:
        """Follow the density matrices of all rows from block to block."""
        d, batch = 2**self.width, x.shape[2]
        rho = torch.zeros(batch, d, d, dtype=x.dtype, device=x.device)
        rho[:, 0, 0] = 1.0
        for step, (gates, site) in enumerate(zip(blocks, x, strict=True)):
            row = site.T
            joint = (row[:, :, None] * row[:, None])[:, :, None, :, None] * rho[:, None, :, None]
            joint = joint.reshape(1, batch, 2 * d, 2 * d)
            for gate, wire in zip(gates, self.pattern.blocks, strict=True):
                joint = through_block(gate[None], joint, wire, noise)
            if step < self.sites - 1:
                kept = joint.reshape(batch, 2, d, 2, d).diagonal(dim1=1, dim2=3).sum(dim=-1)
                parts = kept.reshape(batch, 2, d // 2, 2, d // 2)
                rho = parts.permute(0, 2, 1, 4, 3).reshape(batch, d, d)
        return joint[0].diagonal(dim1=1, dim2=2).T


def step_pattern(width: int, depth: int) -> Pattern:
    """Return the blocks of a step: the site with the memory's first wire, then along the memory."""
    blocks = tuple(range(1 + min(depth, width - 1)))
    return Pattern(1, width, 1, width, blocks)
