"""Hadrons of a lattice gauge theory in time, as circuits."""

from qtn.physics.hadrons.loop_string import hadron_circuit

__all__ = ["hadron_circuit"]
