"""Compile methods, one file each."""
