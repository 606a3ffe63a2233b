"""Knots and links: the Jones polynomial, exactly and on quantum devices."""

from qtn.applications.knots.braid import Braid, disguised
from qtn.applications.knots.door import Jones, jones
from qtn.applications.knots.polynomial import Polynomial

__all__ = ["Braid", "Jones", "Polynomial", "disguised", "jones"]
