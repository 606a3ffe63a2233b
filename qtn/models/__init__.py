"""Models: tensor networks trained classically, with the manners of scikit-learn."""

from qtn.models.explain.calibration import calibration_error
from qtn.models.mps import MPSClassifier
from qtn.models.mps_born import MPSBornMachine
from qtn.models.mps_regressor import MPSRegressor
from qtn.models.structure.outcome import Structure, StructureStatus
from qtn.models.structure.search import fit_structure
from qtn.models.ttn import TTNClassifier
from qtn.models.ttn_born import TTNBornMachine
from qtn.models.ttn_regressor import TTNRegressor

__all__ = [
    "MPSBornMachine",
    "MPSClassifier",
    "MPSRegressor",
    "Structure",
    "StructureStatus",
    "TTNBornMachine",
    "TTNClassifier",
    "TTNRegressor",
    "calibration_error",
    "fit_structure",
]
