"""Engines: what turns prepared circuits into counts or values."""
