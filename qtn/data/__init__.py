"""Data: files to arrays, rows to features `(batch, site, phys)`."""

from qtn.data.bins import QuantileBins
from qtn.data.dataset import Dataset
from qtn.data.digits import load_digits
from qtn.data.features import amplitude, legendre, one_hot, polynomial, trigonometric
from qtn.data.idx import load_idx
from qtn.data.tables import load_data

__all__ = [
    "Dataset",
    "QuantileBins",
    "amplitude",
    "legendre",
    "load_data",
    "load_digits",
    "load_idx",
    "one_hot",
    "polynomial",
    "trigonometric",
]
