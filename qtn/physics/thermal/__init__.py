"""Thermal states of chains: purified as an operator, or sampled as typical states."""

from qtn.physics.thermal.minimally_entangled import Metts, metts
from qtn.physics.thermal.purification import ThermalState, thermal_state

__all__ = ["Metts", "ThermalState", "metts", "thermal_state"]
