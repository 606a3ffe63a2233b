"""Procedures that measure a device or learn a map before anything is mitigated."""
