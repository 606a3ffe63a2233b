"""Searches over the angles of circuits by what a device measures."""
