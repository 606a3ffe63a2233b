"""Noise undone in the observable: another observable is measured on the unchanged circuit."""
