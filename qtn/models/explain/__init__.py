"""What a trained network has learned: entropies, correlations, calibration."""
