"""Matrix elements between eigenstates of chains, smoothed over energies, from propagators."""

from qtn.physics.matrix_elements.door import OffDiagonal, off_diagonal_elements

__all__ = ["OffDiagonal", "off_diagonal_elements"]
