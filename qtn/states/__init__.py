"""Tensor-network states: frozen data and the kernels that act on plain arrays."""

from qtn.states.blocks import BlockMPS, BlockTruncation
from qtn.states.mpo import MPO
from qtn.states.mps import MPS, Truncation
from qtn.states.qubits import embed_in_qubits
from qtn.states.ttn import TTN

__all__ = ["MPO", "MPS", "TTN", "BlockMPS", "BlockTruncation", "Truncation", "embed_in_qubits"]
