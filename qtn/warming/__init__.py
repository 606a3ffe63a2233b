"""Compile the kernels of all doors before they are needed."""

from qtn.warming.door import WarmedDoor, WarmUp, warm_up

__all__ = ["WarmUp", "WarmedDoor", "warm_up"]
