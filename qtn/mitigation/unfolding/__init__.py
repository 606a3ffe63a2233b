"""Unfolding of distributions: what faults do to outcomes, and which distribution they came from."""
