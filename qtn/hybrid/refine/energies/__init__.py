"""Energies and their gradients: dense vectors of short circuits, chains of long ones."""
