"""Models: tensor networks trained classically, with the manners of scikit-learn."""

from qtn.models.born import MPSBornMachine
from qtn.models.mps import MPSClassifier
from qtn.models.ttn import TTNClassifier

__all__ = ["MPSBornMachine", "MPSClassifier", "TTNClassifier"]
