"""From a trained model to a quantum model with the same manners."""

from qtn.hybrid.born import QuantumBornMachine
from qtn.hybrid.classifier import QuantumClassifier
from qtn.hybrid.decision import Decision
from qtn.hybrid.door import deploy
from qtn.hybrid.forms.base import Deployed, Exact, Form, Measurement, register_projectors
from qtn.hybrid.forms.born import Born
from qtn.hybrid.forms.head import LogisticHead, fit_head
from qtn.hybrid.forms.isometric import Head, Isometric
from qtn.hybrid.forms.label import Label
from qtn.hybrid.forms.overlap import Overlap
from qtn.hybrid.forms.products import Product
from qtn.hybrid.forms.regression import Regression
from qtn.hybrid.kernel import QuantumKernel
from qtn.hybrid.model import QuantumModel
from qtn.hybrid.noise.curves import robustness
from qtn.hybrid.noise.points import NoisePoint, Robustness
from qtn.hybrid.noise.uniform import NoiseLevel
from qtn.hybrid.refine.descents.parameter_shift import ParameterShift
from qtn.hybrid.refine.descents.spsa import SPSA
from qtn.hybrid.refine.energy import Energy, lower_energy
from qtn.hybrid.refine.losses import CrossEntropy, Likelihood, Loss, RootCrossEntropy
from qtn.hybrid.refine.starts import Extended, extended
from qtn.hybrid.regressor import QuantumRegressor

__all__ = [
    "SPSA",
    "Born",
    "CrossEntropy",
    "Decision",
    "Deployed",
    "Energy",
    "Exact",
    "Extended",
    "Form",
    "Head",
    "Isometric",
    "Label",
    "Likelihood",
    "LogisticHead",
    "Loss",
    "Measurement",
    "NoiseLevel",
    "NoisePoint",
    "Overlap",
    "ParameterShift",
    "Product",
    "QuantumBornMachine",
    "QuantumClassifier",
    "QuantumKernel",
    "QuantumModel",
    "QuantumRegressor",
    "Regression",
    "Robustness",
    "RootCrossEntropy",
    "deploy",
    "extended",
    "fit_head",
    "lower_energy",
    "register_projectors",
    "robustness",
]
