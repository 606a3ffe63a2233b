"""Models: tensor networks trained classically, with the manners of scikit-learn."""

from qtn.models.calibration import calibration_error
from qtn.models.mps import MPSClassifier
from qtn.models.mps_born import MPSBornMachine
from qtn.models.structure import Structure, StructureStatus, fit_structure
from qtn.models.ttn import TTNClassifier
from qtn.models.ttn_born import TTNBornMachine

__all__ = [
    "MPSBornMachine",
    "MPSClassifier",
    "Structure",
    "StructureStatus",
    "TTNBornMachine",
    "TTNClassifier",
    "calibration_error",
    "fit_structure",
]
