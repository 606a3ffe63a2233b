"""Values of observables while a state evolves, with what its errors allow them to be off."""

from qtn.physics.over_time.series import TimeSeries, follow

__all__ = ["TimeSeries", "follow"]
