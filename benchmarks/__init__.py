"""Benchmarks: every table prints our figure beside the peers' from the same run."""
