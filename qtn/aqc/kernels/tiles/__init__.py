"""Small products in vectors of the machine: gates on registers, environments, matrices."""
