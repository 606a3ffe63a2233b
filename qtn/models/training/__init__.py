"""Training by gradients: rows, losses, starts, checkpoints."""
