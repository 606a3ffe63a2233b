"""Couplings of any range as matrix product operators: sums of exponentials, operators as given."""

from qtn.physics.long_range.exponentials import ExponentialFit, PowerLaw, fit_exponentials
from qtn.physics.long_range.pairs import LongRange, long_range_mpo

__all__ = ["ExponentialFit", "LongRange", "PowerLaw", "fit_exponentials", "long_range_mpo"]
