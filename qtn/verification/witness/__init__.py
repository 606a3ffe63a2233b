"""Witnesses: what a few measurements of a device say about its state."""
