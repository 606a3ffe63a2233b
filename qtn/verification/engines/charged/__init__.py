"""Circuits that conserve charges, verified in blocks."""
