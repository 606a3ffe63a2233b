"""Noise undone in the observable: circuits with their noise, and what they make of strings."""
