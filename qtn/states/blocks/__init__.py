"""States of definite charges in blocks: U(1)ᵏ symmetric chains with the verbs of `MPS`."""

from qtn.states.blocks.block_mps import BlockMPS, BlockTruncation

__all__ = ["BlockMPS", "BlockTruncation"]
