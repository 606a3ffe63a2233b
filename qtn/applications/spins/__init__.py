"""Magnets: circuits of total spin 0, and bases of symmetric operations."""

from qtn.applications.spins.couplings import kagome
from qtn.applications.spins.door import SpinCircuit, spin_circuit
from qtn.applications.spins.layout import SpinGates
from qtn.applications.spins.maps import equivariant_count, equivariant_maps, invariants

__all__ = [
    "SpinCircuit",
    "SpinGates",
    "equivariant_count",
    "equivariant_maps",
    "invariants",
    "kagome",
    "spin_circuit",
]
