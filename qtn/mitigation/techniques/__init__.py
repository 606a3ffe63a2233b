"""Mitigation techniques, one file each."""
