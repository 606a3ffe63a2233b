"""Data: files to arrays, rows to features `(batch, site, phys)`."""

from qtn.data.dataset import Dataset
from qtn.data.digits import load_digits
from qtn.data.features import amplitude, legendre, one_hot, polynomial, trigonometric
from qtn.data.idx import load_idx

__all__ = [
    "Dataset",
    "amplitude",
    "legendre",
    "load_digits",
    "load_idx",
    "one_hot",
    "polynomial",
    "trigonometric",
]
