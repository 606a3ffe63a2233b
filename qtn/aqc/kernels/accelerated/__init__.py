"""Contraction engines in torch, for GPUs: few large operations, recorded where possible."""
