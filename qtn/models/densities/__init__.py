"""Densities: rows with weights, and what is mixed into a density so that no value is impossible."""
