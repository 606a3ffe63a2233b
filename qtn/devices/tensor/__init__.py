"""The tensor-network simulator: primitives on matrix product states and density operators.

The wing's modules are imported one by one: `channels` needs `ordering` and nothing above it.
"""
