"""Training core by core, in sweeps."""
