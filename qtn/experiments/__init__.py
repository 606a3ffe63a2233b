"""Whole experiments: recipes that give the same files every time, and the circuits that ship."""

from __future__ import annotations

from qtn.experiments.door import Made, make
from qtn.experiments.library import Circuits, circuits
from qtn.experiments.reading import read_recipe
from qtn.experiments.schema import Recipe

__all__ = ["Circuits", "Made", "Recipe", "circuits", "make", "read_recipe"]
