"""Learned structure: which bonds a tensor network has."""
