r"""Channels of nodes made of two-qubit blocks, with and without noise on every block.

Without noise the blocks of a node are one orthogonal matrix, whose channel
`qtn.models.networks.transfer_channel` knows. With noise every block leaves its pair completely
mixed with the probability p,

.. math:: \rho \to (1 - p)\, G \rho G^T + p\, \mathrm{tr}_{pair}(\rho) \otimes 1/4,

and the node is followed backwards: an observable O of the kept wires is what the node measured
before its last block,

.. math:: O \to (1 - p)\, G^T O\, G + p\, \mathrm{tr}_{pair}(O)/4 \otimes 1,

until it acts on the two registers that come in. Depolarising noise is its own adjoint and commutes
with G. The result is a plain matrix per node, made once for all rows: noise is exact and costs a
row nothing.
"""

from __future__ import annotations

from qtn._optional import Tensor, torch
from qtn.models.networks.pair_blocks.patterns import Pattern
from qtn.models.networks.transfer_channel import channel, on_pairs, readout, units


def node_channels(blocks: Tensor, pattern: Pattern, noise: float = 0.0) -> Tensor:
    """Return the matrices of nodes of one pattern.

    Args:
        blocks: orthogonal matrices, shape (nodes, blocks, 4, 4), the first wire being slow.
        pattern: which wires they act on.
        noise: probability that a block leaves its pair completely mixed.

    Returns:
        Shape (nodes, entries of kept, entries of left · entries of right); where the wires are
        measured, the distribution of their values instead of the entries.

    Cost: nodes · blocks · outputs · 16^wires operations with noise, 8^wires without.
    """
    left, right, kept = 2**pattern.left, 2**pattern.right, 2**pattern.kept
    if noise:
        return on_pairs(_followed_back(blocks, pattern, noise), left, right)
    gates = node_matrices(blocks, pattern)
    if pattern.measured:
        return readout(gates, left, right)
    rows = gates.unflatten(1, (2**pattern.first, kept, -1)).transpose(2, 3).flatten(1, 3)
    return channel(rows, left, right, kept)


def node_matrices(blocks: Tensor, pattern: Pattern) -> Tensor:
    """Return the products of the blocks of nodes, shape (nodes, 2^wires, 2^wires)."""
    size = 2**pattern.wires
    out = torch.eye(size, dtype=blocks.dtype, device=blocks.device).expand(len(blocks), -1, -1)
    for k, wire in enumerate(pattern.blocks):
        out = _on_wires(blocks[:, k], out.reshape(len(blocks), 2**wire, 4, -1))
    return out.reshape(len(blocks), size, size)


def through_block(gates: Tensor, operators: Tensor, wire: int, noise: float) -> Tensor:
    """Return (1 - p) G ρ Gᵀ + p tr_pair(ρ) ⊗ 1/4 of symmetric operators; Gᵀ follows them back.

    Args:
        gates: shape (nodes, 4, 4).
        operators: shape (nodes, any, D, D).
        wire: the first wire of the pair.
        noise: p.
    """
    count, size = len(operators), operators.shape[-1]
    before = 2**wire
    behind = size // (4 * before)
    turned = _on_wires(gates, operators.reshape(count, -1, 4, behind * size))
    turned = _on_wires(gates, turned.reshape(count, -1, 4, behind))
    if not noise:
        return turned.reshape(count, -1, size, size)
    parts = turned.reshape(-1, before, 4, behind, before, 4, behind)
    rest = parts.diagonal(dim1=2, dim2=5).mean(dim=-1)[:, :, None, :, :, None]
    one = torch.eye(4, dtype=gates.dtype, device=gates.device)[:, None, None, :, None]
    return ((1 - noise) * parts + noise * rest * one).reshape(count, -1, size, size)


def _on_wires(gates: Tensor, parts: Tensor) -> Tensor:
    """Apply gates (nodes, 4, 4) to the third axis of parts (nodes, any, 4, any)."""
    return gates[:, None] @ parts


def _followed_back(blocks: Tensor, pattern: Pattern, noise: float) -> Tensor:
    """Return what the nodes measure of the wires that come in, (nodes, outputs, D, D)."""
    found = _observables(pattern, blocks).expand(len(blocks), -1, -1, -1)
    for k in reversed(range(len(pattern.blocks))):
        found = through_block(blocks[:, k].mT, found, pattern.blocks[k], noise)
    return found


def _observables(pattern: Pattern, like: Tensor) -> Tensor:
    """Return what is asked of the kept wires, on all wires of a node, (outputs, D, D)."""
    kept, before = 2**pattern.kept, 2**pattern.first
    if pattern.measured:
        asked = torch.diag_embed(torch.eye(kept, dtype=like.dtype, device=like.device))
    else:
        asked = units(kept, like.dtype, like.device).unflatten(1, (kept, kept))
        asked = asked / asked.sum(dim=(1, 2), keepdim=True)
    behind = 2**pattern.wires // (kept * before)
    eyes = [torch.eye(d, dtype=like.dtype, device=like.device) for d in (before, behind)]
    return torch.kron(torch.kron(eyes[0], asked), eyes[1])
