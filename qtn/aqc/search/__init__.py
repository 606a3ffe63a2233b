"""Searches over gates that every method may use."""
