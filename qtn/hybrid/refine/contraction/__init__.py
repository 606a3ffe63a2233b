"""Contraction of networks pair by pair: the order, and the products."""
