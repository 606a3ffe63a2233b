"""Qubits that share sites of a chain in blocks: which, their gates merged, and back to qubits."""
