"""Edges to other packages; found by their entry points, imported by nothing inside."""
