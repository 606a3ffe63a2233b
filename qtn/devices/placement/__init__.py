"""Placement: which qubits of a device a circuit uses, and how it is rewritten for them."""
