"""Trees in time, and their ground states."""
