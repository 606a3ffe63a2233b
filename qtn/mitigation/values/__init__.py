"""From outcomes to values: moments, corrections, extrapolations, covariances."""
