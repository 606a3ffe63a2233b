"""Tucker form: which core shapes, and which bonds of a tree, a number of parameters buys."""

from qtn.states.tucker.door import CoreShape, core_shapes
from qtn.states.tucker.factors import Tucker, cut, hooi, hosvd

__all__ = ["CoreShape", "Tucker", "core_shapes", "cut", "hooi", "hosvd"]
