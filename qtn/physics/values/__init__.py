"""What a state says of an observable, exactly."""

from qtn.physics.values.door import expectation

__all__ = ["expectation"]
