"""Contraction engines: overlap of a circuit with the target, and its gradient."""
