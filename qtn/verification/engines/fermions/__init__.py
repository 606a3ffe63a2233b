"""Circuits of hops and density phases, verified without a state of many bodies."""
