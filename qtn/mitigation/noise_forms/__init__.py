"""Noise models of others: layers with crosstalk, Pauli-Lindblad maps, learners' results, Aer."""
