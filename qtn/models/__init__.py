"""Models: tensor networks trained classically, with the manners of scikit-learn."""

from qtn.models.calibration import calibration_error
from qtn.models.mps import MPSClassifier
from qtn.models.mps_born import MPSBornMachine
from qtn.models.ttn import TTNClassifier
from qtn.models.ttn_born import TTNBornMachine

__all__ = [
    "MPSBornMachine",
    "MPSClassifier",
    "TTNBornMachine",
    "TTNClassifier",
    "calibration_error",
]
