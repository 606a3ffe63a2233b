"""First circuits: where a search begins."""
