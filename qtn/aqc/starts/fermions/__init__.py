"""Circuits of fermions that hop along chains: read, taken over by fewer layers, and coupled."""
