"""Engines of verification: each answers one kind of question."""
