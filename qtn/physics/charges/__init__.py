"""Charges that a Hamiltonian conserves: operators and environments in blocks."""
