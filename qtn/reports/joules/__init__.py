"""Joules: what a circuit takes on a device, and what emulating it as well takes."""
